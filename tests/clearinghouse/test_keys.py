"""Issuers' keys: whose are unusable or out of reach loses its own visas, and nobody else's."""

import json

import pytest

from beacon_node.model.passport import Rule
from tests.clearinghouse.issuers import public_jwk
from tests.clearinghouse.world import BROKER_KEYS, STATUS_JKU, good_visas, link, passport, visa


def test_an_issuer_that_cannot_be_reached_takes_only_its_own_visas_with_it(world):
    world.internet.down.add(STATUS_JKU)
    found = world.ask(passport(*good_visas())).standing
    assert [f.rule for f in found.findings] == [Rule.UNREACHABLE] * 2 + [None, Rule.UNREACHABLE]
    assert found.grants and world.internet.asked.count(STATUS_JKU) == 1


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (302, b""),
        (404, b""),
        (500, b"x"),
        (200, b"{"),
        (200, b'{"keys": 1}'),
        (200, b"x" * 600_000),
        (200, json.dumps({"keys": [{}] * 101}).encode()),
        (200, b"[" * 100_000),
        (200, b"\xff\xfe"),
    ],
)
def test_a_key_set_that_is_none_is_not_followed_and_breaks_nothing(world, status, body):
    world.internet.serve(STATUS_JKU, body, status, Location="https://evil.example/jwks")
    found = world.ask(passport(*good_visas())).standing
    assert found.grants and found.findings[0].rule is Rule.UNREACHABLE


@pytest.mark.parametrize(
    "keys",
    [
        [],
        [public_jwk("es-status", use="enc")],
        [public_jwk("es-status", alg="ES384")],
        [public_jwk("es-status", key_ops=["sign"])],
        [public_jwk("es-status"), public_jwk("es-status")],
        [public_jwk("es-status"), public_jwk("es-evil", kid="es-status")],
        [{"kty": "oct", "kid": "es-status", "k": "c2VjcmV0"}],
        [public_jwk("es-status", x="AAAA")],
        [public_jwk("es-status", crv="P-384")],
        [7, None, "x", public_jwk("es-status", kid=1)],
    ],
    ids=[
        "none",
        "to-encrypt",
        "alg",
        "to-sign",
        "twice",
        "two-of-one-kid",
        "secret",
        "broken",
        "curve",
        "odd",
    ],
)
def test_a_key_that_is_not_plainly_for_this_is_not_taken(world, keys):
    world.internet.serve(STATUS_JKU, {"keys": keys})
    assert world.findings(visa("ResearcherStatus"))[0].rule is Rule.KEY


def test_one_odd_key_spoils_no_other(world):
    odd = [
        7,
        {"kty": "EC"},
        {"kty": "RSA", "kid": "x", "n": "!", "e": "AQAB"},
        public_jwk("es-status"),
    ]
    world.internet.serve(STATUS_JKU, {"keys": odd})
    assert world.ask(passport(*good_visas())).standing.is_registered


def test_a_short_rsa_key_is_not_taken(world):
    world.internet.serve(STATUS_JKU, {"keys": [public_jwk("short")]})
    assert world.findings(visa("ResearcherStatus", key="short"))[0].rule is Rule.KEY


# ---- nobody steers what is asked -----------------------------------------------------------------


def test_a_key_set_is_asked_once_in_five_minutes(world):
    for _ in range(10):
        world.ask(passport(*good_visas()))
        world.clock.forward(seconds=29)
    assert world.internet.asked.count(STATUS_JKU) == 1


def test_unknown_key_ids_make_the_node_ask_once_in_half_a_minute(world):
    world.ask(passport(*good_visas()))
    for number in range(60):
        crowd = [visa(header={"kid": f"k{number}-{n}"}) for n in range(5)]
        world.ask(passport(*good_visas(), *crowd))
        world.clock.forward(seconds=1)
    assert world.internet.asked.count(STATUS_JKU) == 1 + 1
    assert world.internet.asked.count(BROKER_KEYS) == 1


def test_an_issuer_that_is_down_is_not_hammered(world):
    world.internet.down.add(STATUS_JKU)
    for _ in range(60):
        world.ask(passport(*good_visas()))
        world.clock.forward(seconds=1)
    assert world.internet.asked.count(STATUS_JKU) == 2


def test_a_new_key_is_found_when_a_visa_comes_with_it(world):
    assert world.findings(visa(key="es-new", header={"kid": "es-new"}))[0].rule is Rule.KEY
    world.internet.serve(STATUS_JKU, {"keys": [public_jwk("es-new")]})
    world.clock.forward(seconds=31)
    found = world.findings(visa("ResearcherStatus", key="es-new"), link(key="es-new"))
    assert found[0].rule is Rule.HALF


def test_kept_keys_bridge_a_quarter_of_an_hour_and_no_more(world):
    token = passport(*good_visas())
    world.ask(token)
    world.internet.down.add(STATUS_JKU)
    world.clock.forward(minutes=14)
    assert world.ask(token).standing.is_registered
    world.clock.forward(minutes=1, seconds=1)
    found = world.ask(token).standing
    assert not found.is_registered and found.findings[0].rule is Rule.UNREACHABLE


def test_a_clock_that_is_set_back_asks_anew(world):
    token = passport(*good_visas(), claims={"iat": 0})
    world.ask(token)
    world.clock.forward(seconds=-30)
    assert world.ask(token).standing.is_registered
    assert world.internet.asked.count(STATUS_JKU) == 2
