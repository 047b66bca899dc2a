"""The newest audit entries stand beside the database for a while, and nothing is lost by it."""

import json
import os
import shutil
import sqlite3
import stat
import time
import weakref
from contextlib import closing
from pathlib import Path

import pytest

from beacon_node.errors import LedgerBroken, StoreUnavailable
from beacon_node.store.ledger import Ledger, audit, tail
from beacon_node.store.ledger.candidate import opened_copy
from beacon_node.store.ledger.writer import Writer
from tests.policy.histories import day, given
from tests.store.ledger.test_processes import kill, start, written

AUDIT = {"consent_version": 0, "datasets": ["d"]}


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """Nobody settles but who is told to: the thread that does it is late."""
    monkeypatch.setattr(audit, "SETTLED_WITHIN_S", 3_600)
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def ask(ledger, count=1, **more):
    return [ledger.audit(AUDIT | {"number": n} | more, now=day(1)) for n in range(count)]


def in_database(ledger):
    with closing(sqlite3.connect(ledger.path)) as connection:
        return [number for (number,) in connection.execute("SELECT sequence FROM entry")]


def tail_of(ledger) -> Path:
    return Path(f"{ledger.path}-tail")


def apart(ledger) -> list[Path]:
    return sorted(ledger.path.parent.glob("ledger.sqlite-tail-apart-*"))


# ---- who sees what stands there ------------------------------------------------------------------


def test_a_question_is_on_record_before_it_is_in_the_database(ledger):
    heads = ask(ledger, 3)
    assert in_database(ledger) == []
    assert stat.S_IMODE(tail_of(ledger).stat().st_mode) == 0o600
    assert [entry.head for entry in ledger.entries()] == heads
    assert in_database(ledger) == [1, 2, 3] and ledger.verify().is_whole


@pytest.mark.parametrize("read", [Ledger.head, Ledger.verify, Ledger.settle, Ledger.close])
def test_whoever_reads_the_chain_takes_all_of_it_over_first(ledger, read):
    ask(ledger, 2)
    read(ledger)
    assert in_database(ledger) == [1, 2]


def test_what_is_recorded_otherwise_comes_after_the_questions_before_it(ledger):
    ask(ledger, 2)
    ledger.record([given(0, 1)], by="r", now=day(1))
    ask(ledger)
    assert [entry.kind for entry in ledger.entries()] == ["audit", "audit", "consent", "audit"]
    times = [entry.recorded_at for entry in ledger.entries()]
    assert times == sorted(set(times)) and ledger.verify().is_whole


def test_first_questions_are_found_while_they_stand_there(ledger):
    (recorded,) = ledger.record([given(0, 1)], by="r", now=day(1))
    body = {"consent_version": recorded.version.number, "datasets": ["d"]}
    head = ledger.audit(body, now=day(1))
    assert ledger.first_questions([recorded.version])[1].head == head


def test_it_is_taken_over_within_a_second_though_nobody_asks(ledger, monkeypatch):
    monkeypatch.setattr(audit, "SETTLED_WITHIN_S", 0.01)
    assert audit.SETTLED_WITHIN_S < 1
    ask(ledger)
    for _ in range(500):
        if in_database(ledger):
            return
        time.sleep(0.01)
    pytest.fail("it is still not in the database")


def test_it_is_taken_over_when_it_is_long(ledger, monkeypatch):
    monkeypatch.setattr(audit, "LONG_TAIL", 3)
    ask(ledger, 7)
    assert in_database(ledger) == [1, 2, 3, 4, 5, 6]


def test_a_copy_of_a_ledger_that_is_in_use_has_it(ledger):
    ask(ledger, 2)
    with opened_copy(ledger.path) as copy:
        assert copy.head().sequence == 2
    assert in_database(ledger) == []


# ---- consents ------------------------------------------------------------------------------------


def test_a_consent_of_another_process_is_known_to_whoever_adds_to_the_tail(ledger):
    other = Ledger(ledger.path)
    for number in range(3):
        since = ledger.moment(day(1)).consent_version
        assert ledger.audit(AUDIT, now=day(1), unchanged_since=since)
        other.record([given(0, 1, begins=number)], by="r", now=day(1))
        assert ledger.audit(AUDIT, now=day(1), unchanged_since=since) is None
        assert ledger.moment(day(1)).consent_version > since
    other.close()


def test_a_consent_whose_writer_died_before_it_said_so_is_known(ledger):
    ask(ledger)
    since = ledger.moment(day(1)).consent_version
    process = start(ledger, "die", "after it is committed", "consent")
    process.wait()
    kill(process)
    assert ledger.moment(day(1)).consent_version == 4
    assert ledger.audit(AUDIT, now=day(1), unchanged_since=since) is None
    assert ledger.audit(AUDIT, now=day(1), unchanged_since=4).sequence == 5


# ---- kill -9 -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "what", "left"),
    [
        ("half an entry", "question", []),
        ("an entry that is not counted", "question", []),
        ("an entry that is counted", "question", ["late"]),
        ("before it is committed", "consent", []),
        ("after it is committed", "consent", ["consent"]),
        ("after the tail is cleared", "consent", ["consent"]),
    ],
)
def test_kill_9_leaves_all_that_was_acknowledged_and_nothing_half(ledger, where, what, left):
    ask(ledger, writer="before")
    process = start(ledger, "die", where, what)
    said = process.communicate()[0].split()
    assert (said, process.returncode) == (["0", "1"], -9)
    ask(ledger, writer="after")  # the one that lives on
    Ledger(ledger.path).settle()  # and one that starts
    told = [(entry.kind, json.loads(entry.body)) for entry in ledger.entries()]
    who = [kind if kind == "consent" else body["writer"] for kind, body in told]
    assert who == ["before", "d", "d", *left, "after"]
    assert ledger.verify().is_whole and apart(ledger) == []


