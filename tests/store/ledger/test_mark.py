"""A copy that is put in the place of a ledger is told from it, by what was on disk."""

import shutil
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest

from beacon_node.errors import LedgerBroken
from beacon_node.store.ledger import Ledger
from tests.policy.histories import day, given
from tests.store.ledger.test_charges import PAID, add, other

AUDIT = {"consent_version": 0, "datasets": []}


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def copied(ledger: Ledger) -> Path:
    path = ledger.path.with_name("copy")
    with closing(sqlite3.connect(ledger.path)) as own, closing(sqlite3.connect(path)) as copy:
        own.backup(copy)
    return path


def replaced(ledger: Ledger, copy: Path) -> Ledger:
    """Return the ledger that is opened where a copy was put in its place."""
    ledger.close()
    for suffix in ("-wal", "-shm"):
        Path(f"{ledger.path}{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, ledger.path)
    return Ledger(ledger.path)


def mark_of(ledger: Ledger) -> Path:
    return Path(f"{ledger.path}-mark")


def consents(ledger: Ledger, number: int) -> None:
    ledger.record([given(number, number)], by="r", now=day(1))


def test_an_older_copy_takes_no_charge(ledger):
    add(ledger, PAID)
    copy = copied(ledger)
    add(ledger, other(2))
    older = replaced(ledger, copy)
    assert older.is_behind() and older.moment(day(2)).is_ledger_older
    with pytest.raises(LedgerBroken, match="--restored-ledger"):
        add(older, other(3))
    assert list(older.drawn([b"key 3"])) == []


def test_an_older_copy_that_lacks_only_a_consent_is_noticed_too(ledger):
    consents(ledger, 1)
    copy = copied(ledger)
    consents(ledger, 2)
    assert replaced(ledger, copy).is_behind()


def test_what_is_recorded_in_an_older_copy_does_not_make_it_the_newest(ledger):
    copy = copied(ledger)
    add(ledger, PAID)
    older = replaced(ledger, copy)
    for number in range(4):
        consents(older, number)
    assert older.is_behind() and Ledger(older.path).is_behind()


def test_a_copy_that_holds_all_that_was_on_disk_goes_on(ledger):
    add(ledger, PAID)
    copy = copied(ledger)
    ledger.audit(AUDIT, now=day(3))  # may be lost with the machine's power
    newest = replaced(ledger, copy)
    assert not newest.is_behind() and not newest.moment(day(2)).is_ledger_older
    assert add(newest, other(2)) == [2]


def test_a_copy_put_under_a_process_that_runs_is_noticed_at_its_next_charge(ledger):
    copy = copied(ledger)
    add(ledger, PAID)
    assert not ledger.is_behind()
    with closing(sqlite3.connect(copy)) as older, closing(sqlite3.connect(ledger.path)) as own:
        older.backup(own)
    with pytest.raises(LedgerBroken):
        add(ledger, other(2))
    assert ledger.moment(day(2)).is_ledger_older


def test_whoever_answers_for_a_copy_goes_on_with_it_in_every_process(ledger):
    copy = copied(ledger)
    add(ledger, PAID)
    older = replaced(ledger, copy)
    another = Ledger(ledger.path)
    with older.charging(now=day(2), is_older=True) as turn:
        turn.close("d", 5)
    assert another.is_behind()
    older.go_on_from_here()
    for one in (older, another, Ledger(ledger.path)):
        assert not one.moment(day(2)).is_ledger_older
    assert add(another, PAID) == [1]


def test_the_mark_is_private_and_made_anew_where_it_is_missing_or_damaged(ledger):
    add(ledger, PAID)
    copy = copied(ledger)
    mark = mark_of(ledger)
    whole = mark.read_bytes()
    assert stat.S_IMODE(mark.stat().st_mode) == 0o600
    for damage in (mark.unlink, lambda: mark.write_bytes(whole[:-1] + b"?")):
        damage()
        ledger = replaced(ledger, copy)
        assert not ledger.is_behind() and mark.read_bytes() == whole
    add(ledger, other(2))
    assert replaced(ledger, copy).is_behind()


def test_what_failed_and_what_is_not_on_disk_yet_leaves_no_mark(ledger):
    add(ledger, PAID)
    before = mark_of(ledger).read_bytes()
    ledger.audit(AUDIT, now=day(3))
    with suppress(ZeroDivisionError), ledger.charging(now=day(3)) as turn:
        turn.add(other(2), b"s" * 16)
        raise ZeroDivisionError
    with ledger.charging(now=day(3)):
        pass  # nothing was charged, so nothing was waited for
    assert mark_of(ledger).read_bytes() == before


def test_the_mark_is_never_ahead_of_the_ledger_when_a_process_is_killed(ledger):
    for wait_s in (0.0, 0.003, 0.01, 0.02):
        program = [sys.executable, "-m", "tests.store.ledger.writers", str(ledger.path)]
        process = subprocess.Popen(
            [*program, "consent", f"P{wait_s}", "100000"], stdout=subprocess.PIPE
        )
        before = mark_of(ledger).read_bytes() if mark_of(ledger).exists() else b""
        while not mark_of(ledger).exists() or mark_of(ledger).read_bytes() == before:
            assert process.poll() is None
            time.sleep(0.001)
        time.sleep(wait_s)
        process.kill()
        process.communicate()
        assert not Ledger(ledger.path).is_behind()
    assert ledger.verify().is_whole
