"""A purge that waits for its release, or is killed anywhere, is finished by the next."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from beacon_node.actions import purge as purging
from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import (
    remove_part,
)
from beacon_node.actions.purge import purge
from beacon_node.actions.release_dataset import release
from beacon_node.errors import StoreUnavailable
from beacon_node.node import Node, open_node
from beacon_node.storage import database
from beacon_node.store.database import Catalogue
from tests.actions.homes import carriers, new_node, open_data, vcf
from tests.actions.purge_world import (
    RECORDS,
    parts_tell,
    purge_home,
    traces,
)
from tests.actions.said import withdraws


@pytest.fixture
def node(tmp_path) -> Node:
    return purge_home(tmp_path)


# ---- while an earlier purge waits ----------------------------------------------------------------


def test_who_withdraws_while_a_purge_waits_for_its_release_is_purged_too(tmp_path):
    """Though her file is in the draft no more, the release that answers still holds her."""
    node = new_node(tmp_path / "home", open_data())
    for name in "pqr":
        load(node, "d", vcf(tmp_path / f"{name}.vcf", RECORDS[3:], (name, f"{name}2", f"{name}3")))
    release(node, "d")
    (number,) = [part.number for part in node.catalogue.parts("d") if part.source == "q.vcf"]
    remove_part(node, "d", number)
    withdraws(node, "p")
    assert [(one.people, one.files) for one in purge(node)] == [(1, 2)]
    withdraws(node, "q")
    assert [(one.people, one.files) for one in purge(node, is_dry=True)] == [(1, 1)]
    assert [(one.people, one.files) for one in purge(node)] == [(1, 1)]
    assert [(one.people, one.files) for one in purge(node)] == [(0, 0)]
    told = [json.loads(entry.body)["people"] for entry in node.ledger.entries(kind="purge")]
    assert told == [1, 1]


def test_a_log_that_cannot_be_emptied_is_told_and_emptied_by_the_next(node, monkeypatch):
    path = node.home / "data" / "catalogue.sqlite"
    monkeypatch.setattr(database, "_BUSY_S", 0.05)
    withdraws(node, "PAT-bob")
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT * FROM part").fetchone()
        with pytest.raises(StoreUnavailable, match="still in its log"):
            purge(node)
        warned = release(node, "d").warnings
        assert any("still in its log" in words for words in warned)
    assert node.catalogue.has_unfinished_purge("d")
    release(node, "d")
    assert traces(node) == [] and not node.catalogue.has_unfinished_purge("d")


# ---- killed anywhere -----------------------------------------------------------------------------


class _Killed(BaseException):
    """The end of a process: nothing after it is done, nothing is caught."""


def _kill(*_, **__):
    raise _Killed


@pytest.mark.parametrize("step", ["_rewritten", "writing", "purge", "sweep", "compact"])
def test_a_purge_that_is_killed_is_done_by_the_next(node, monkeypatch, step):
    withdraws(node, "PAT-bob")
    calls = iter([False, True])  # files are swept before and after
    at = {
        "_rewritten": (purging, "_rewritten", _kill),
        "writing": (type(node.ledger), "writing", _kill),
        "purge": (Catalogue, "purge", _kill),
        "sweep": (purging, "sweep", lambda *_: next(calls) and _kill()),
        "compact": (Catalogue, "compact", _kill),
    }
    monkeypatch.setattr(*at[step])
    with pytest.raises(_Killed):
        purge(node)
    monkeypatch.undo()
    again = open_node(node.home, {})
    carried = carriers(again, "d")  # what is released answers still
    assert carried["22", 99, "A", "C"] == {"hom": {"bob-vcf"}}
    purge(again)
    assert not parts_tell(again)
    release(again, "d")
    assert traces(again) == [] and len(again.catalogue.releases("d")) == 1


@pytest.mark.parametrize("step", ["make_current", "forget_release", "finish_purge", "compact"])
def test_a_release_that_is_killed_after_a_purge_is_finished_by_the_next(node, monkeypatch, step):
    withdraws(node, "PAT-bob")
    purge(node)
    monkeypatch.setattr(Catalogue, step, _kill)
    with pytest.raises(_Killed):
        release(node, "d")
    monkeypatch.undo()
    again = open_node(node.home, {})
    release(again, "d")
    purge(again)
    assert traces(again) == []


def test_a_catalogue_keeps_no_deleted_rows(node):
    """SQLite leaves deleted rows in a file's free pages."""
    many = [f"PAT-{number}" for number in range(3_000)]
    node.catalogue.remove_people("d", many)
    node.catalogue.restore_people("d", many)
    withdraws(node, "PAT-ann")  # whom the operator had taken out
    purge(node)
    release(node, "d")
    found = (node.home / "data" / "catalogue.sqlite").read_bytes()
    assert b"PAT-ann" not in found
    with closing(sqlite3.connect(node.home / "data" / "catalogue.sqlite")) as db:
        assert db.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_the_clock_of_the_node_is_asked(node):
    """A withdrawal that a faster clock recorded is not forgotten by a slower one."""
    withdraws(node, "PAT-bob")

    class Behind:
        def now(self):
            return node.clock.now().replace(year=2001)

    assert purge(replace(node, clock=Behind()), is_dry=True)[0].people == 1
