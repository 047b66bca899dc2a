"""Budgets belong to people: they outlive releases, leaving, removed datasets and old backups."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace

import pytest

from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import add_dataset, remove_dataset
from beacon_node.actions.registered import accounts
from beacon_node.actions.registered.seats import seats_of
from beacon_node.actions.release_dataset import release
from beacon_node.errors import LedgerBroken, ReleasedAnew
from beacon_node.model.answer import NoisyCount, Refused, Status
from beacon_node.node import Node, open_node
from beacon_node.store.people import numbered_individuals
from tests.actions.registered.counted import DEAR, ask, asked, quiet
from tests.consent.clinic import IDS, closed, gives, make_clinic, set_clock, with_clock, withdraws

CHEAP = replace(DEAR, carrier=9, other=3, rho_carrier=5, rho_other=2, fill=1)


@pytest.fixture
def node(tmp_path) -> Node:
    made = make_clinic(tmp_path / "home", closed("d"))
    gives(made, *IDS)
    release(made, "d")
    yield quiet(made)
    made.ledger.close()


def seats(node: Node, dataset: str = "d") -> dict[str, int]:
    """Return the numbers for life of who is in the current release, by the hospital's ids."""
    (found,) = [one for one in node.catalogue.released_datasets() if one.id == dataset]
    numbers = seats_of(node, found).numbers
    people = numbered_individuals(node.catalogue.index_path(dataset))
    return {id: int(numbers[number]) for id, number in people}


def test_everybody_has_a_number_of_her_own_in_every_process(node):
    first = seats(node)
    assert sorted(first) == sorted(IDS) and sorted(first.values()) == [0, 1, 2, 3, 4]
    assert seats(quiet(open_node(node.home, {}))) == first


def test_who_leaves_and_comes_back_has_the_number_she_had(node):
    first = seats(node)
    set_clock(node, 1)
    withdraws(node, "ann")
    release(node, "d")
    without = seats(node)
    assert without == {id: first[id] for id in IDS if id != "ann"}
    set_clock(node, 2)
    gives(node, "ann")
    release(node, "d")
    assert seats(node) == first


def test_a_dataset_that_is_declared_anew_goes_on_with_its_numbers(node, tmp_path):
    first = seats(node)
    remove_dataset(node, "d")
    add_dataset(node, closed("d"))
    for file in sorted((tmp_path / "home-files").iterdir(), reverse=True):
        load(node, "d", str(file), LoadOptions(processes=1))
    release(node, "d")
    assert seats(node) == first


def test_the_numbers_of_a_release_that_is_gone_are_not_given(node):
    (gone,) = node.catalogue.released_datasets()
    with pytest.raises(ReleasedAnew):
        seats_of(node, replace(gone, fingerprint="another"))


def test_one_id_is_one_person_in_every_dataset(node, tmp_path):
    seats(node)
    add_dataset(node, closed("e"))
    for file in sorted((tmp_path / "home-files").iterdir()):
        load(node, "e", str(file), LoadOptions(processes=1))
    release(node, "e")
    seats(node, "e")
    with node.ledger.charging(now=node.clock.now()) as turn:
        here, there = turn.shared("d", "e")
    assert len(here) == len(there) == len(IDS)


# ---- an older ledger is put back -----------------------------------------------------------------


def copied(node: Node, path) -> None:
    with (
        closing(sqlite3.connect(node.ledger.path)) as ledger,
        closing(sqlite3.connect(path)) as copy,
    ):
        ledger.backup(copy)


def put_back(node: Node, copy) -> Node:
    node.ledger.close()
    for suffix in ("", "-wal", "-shm"):
        (node.home / "data" / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, node.home / "data" / "ledger.sqlite")
    return quiet(with_clock(open_node(node.home, {}), node.clock.at))


def counts(node: Node, key: str, dataset: str = "d"):
    return ask(node, asked(key, people=len(IDS), prices=CHEAP, dataset=dataset))[dataset]


def test_after_an_older_ledger_was_put_back_everybody_has_spent_everything(node, tmp_path):
    copied(node, tmp_path / "before.sqlite")
    seats(node)
    assert isinstance(counts(node, "lost"), NoisyCount)
    older = put_back(node, tmp_path / "before.sqlite")
    done = release(older, "d", is_ledger_restored=True)
    assert any("no counts any more from d" in one for one in done.warnings)
    for again in (older, quiet(open_node(node.home, {}))):
        refused = counts(again, "lost")
        assert isinstance(refused, Refused) and refused.status is Status.BUDGET_SPENT
        assert "restored" in refused.reason
    assert older.ledger.verify().is_whole


def test_their_budgets_are_spent_in_every_other_dataset_too(node, tmp_path):
    seats(node)
    copied(node, tmp_path / "before.sqlite")
    older = put_back(node, tmp_path / "before.sqlite")
    release(older, "d", is_ledger_restored=True)
    add_dataset(older, closed("e"))
    for file in sorted((tmp_path / "home-files").iterdir()):
        load(older, "e", str(file), LoadOptions(processes=1))
    release(older, "e")
    seats(older, "e")
    counts(older, "new", "e")
    with older.ledger.charging(now=older.clock.now()) as turn:
        ((_, charge),) = turn.charges("e")
    assert len(charge.people.left_out) > 0 and not charge.reference.left_out


def test_an_older_ledger_is_noticed_by_what_was_charged_since(node, tmp_path, monkeypatch):
    monkeypatch.setattr(accounts, "ROWS_UNTIL_SAVED", 4)
    seats(node)
    copied(node, tmp_path / "before.sqlite")
    for number in range(6):
        counts(node, f"{number}")
    older = put_back(node, tmp_path / "before.sqlite")
    with pytest.raises(LedgerBroken, match="--restored-ledger"):
        counts(older, "0")
    release(older, "d", is_ledger_restored=True)
    assert isinstance(counts(older, "0"), Refused)
