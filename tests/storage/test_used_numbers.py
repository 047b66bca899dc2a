"""A number counts once, whichever process meets it, and whatever ends in between."""

import multiprocessing
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from beacon_node.errors import StoreUnavailable
from beacon_node.storage import used_numbers
from beacon_node.storage.used_numbers import KEPT_LONGER, Use, UsedNumbers

NOW = datetime(2030, 1, 7, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "numbers.sqlite"


@pytest.fixture
def numbers(path):
    numbers = UsedNumbers(path, now=NOW)
    yield numbers
    numbers.close()


def use(numbers: UsedNumbers, number: str, *, sender: str = "org.network", now=NOW, made=None):
    made = made or now
    return numbers.use(sender, number, made=made, until=made + MINUTE, now=now)


def test_a_number_counts_once(numbers):
    assert [use(numbers, "a"), use(numbers, "b"), use(numbers, "a")] == [
        Use.FIRST,
        Use.FIRST,
        Use.AGAIN,
    ]


def test_two_senders_may_have_the_same_number(numbers):
    assert use(numbers, "a") is use(numbers, "a", sender="org.other") is Use.FIRST


def test_another_process_knows_it_at_once(numbers, path):
    other = UsedNumbers(path, now=NOW + MINUTE)
    assert use(numbers, "a") is Use.FIRST
    assert use(other, "a") is Use.AGAIN
    other.close()


def _use_and_die(path: Path) -> None:
    numbers = UsedNumbers(path, now=NOW)
    use(numbers, "a")
    os.kill(os.getpid(), 9)


def test_it_survives_a_process_that_is_killed(path):
    process = multiprocessing.get_context("spawn").Process(target=_use_and_die, args=(path,))
    process.start()
    process.join(30)
    assert process.exitcode == -9
    numbers = UsedNumbers(path, now=NOW)
    assert use(numbers, "a") is Use.AGAIN
    numbers.close()


def _race(path: Path, begin, won) -> None:
    numbers = UsedNumbers(path, now=NOW)
    begin.wait(30)
    firsts = [use(numbers, str(number)) is Use.FIRST for number in range(300)]
    won.put(sum(firsts))


def test_of_processes_that_meet_it_at_the_same_time_one_is_first(path):
    UsedNumbers(path, now=NOW).close()
    context = multiprocessing.get_context("spawn")
    begin, won = context.Barrier(3), context.Queue()
    racers = [context.Process(target=_race, args=(path, begin, won)) for _ in range(3)]
    for racer in racers:
        racer.start()
    assert sum(won.get(timeout=60) for _ in racers) == 300
    for racer in racers:
        racer.join(30)


def test_a_file_that_was_lost_lets_no_older_question_come_twice(numbers, path):
    use(numbers, "a")
    for name in path.parent.iterdir():
        name.unlink()
    later = NOW + timedelta(seconds=10)
    assert use(numbers, "a", made=NOW, now=later) is Use.UNKNOWN
    other = UsedNumbers(path, now=later)
    assert use(numbers, "b", now=later) is Use.FIRST
    assert use(other, "b", now=later) is Use.AGAIN
    other.close()


def test_what_holds_no_more_is_forgotten(numbers, path, monkeypatch):
    monkeypatch.setattr(used_numbers, "SWEPT_EVERY", 1)
    use(numbers, "a")
    held = NOW + MINUTE + KEPT_LONGER - timedelta(seconds=1)
    assert use(numbers, "a", made=NOW, now=held) is Use.AGAIN
    use(numbers, "b", now=held + timedelta(seconds=1))
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT number FROM used").fetchall() == [("b",)]


def test_one_sender_cannot_fill_the_disk_nor_stop_another(numbers, monkeypatch):
    monkeypatch.setattr(used_numbers, "SWEPT_EVERY", 1)
    monkeypatch.setattr(used_numbers, "MOST_NUMBERS", 3)
    found = [use(numbers, str(number)) for number in range(5)]
    assert found == [Use.FIRST] * 3 + [Use.TOO_MANY] * 2
    assert use(numbers, "a", sender="org.other") is Use.FIRST
    assert use(numbers, "9", now=NOW + MINUTE + KEPT_LONGER) is Use.FIRST


def test_what_was_heard_is_told_to_the_operator(numbers):
    use(numbers, "a")
    numbers.refuse("org.network", "too old", now=NOW + MINUTE)
    numbers.refuse("org.other", "from the future", now=NOW)
    heard = numbers.heard()
    assert heard["org.network"].asked_at == NOW
    assert (heard["org.network"].refused_at, heard["org.network"].refused) == (
        NOW + MINUTE,
        "too old",
    )
    assert heard["org.other"].asked_at is None


def test_others_cannot_read_it(numbers, path):
    assert path.stat().st_mode & 0o077 == 0


def test_a_file_of_something_else_is_told_plainly(path):
    path.write_text("not a database at all, but long enough to look like one" * 20)
    with pytest.raises(StoreUnavailable, match=str(path)):
        UsedNumbers(path, now=NOW)