def test_kill_9_of_one_of_two_that_write_all_the_time_loses_nothing_acknowledged(ledger):
    processes = [start(ledger, "append", writer, 1_000_000) for writer in "ab"]
    for process in processes:
        for _ in range(300):
            process.stdout.readline()
    said = {one: kill(process) for one, process in zip("ab", processes, strict=True)}
    for writer, more in said.items():
        found = [one["number"] for one in written(ledger) if one["writer"] == writer]
        assert found == list(range(len(found))) and len(found) >= 300 + len(more)
    assert ledger.verify().is_whole


# ---- a full disk ---------------------------------------------------------------------------------


def test_a_full_disk_refuses_a_question_and_keeps_those_before_it(ledger):
    ask(ledger, 3)
    process = start(ledger, "crowd", 1_000)
    *said, error = process.communicate()[0].splitlines()
    assert "no room left" in error and said
    assert ask(ledger)[0].sequence == 3 + len(said) + 1
    assert ledger.verify().is_whole and apart(ledger) == []


@pytest.mark.parametrize("is_long", [True, False], ids=["when it is long", "after a second"])
def test_what_cannot_be_taken_over_ends_the_questions(ledger, monkeypatch, is_long):
    """The database has no room, or may not be written, though the tail has and may."""
    begin = Writer.begin

    def full(*_):
        raise sqlite3.OperationalError("database or disk is full")

    ask(ledger, 2)
    monkeypatch.setattr(Writer, "begin", full)
    if is_long:
        monkeypatch.setattr(audit, "LONG_TAIL", 2)
    else:
        audit._settle_late(weakref.ref(ledger))
    for _ in range(2):
        with pytest.raises(StoreUnavailable, match="no room left"):
            ask(ledger)
    monkeypatch.setattr(Writer, "begin", begin)
    assert ask(ledger)[0].sequence == 3
    assert ledger.verify().is_whole and ledger.head().sequence == 3


# ---- what is not as it was written ---------------------------------------------------------------


@pytest.mark.parametrize("change", [b"?", b""], ids=["changed", "cut off"])
def test_what_was_changed_there_breaks_the_ledger(ledger, change):
    ask(ledger, 3)
    content = tail_of(ledger).read_bytes()
    at = content.rindex(b"number")
    tail_of(ledger).write_bytes(content[:at] + change + (content[at + 1 :] if change else b""))
    with pytest.raises(LedgerBroken, match="entry 3"):
        ledger.settle()
    found = ledger.verify()
    assert (found.broken_at, "before it came into the database" in found.problem) == (1, True)
    with pytest.raises(LedgerBroken):
        ledger.record([given(0, 1)], by="r", now=day(1))


def test_a_header_that_is_lost_is_made_from_what_follows_the_database(ledger):
    ledger.record([given(0, 1)], by="r", now=day(1))
    ask(ledger, 3)
    with tail_of(ledger).open("r+b") as file:
        file.write(bytes(100))
    assert ask(ledger)[0].sequence == 5
    assert ledger.verify().is_whole and apart(ledger) == []


def test_after_the_power_went_what_chains_on_is_kept(ledger, monkeypatch):
    """The machine wrote the header and two of three entries to disk before it went."""
    ask(ledger, 3)
    content = tail_of(ledger).read_bytes()
    ledger.close()
    ledger.path.unlink()
    os.close(os.open(ledger.path, os.O_CREAT | os.O_RDWR, 0o600))
    at = content.rindex(b"number")
    tail_of(ledger).write_bytes(content[:at].ljust(len(content), b"\0"))
    monkeypatch.setattr(tail, "_boot", lambda: b"another".ljust(36, b"\0"))
    after = Ledger(ledger.path)
    assert [entry.sequence for entry in after.entries()] == [1, 2]
    assert ask(after)[0].sequence == 3 and after.verify().is_whole
    assert apart(ledger)[0].read_bytes()[512:] == content[512:at].ljust(len(content) - 512, b"\0")
    after.close()


def test_a_system_that_does_not_number_its_boots_keeps_questions_too(tmp_path, monkeypatch):
    monkeypatch.setattr(tail, "_BOOT", tmp_path / "none")
    first, second = (Ledger.create(tmp_path / "ledger.sqlite") for _ in range(2))
    ask(first)
    ask(second)
    assert len(list(first.entries(kind="audit"))) == 2 and second.verify().is_whole
    first.close()
    second.close()


def test_what_does_not_follow_an_older_ledger_is_kept_apart(ledger):
    """A backup is put back, and beside it lies the tail of the ledger that was there before."""
    ask(ledger)
    ledger.settle()
    shutil.copy(ledger.path, ledger.path.with_name("backup"))
    with closing(sqlite3.connect(ledger.path)) as own:
        own.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(ledger.path, ledger.path.with_name("backup"))
    ledger.record([given(0, 1)], by="r", now=day(1))
    ask(ledger, 2)
    content = tail_of(ledger).read_bytes()
    ledger.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{ledger.path}{suffix}").unlink(missing_ok=True)
    tail_of(ledger).write_bytes(content)
    shutil.copy(ledger.path.with_name("backup"), ledger.path)
    older = Ledger(ledger.path)
    assert ask(older)[0].sequence == 2
    assert older.verify().is_whole and older.is_behind()
    assert [one.read_bytes() for one in apart(ledger)] == [content]
    assert stat.S_IMODE(apart(ledger)[0].stat().st_mode) == 0o600
    older.close()
