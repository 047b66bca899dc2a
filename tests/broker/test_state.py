"""A broker's state is one file for all its processes, whole whatever is killed."""

import os
import signal
import sqlite3
import subprocess
import sys

import pytest

from beacon_node.broker.state import State
from beacon_node.broker.state.layout import STEPS
from beacon_node.errors import ConfigurationError, StoreUnavailable
from tests.broker.world import NOON

WRITER = """
import sys
from pathlib import Path
from beacon_node.broker.health import Tally
from beacon_node.broker.state import State
from beacon_node.broker.watch import Seen
from tests.broker.world import NOON

state = State.open(Path(sys.argv[1]))
for number in range(int(sys.argv[2])):
    seen = {name: Seen(Tally().answered(5), last_answer=NOON) for name in ("a", "b")}
    state.health.add_health(seen, NOON, enough=3)
    print(number + 1, flush=True)
"""


def writer(path, times):
    command = [sys.executable, "-c", WRITER, str(path), str(times)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_several_processes_write_at_once(tmp_path):
    path = tmp_path / "broker.sqlite"
    processes = [writer(path, 20) for _ in range(3)]
    for process in processes:
        process.communicate(timeout=60)
        assert process.returncode == 0
    for name in ("a", "b"):
        assert State.open(path).health.health(name).recent.answers == 60


def test_what_was_written_survives_a_kill_and_nothing_is_half_written(tmp_path):
    path = tmp_path / "broker.sqlite"
    process = writer(path, 100_000)
    for _ in range(5):
        told = int(process.stdout.readline())
    os.kill(process.pid, signal.SIGKILL)
    told = max([told, *map(int, process.stdout.read().split())])
    process.wait()
    process.stdout.close()
    health = State.open(path).health
    counts = {health.health(name).recent.answers for name in ("a", "b")}
    assert len(counts) == 1 and counts <= {told, told + 1}
    with sqlite3.connect(path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_newer_layout_is_not_touched(tmp_path):
    path = tmp_path / "broker.sqlite"
    State.open(path)
    with sqlite3.connect(path) as db:
        db.execute(
            "INSERT INTO _sqlite_migrations (migration_set, name, applied_at) "
            "VALUES ('broker', '0999_of_the_future', '')"
        )
    with pytest.raises(ConfigurationError, match="newer version"):
        State.open(path)
    assert "0999_of_the_future" not in STEPS


def test_what_is_no_database_is_named(tmp_path):
    path = tmp_path / "broker.sqlite"
    path.write_bytes(b"no database, whatever it is called" * 100)
    with pytest.raises(StoreUnavailable, match=r"broker\.sqlite"):
        State.open(path)


def test_only_its_owner_can_read_it(tmp_path):
    State.open(tmp_path / "data" / "broker.sqlite")
    for path in (tmp_path / "data").iterdir():
        assert not path.stat().st_mode & 0o077


def test_what_members_say_of_themselves_is_kept_for_all_processes(tmp_path):
    first = State.open(tmp_path / "broker.sqlite")
    first.learned.learn("a", "info", {"version": "1"}, NOON)
    first.learned.learn("a", "info", {"version": "2"}, NOON)
    again = State.open(tmp_path / "broker.sqlite")
    assert again.learned.learned("a", "info") == ({"version": "2"}, NOON)
    assert again.learned.learned("b", "info") is None
