"""What a home folder holds when its node is opened."""

import resource
import sqlite3

import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import add_dataset
from beacon_node.actions.release_dataset import release
from beacon_node.crypto.keys import check_value
from beacon_node.errors import ConfigurationError, LedgerBroken, StoreUnavailable
from beacon_node.model.ledger import Head
from beacon_node.node import LEDGER_FILE, open_node
from tests.actions.homes import open_data, vcf

ROOM = 40_000  # bytes a file may have: enough for what is opened, not for a new ledger


@pytest.fixture
def home(tmp_path):
    return init_node(tmp_path / "home", NewNode())


def ledger_files(home):
    return sorted(path.name for path in (home / "data").glob(f"{LEDGER_FILE}*"))


def test_a_new_home_has_an_empty_ledger(home):
    assert LEDGER_FILE in ledger_files(home)
    assert open_node(home, {}).ledger.head() == Head()


def test_a_home_of_before_there_was_a_ledger_gets_one(home):
    for name in ledger_files(home):
        (home / "data" / name).unlink()
    node = open_node(home, {})
    node.ledger.record_release("d", now=node.clock.now())
    assert open_node(home, {}).ledger.head().sequence == 1


def test_a_released_dataset_without_its_ledger_keeps_the_node_closed(home, tmp_path):
    node = open_node(home, {})
    add_dataset(node, open_data())
    load(node, "d", vcf(tmp_path / "d.vcf", ["22 100 . A T . PASS . GT 0/1 0/0"]))
    release(node, "d")
    for name in ledger_files(home):
        (home / "data" / name).unlink()
    with pytest.raises(LedgerBroken, match="newest backup"):
        open_node(home, {})


def test_a_full_disk_is_said_in_one_sentence_and_the_next_start_succeeds(home):
    for name in ledger_files(home):
        (home / "data" / name).unlink()
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match=r"ledger\.sqlite: .*it is full"):
            open_node(home, {})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert open_node(home, {}).ledger.head() == Head()


def test_a_ledger_that_is_no_file_is_said_in_one_sentence(home):
    for name in ledger_files(home):
        (home / "data" / name).unlink()
    (home / "data" / LEDGER_FILE).mkdir()
    with pytest.raises(StoreUnavailable, match=r"ledger\.sqlite: is a directory"):
        open_node(home, {})


def test_a_folder_that_is_no_home_is_left_as_it_is(tmp_path):
    with pytest.raises(ConfigurationError, match="beacon-node init"):
        open_node(tmp_path, {})
    assert not list(tmp_path.iterdir())


# ---- the key that everybody's numbers and accounts are made with ---------------------------------


def test_a_node_does_not_start_with_another_key_than_its_ledger_was_written_with(home):
    open_node(home, {}).ledger.close()
    key = home / "keys" / "pseudonym.key"
    kept = key.read_bytes()
    key.write_bytes(b"another key of thirty-two bytes.")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=rf"{key} is not the one.*restore it from"):
            open_node(home, {})
    key.write_bytes(kept)
    assert open_node(home, {}).pseudonym_key == kept


def test_a_home_of_before_takes_its_key_at_the_first_opening(home):
    ledger = home / "data" / "ledger.sqlite"
    with sqlite3.connect(ledger) as old:
        old.execute("DROP TABLE key_check")
        old.execute("DELETE FROM _sqlite_migrations WHERE name = '0007_key_check'")
    old.close()
    node = open_node(home, {})
    assert node.ledger.head().sequence == 0 and node.ledger.verify().is_whole
    (home / "keys" / "pseudonym.key").write_bytes(bytes(32))
    with pytest.raises(ConfigurationError, match="pseudonym.key"):
        open_node(home, {})


def test_what_tells_the_key_tells_nothing_else_of_it(home):
    node = open_node(home, {})
    assert node.pseudonym_key.hex() not in check_value(node.pseudonym_key)
    with sqlite3.connect(node.ledger.path) as ledger:
        assert ledger.execute("SELECT * FROM key_check").fetchall() == [
            (check_value(node.pseudonym_key),)
        ]
        for done in ("UPDATE key_check SET value = 'x'", "DELETE FROM key_check"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                ledger.execute(done)
