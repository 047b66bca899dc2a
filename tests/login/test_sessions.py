"""Sessions: when they end, where their id is, and who else can end them."""

import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.crypto.sealing import Seal
from beacon_node.errors import ConfigurationError, StoreUnavailable
from beacon_node.identity.login_tables import login_tables
from beacon_node.identity.sessions import Sessions
from beacon_node.model.login import Login, SessionLimits, Tokens, Userinfo
from beacon_node.model.passport import Subject
from tests.clearinghouse.world import NOW, SetClock
from tests.login.world import HTTPS, Chance, make_world

KEY = bytes(range(32))
ANNA = Login("hospital", Subject("https://login.example", "anna"), "Anna", Tokens("a-1", "r-1"))
FILE = "logins.sqlite"


def opened(folder, clock=None, limits=SessionLimits(), key=KEY):
    chance = Chance()
    chance.bytes(7)
    tables = login_tables(folder / FILE)
    return Sessions(tables, Seal(key, chance), limits, clock or SetClock(), chance)


@pytest.fixture
def clock():
    return SetClock()


def test_a_session_is_found_by_its_id_in_every_process(tmp_path, clock):
    begun = opened(tmp_path, clock).begin("acc-1", ANNA)
    found = opened(tmp_path, clock).find(begun.id)
    assert found == begun.session and found.login == ANNA
    assert found.until == NOW + timedelta(hours=8)


@pytest.mark.parametrize("id", ["", "x", "A" * 43, "é", "\ud800", "' OR 1=1 --"])
def test_nothing_else_finds_it(tmp_path, clock, id):
    sessions = opened(tmp_path, clock)
    sessions.begin("acc-1", ANNA)
    assert sessions.find(id) is None


