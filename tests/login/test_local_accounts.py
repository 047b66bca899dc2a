"""Passwords that the program itself keeps: a fallback, and no weaker for it."""

import sqlite3
from dataclasses import replace
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher

from beacon_node.errors import Conflict, InvalidRequest, NotFound, QuotaExceeded
from beacon_node.identity.attempts import Attempts
from beacon_node.identity.local_accounts import ACCOUNTS_FILE, LocalAccounts, local_issuer
from beacon_node.identity.login_tables import login_tables
from beacon_node.model.login import LoginDeed, LoginRefused
from tests.clearinghouse.world import SetClock
from tests.login.world import HTTPS, Chance, make_world

GOOD = "correct horse battery staple"
HERE = "192.0.2.7"


class Work:
    """A hasher that counts what it is asked to verify; quick, for the tests."""

    def __init__(self, **cost: int) -> None:
        self._quick = PasswordHasher(**{"time_cost": 1, "memory_cost": 8, "parallelism": 1, **cost})
        self.verified: list[str] = []

    def hash(self, password: bytes) -> str:
        return self._quick.hash(password)

    def verify(self, hashed: str, password: bytes) -> bool:
        self.verified.append(hashed)
        return self._quick.verify(hashed, password)

    def check_needs_rehash(self, hashed: str) -> bool:
        return self._quick.check_needs_rehash(hashed)


def opened(folder, clock, hasher=None, url=HTTPS):
    attempts = Attempts(login_tables(folder / "logins.sqlite"), clock)
    work = hasher or Work()
    with patch("argon2.PasswordHasher", lambda: work):
        return LocalAccounts(folder / ACCOUNTS_FILE, local_issuer(url), attempts, clock, Chance())


@pytest.fixture
def clock():
    return SetClock()


@pytest.fixture
def kept(tmp_path, clock):
    found = opened(tmp_path, clock)
    found.add("anna", GOOD)
    return found


def test_the_real_hasher_is_argon2id_with_64_mib(tmp_path, clock):
    attempts = Attempts(login_tables(tmp_path / "logins.sqlite"), clock)
    found = LocalAccounts(tmp_path / ACCOUNTS_FILE, "i", attempts, clock, Chance())
    found.add("anna", GOOD)
    assert found._find("anna")[1].startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert found.check("anna", GOOD, HERE).name == "anna"


def test_an_account_is_the_programs_own_issuer_and_an_id_that_is_not_its_name(kept):
    login = kept.check("anna", GOOD, HERE)
    assert login.subject.iss == f"{HTTPS}/local" and len(login.subject.sub) == 32
    assert login.tokens is None and not login.userinfo.counts(SetClock().now())
    assert kept.add("ben", GOOD).sub != login.subject.sub


def test_an_account_stays_who_it_is_at_another_url(kept, tmp_path, clock):
    before = kept.check("anna", GOOD, HERE).subject
    moved = opened(tmp_path, clock, url="https://new.example")
    assert moved.check("anna", GOOD, HERE).subject == before


def test_a_name_that_is_given_anew_is_somebody_else(kept):
    before = kept.remove("anna")
    assert kept.add("anna", GOOD) != before
    with pytest.raises(NotFound):
        kept.remove("ben")


@pytest.mark.parametrize("password", ["", GOOD + " ", GOOD.upper(), "x" * 5_000, GOOD + "\0", "é"])
def test_another_password_is_refused(kept, password):
    with pytest.raises(LoginRefused, match="name or the password"):
        kept.check("anna", password, HERE)


def test_unknown_names_are_refused_in_the_same_words_after_the_same_work(kept):
    told = []
    for name in ("anna", "nobody", "", "é", "\ud800"):
        before = len(kept._hasher.verified)
        with pytest.raises(LoginRefused) as refused:
            kept.check(name, "wrong" * 4, HERE)
        told.append((str(refused.value), len(kept._hasher.verified) - before))
    assert set(told) == {(told[0][0], 1)}


def test_attempts_are_limited_by_account_over_all_processes_and_addresses(kept, tmp_path, clock):
    other = opened(tmp_path, clock)
    for n in range(10):
        with pytest.raises(LoginRefused):
            (kept, other)[n % 2].check("anna", "wrong" * 4, f"192.0.2.{n}")
    for one in (kept, other):
        work = len(one._hasher.verified)
        with pytest.raises(QuotaExceeded):
            one.check("anna", GOOD, "198.51.100.1")
        assert len(one._hasher.verified) == work  # not even looked at
    clock.forward(minutes=15)
    assert kept.check("anna", GOOD, HERE)


def test_attempts_are_limited_by_address_over_all_names(kept, clock):
    for n in range(30):
        with pytest.raises(LoginRefused):
            kept.check(f"name-{n}", "wrong" * 4, HERE)
    with pytest.raises(QuotaExceeded):
        kept.check("anna", GOOD, HERE)
    assert kept.check("anna", GOOD, "198.51.100.1")


