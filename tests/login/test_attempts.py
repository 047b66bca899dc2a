"""How often somebody may try, counted over all processes."""

from datetime import timedelta

import pytest
from flask import Flask

from beacon_node.errors import QuotaExceeded
from beacon_node.identity.attempts import Attempts, Rate, network_of
from beacon_node.identity.login_tables import login_tables
from beacon_node.web.sessions import Door
from tests.clearinghouse.world import SetClock

THREE = Rate(3, timedelta(minutes=15))


def test_attempts_are_counted_over_processes_and_come_back_with_time(tmp_path):
    clock = SetClock()
    one, two = (Attempts(login_tables(tmp_path / "a.sqlite"), clock) for _ in range(2))
    for attempts in (one, two, one):
        attempts.take({"anna": THREE})
    with pytest.raises(QuotaExceeded, match="15 minutes"):
        two.take({"anna": THREE})
    two.take({"ben": THREE})
    clock.forward(minutes=15)
    two.take({"anna": THREE})


def test_an_attempt_that_one_name_forbids_counts_under_no_other(tmp_path):
    attempts = Attempts(login_tables(tmp_path / "a.sqlite"), SetClock())
    for _ in range(3):
        attempts.take({"anna": THREE})
    for _ in range(5):
        with pytest.raises(QuotaExceeded):
            attempts.take({"10.0.0.1": THREE, "anna": THREE})
    attempts.take({"10.0.0.1": THREE})


def test_who_succeeded_begins_anew(tmp_path):
    attempts = Attempts(login_tables(tmp_path / "a.sqlite"), SetClock())
    for _ in range(9):
        attempts.take({"anna": THREE})
        attempts.forget("anna")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", "unknown"),
        ("<script>", "unknown"),
    ],
)
def test_a_subscribers_addresses_are_one(address, network):
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("proxies", "told", "address"),
    [
        (0, "203.0.113.9", "127.0.0.1"),  # anybody can write that header
        (1, "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        (2, "203.0.113.9, 198.51.100.7", "203.0.113.9"),
        (2, "198.51.100.7", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_is_what_our_own_proxies_say(proxies, told, address):
    door = Door("https://node.example", "Test hospital", proxies=proxies)
    sent = {"HTTP_X_FORWARDED_FOR": told, "REMOTE_ADDR": "127.0.0.1"}
    with Flask("tests").test_request_context(environ_overrides=sent):
        assert door.address() == address