def test_the_file_has_neither_id_nor_token_nor_name(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    begun = sessions.begin("acc-1", ANNA)
    raw = b"".join(one.read_bytes() for one in tmp_path.iterdir())
    csrf = begun.session.csrf_token
    for secret in (begun.id, csrf, "a-1", "r-1", "anna", "login.example"):
        assert secret.encode() not in raw
    assert csrf != begun.id and csrf not in begun.id


def test_ids_and_tokens_of_sessions_differ(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    begun = [sessions.begin("acc-1", ANNA) for _ in range(10)]
    assert len({one.id for one in begun} | {one.session.csrf_token for one in begun}) == 20
    assert all(len(one.id) == 43 for one in begun)  # 256 bits


def test_a_session_ends_eight_hours_after_it_began_however_busy(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    id = sessions.begin("acc-1", ANNA).id
    for _ in range(16):
        clock.forward(minutes=29, seconds=59)
        assert sessions.find(id)
    clock.forward(seconds=16)
    assert sessions.find(id) is None


def test_a_session_ends_when_it_was_not_used_for_an_hour(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    id = sessions.begin("acc-1", ANNA).id
    clock.forward(minutes=59)
    assert sessions.find(id)
    clock.forward(minutes=59)
    assert opened(tmp_path, clock).find(id)
    clock.forward(minutes=60)
    assert sessions.find(id) is None


def test_a_clock_that_was_set_back_ends_sessions_rather_than_lengthens_them(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    id = sessions.begin("acc-1", ANNA).id
    clock.forward(hours=-2)
    assert sessions.find(id) is None


def test_ending_holds_at_once_in_every_process(tmp_path, clock):
    here, there = opened(tmp_path, clock), opened(tmp_path, clock)
    first, second, other = here.begin("a", ANNA), here.begin("a", ANNA), here.begin("b", ANNA)
    there.end(first.session)
    assert here.find(first.id) is None and here.find(second.id)
    assert there.end_all("a") == 1
    assert here.find(second.id) is None and here.find(other.id)


def test_the_least_used_sessions_make_room(tmp_path, clock):
    limits = replace(SessionLimits(), of_one_account=3, most=5)
    sessions = opened(tmp_path, clock, limits)
    first = []
    for _ in range(4):
        first.append(sessions.begin("a", ANNA).id)
        clock.forward(minutes=2)
        sessions.find(first[0])  # is used all the time
    assert [bool(sessions.find(id)) for id in first] == [True, False, True, True]
    clock.forward(minutes=2)
    sessions.find(first[0]), sessions.find(first[3])
    for account in ("b", "c", "d"):
        sessions.begin(account, ANNA)
    assert [bool(sessions.find(id)) for id in first] == [True, False, False, True]


def test_what_ended_is_swept_from_the_file(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    for account in ("a", "b", "c"):
        sessions.begin(account, ANNA)
        sessions.is_first_use(f"state-{account}", NOW + timedelta(minutes=10))
    clock.forward(hours=1)
    sessions.begin("d", ANNA)
    sessions.is_first_use("state-d", clock.now() + timedelta(minutes=10))
    with sqlite3.connect(tmp_path / FILE) as connection:
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("session", "used_login")
        ]
    assert counts == [1, 1]


def test_another_key_opens_no_session(tmp_path, clock):
    id = opened(tmp_path, clock).begin("acc-1", ANNA).id
    assert opened(tmp_path, clock, key=bytes(32)).find(id) is None


def test_what_is_sealed_for_one_session_opens_in_no_other(tmp_path, clock):
    sessions = opened(tmp_path, clock)
    anna = sessions.begin("acc-1", ANNA)
    eve = sessions.begin("acc-2", replace(ANNA, subject=Subject("https://login.example", "eve")))
    with sqlite3.connect(tmp_path / FILE) as connection:
        sql = "UPDATE session SET sealed = (SELECT sealed FROM session WHERE digest = ?) "
        connection.execute(sql + "WHERE digest = ?", (anna.session.digest, eve.session.digest))
    assert sessions.find(eve.id) is None and sessions.find(anna.id)


def test_one_process_of_all_asks_the_provider_anew(tmp_path, clock):
    due = replace(ANNA, userinfo=Userinfo("{}", NOW, NOW + timedelta(hours=1)))
    limits = SessionLimits(idle=timedelta(hours=2))
    processes = [opened(tmp_path, clock, limits) for _ in range(4)]
    session = processes[0].begin("acc-1", due).session
    assert not any(one.takes_turn(session) for one in processes)
    clock.forward(hours=1)
    assert [one.takes_turn(session) for one in processes] == [True, False, False, False]
    processes[0].keep(session, replace(due, userinfo=Userinfo("{}", clock.now(), None)))
    clock.forward(hours=10)
    assert not any(one.takes_turn(session) for one in processes)


def test_many_threads_begin_sessions_at_a_time(tmp_path, clock):
    sessions, ids = opened(tmp_path, clock), []
    threads = [
        threading.Thread(target=lambda n=n: ids.append(sessions.begin(f"a-{n}", ANNA).id))
        for n in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 16 and all(sessions.find(id) for id in ids)


_KILLED = """
import os, signal, sys
from pathlib import Path
from tests.login.test_sessions import ANNA, opened
sessions = opened(Path(sys.argv[1]))
kept, ended = sessions.begin("acc-1", ANNA), sessions.begin("acc-2", ANNA)
sessions.end(ended.session)
print(kept.id, ended.id, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_loses_nothing_that_it_acknowledged(tmp_path):
    command = [sys.executable, "-c", _KILLED, str(tmp_path)]
    killed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    kept, ended = killed.stdout.split()
    sessions = opened(tmp_path)
    assert sessions.find(kept) and sessions.find(ended) is None


def test_a_file_of_something_else_or_of_a_newer_program_is_told(tmp_path):
    (tmp_path / FILE).write_bytes(b"no database, whatever it is called" * 100)
    with pytest.raises(StoreUnavailable, match=FILE):
        opened(tmp_path)
    (tmp_path / FILE).unlink()
    with sqlite3.connect(tmp_path / FILE) as connection:
        connection.execute("PRAGMA user_version = 9")
    with pytest.raises(ConfigurationError, match="newer version"):
        opened(tmp_path)


# ---- at the browser ------------------------------------------------------------------------------


def test_the_cookie_is_for_https_and_no_script_can_read_it(world):
    cookies = world.log_in(world.browser()).headers.getlist("Set-Cookie")
    (cookie,) = [one for one in cookies if one.startswith("__Host-session=")]
    flags = {part.strip() for part in cookie.split(";")[1:]}
    assert flags == {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}  # no Domain, no Max-Age


def test_programs_of_one_machine_have_cookies_of_their_own(tmp_path):
    world = make_world(tmp_path, url="http://127.0.0.1:5051")
    cookies = world.log_in(world.browser()).headers.getlist("Set-Cookie")
    (cookie,) = [one for one in cookies if one.startswith("session-5051=")]
    assert "Secure" not in cookie and "HttpOnly" in cookie and "SameSite=Lax" in cookie


@pytest.mark.parametrize("url", ["http://node.example", "http://10.0.0.1:5050", "", "ftp://a"])
def test_without_https_nobody_can_log_in(tmp_path, url):
    with pytest.raises(ConfigurationError, match="https"):
        make_world(tmp_path, url=url)


def test_a_login_gives_a_new_id_whatever_id_the_browser_came_with(world):
    """Session fixation."""
    attacker, victim = world.browser(), world.browser()
    world.provider.sub = "eve"
    world.log_in(attacker)
    planted = world.cookie(attacker)
    victim.set_cookie(world.cookie_name, planted, domain="node.example")
    world.provider.sub = "anna"
    world.log_in(victim)
    assert world.cookie(victim) != planted
    assert world.session(victim)["account"] == "acc-anna"
    assert not world.session(attacker)["loggedIn"]
    for made_up in ("x" * 43, "1"):
        victim.set_cookie(world.cookie_name, made_up, domain="node.example")
        world.log_in(victim)
        assert world.cookie(victim) != made_up


def test_a_session_that_ended_is_anybody(world):
    browser = world.browser()
    world.log_in(browser)
    world.clock.forward(hours=1)
    assert world.session(browser) == {"loggedIn": False, "login": "/login"}
    assert "Log in with" in world.get(browser, "/login").text
    assert browser.post("/whose", base_url=HTTPS).json == {"account": None}