def test_a_password_is_hashed_anew_when_the_cost_changed(kept, tmp_path, clock):
    before = kept._find("anna")[1]
    dearer = opened(tmp_path, clock, Work(time_cost=2))
    dearer.check("anna", GOOD, HERE)
    after = kept._find("anna")[1]
    assert "t=1" in before and "t=2" in after
    assert dearer.check("anna", GOOD, HERE)


def test_a_changed_password_holds_and_the_old_one_does_not(kept):
    kept.change("anna", "another good passphrase")
    with pytest.raises(LoginRefused):
        kept.check("anna", GOOD, HERE)
    assert kept.check("anna", "another good passphrase", HERE)
    with pytest.raises(NotFound):
        kept.change("nobody", GOOD)


def test_the_file_has_no_password_and_is_nobody_elses(kept, tmp_path):
    for file in tmp_path.iterdir():
        assert GOOD.encode() not in file.read_bytes() and file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    "password", ["", "short", "x" * 1_001, "aaaaaaaaaaaaaa", "anna's passphrase", "ANNA and more"]
)
def test_a_password_that_is_easy_to_guess_is_refused(kept, password):
    with pytest.raises(InvalidRequest, match="password"):
        kept.change("anna", password)


@pytest.mark.parametrize("name", ["", "Anna", "-x", "a b", "é", "a" * 65, "a/b", "a\n"])
def test_a_name_is_plain(kept, name):
    with pytest.raises(InvalidRequest, match="name"):
        kept.add(name, GOOD)


def test_a_name_that_is_taken_stays_whose_it_is(kept):
    with pytest.raises(Conflict):
        kept.add("anna", "another good passphrase")
    assert kept.check("anna", GOOD, HERE)


def test_a_hash_that_is_none_lets_nobody_in(kept, tmp_path):
    with sqlite3.connect(tmp_path / ACCOUNTS_FILE) as connection:
        connection.execute("UPDATE account SET hash = 'x'")
    with pytest.raises(LoginRefused):
        kept.check("anna", GOOD, HERE)


# ---- at the page ---------------------------------------------------------------------------------


@pytest.fixture
def world(tmp_path, clock):
    world = make_world(tmp_path)
    (tmp_path / "local").mkdir()
    kept = opened(tmp_path / "local", clock)
    kept.add("anna", GOOD)
    world.desk._parts = replace(world.desk._parts, passwords=kept)
    return world


def enter(world, browser, **form: str):
    page = world.get(browser, "/login?next=/whose").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    told = {"csrf_token": token, "name": "anna", "password": GOOD, **form}
    return world.post(browser, "/login/local", told)


def test_a_password_logs_in_and_leads_where_the_person_wanted(world):
    browser = world.browser()
    told = enter(world, browser)
    assert told.status_code == 303 and told.headers["Location"] == "/whose"
    assert world.session(browser)["loggedIn"] and world.session(browser)["provider"] == "local"


def test_a_wrong_password_is_told_on_the_page_and_noted_without_it(world):
    browser = world.browser()
    told = enter(world, browser, password="wrong horse battery")
    assert told.status_code == 401 and "name or the password is wrong" in told.text
    assert "wrong horse" not in told.text and not world.cookie(browser)
    (event,) = world.host.events
    assert event.deed is LoginDeed.REFUSED and "horse" not in str(event)


@pytest.mark.parametrize("token", ["", "x", "A" * 43])
def test_a_form_of_another_page_logs_nobody_in(world, token):
    assert enter(world, world.browser(), csrf_token=token).status_code == 401
    assert not world.host.events


def test_a_form_of_another_browser_or_sent_twice_logs_nobody_in(world):
    attacker, victim = world.browser(), world.browser()
    page = world.get(attacker, "/login").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"csrf_token": token, "name": "anna", "password": GOOD}
    assert world.post(victim, "/login/local", form).status_code == 401
    assert world.post(attacker, "/login/local", form).status_code == 303
    assert world.post(attacker, "/login/local", form).status_code in (401, 403)


def test_a_form_from_another_site_logs_nobody_in(world):
    browser = world.browser()
    page = world.get(browser, "/login").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    form = {"csrf_token": token, "name": "anna", "password": GOOD}
    refused = world.post(browser, "/login/local", form, Origin="https://evil.example")
    assert refused.status_code == 400 and not world.cookie(browser)


def test_without_local_accounts_there_is_no_form(tmp_path):
    (tmp_path / "plain").mkdir()
    world = make_world(tmp_path / "plain")
    assert "password" not in world.get(world.browser(), "/login").text
    assert world.post(world.browser(), "/login/local", {"name": "anna"}).status_code == 404
