"""Where an older ledger was put back, nothing is answered, released, purged or previewed."""

import shutil
import sqlite3
from contextlib import closing

import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.actions.manage_datasets import remove_dataset, set_terms
from beacon_node.actions.node_status import status
from beacon_node.actions.preview_consents import preview_consents
from beacon_node.actions.purge import purge
from beacon_node.actions.release_dataset import release
from beacon_node.errors import LedgerBroken
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, Query
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import Node, open_node
from tests.actions.homes import open_data
from tests.consent.clinic import (
    BIOMEDICAL,
    GRU,
    closed,
    gives,
    granted,
    make_clinic,
    reopened,
    set_clock,
    with_clock,
    withdraws,
)

OLDER = "the ledger is older than the release of dataset 'o'"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A node in whose open dataset `o` bob is not any more, and its ledger of before he left."""
    folder = tmp_path_factory.mktemp("made")
    node = make_clinic(folder / "home", open_data("o"), closed("d"))
    release(node, "o")
    gives(node, "ann", "cid")
    release(node, "d")
    node.ledger.close()
    with (
        closing(sqlite3.connect(node.ledger.path)) as ledger,
        closing(sqlite3.connect(folder / "before.sqlite")) as copy,
    ):
        ledger.backup(copy)
    set_clock(node, 1)
    asked(node, count=3)  # so that consents have higher numbers than the copy's first ones
    withdraws(node, "bob")
    release(node, "o")
    node.ledger.close()
    return folder


@pytest.fixture
def node(made, tmp_path) -> Node:
    shutil.copytree(made / "home", tmp_path / "home")
    return replaced(tmp_path / "home", made / "before.sqlite")


def replaced(home, ledger) -> Node:
    """Return the node that is in `home` after another ledger was put in place of its own."""
    for suffix in ("", "-wal", "-shm"):
        (home / "data" / f"ledger.sqlite{suffix}").unlink(missing_ok=True)
    shutil.copy(ledger, home / "data" / "ledger.sqlite")
    node = with_clock(open_node(home, {}))
    set_clock(node, 2)
    return node


def asked(node: Node, *, count: int = 1, dataset: str = "o", requester=ANONYMOUS) -> int:
    """Return how many individuals a dataset tells of, after asking so often."""
    query = Query(EntryType.INDIVIDUAL, granularity=Granularity.COUNT, datasets=(dataset,))
    return [answer(node, query, requester).count for _ in range(count)][-1]


def catches_up(node: Node) -> None:
    """Record statements until the last has the number of the last before the ledger was lost."""
    lost = node.catalogue.current_release("o").consent_version
    while node.ledger.consent_version() < lost:
        gives(node, "eve")


def test_withdrawn_people_are_not_released_from_an_older_ledger(node):
    set_terms(node, "o", GRU)
    with pytest.raises(LedgerBroken, match=OLDER):
        release(node, "o")
    assert node.catalogue.current_release("o").number == 2


def test_statements_recorded_in_an_older_ledger_do_not_make_it_the_newest(node):
    catches_up(node)
    for act in (
        lambda: release(node, "o"),
        lambda: asked(reopened(node)),
        lambda: purge(node),
    ):
        with pytest.raises(LedgerBroken, match="the ledger is older than"):
            act()
    set_terms(node, "o", GRU)
    with pytest.raises(LedgerBroken, match=OLDER):
        release(node, "o")


def test_one_dataset_that_knows_a_newer_ledger_stops_all(node):
    purpose = BIOMEDICAL
    for act in (
        lambda: release(node, "d"),
        lambda: purge(node, "d", is_dry=True),
        lambda: preview_consents(node, "d", purpose),
        lambda: asked(node, dataset="d", requester=granted("d")),
    ):
        with pytest.raises(LedgerBroken, match=OLDER):
            act()


def test_status_says_it_first(node):
    assert status(node).warnings[0].startswith(OLDER)
    catches_up(node)
    assert status(node).warnings[0].startswith(OLDER)


def test_with_the_newest_ledger_all_goes_on(made, tmp_path):
    home = shutil.copytree(made / "home", tmp_path / "home")
    node = with_clock(open_node(home, {}))
    set_clock(node, 2)
    set_terms(node, "o", GRU)
    assert release(node, "o").people == asked(node) == 4
    assert preview_consents(node, "d", BIOMEDICAL) is not None
    assert not any("ledger" in warning for warning in status(node).warnings)
    assert sum(outcome.people for outcome in purge(node)) == 2  # bob, in each dataset


@pytest.mark.parametrize("is_caught_up", [False, True], ids=["fewer statements", "as many"])
def test_whoever_recorded_again_what_was_lost_says_so_and_goes_on(node, is_caught_up):
    withdraws(node, "bob")
    if is_caught_up:
        catches_up(node)
    done = release(node, "o", is_ledger_restored=True)
    assert (done.number, done.people, done.is_new) == (3, 4, True)
    assert asked(reopened(node)) == 4
    assert not release(node, "o").is_new


def test_what_no_release_knows_of_is_missed_too(node):
    """Bob's withdrawal was lost with the ledger, also if the release without him is gone."""
    remove_dataset(node, "o")
    set_terms(node, "d", GRU)
    before = "the ledger is older than the one that was in its place before"
    assert status(node).warnings[0].startswith(before)
    for act in (
        lambda: release(node, "d"),
        lambda: asked(node, dataset="d", requester=granted("d")),
        lambda: purge(node),
    ):
        with pytest.raises(LedgerBroken, match=before):
            act()
    release(node, "d", is_ledger_restored=True)
    asked(reopened(node), dataset="d", requester=granted("d"))
    assert not any("ledger" in warning for warning in status(node).warnings)


def test_a_withdrawal_after_the_last_release_is_missed(made, tmp_path):
    home = shutil.copytree(made / "home", tmp_path / "home")
    copy = shutil.copy(home / "data" / "ledger.sqlite", tmp_path / "copy")
    node = with_clock(open_node(home, {}))
    set_clock(node, 2)
    withdraws(node, "cid")
    node.ledger.close()
    with pytest.raises(LedgerBroken, match="older than the one that was in its place"):
        asked(replaced(home, copy))


def test_every_dataset_is_released_for_a_restored_ledger_with_nothing_else_new(node):
    for _ in range(2):
        for dataset in ("d", "o"):
            assert release(node, dataset, is_ledger_restored=True).is_new
    assert not any(release(node, dataset).is_new for dataset in ("d", "o"))
    assert asked(reopened(node)) == 5
    assert asked(reopened(node), dataset="d", requester=granted("d")) is not None
