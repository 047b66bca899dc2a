"""What the ledger keeps of who paid: append-only, found again, and guarded by the chain."""

import sqlite3
from contextlib import closing
from dataclasses import replace

import numpy as np
import orjson
import pytest

from beacon_node.errors import StoreUnavailable
from beacon_node.model.charges import Charge, Charged, Drawn
from beacon_node.store.ledger import Ledger
from beacon_node.store.ledger.purses import PurseFiles, StoredPurse
from tests.policy.histories import day

SOME, FEW = b"\x01\x02\x00\x03\x00", b"\x01\x02\x00"
PAID = Charge(
    "d",
    b"key 1",
    ("researcher:a", "organisation:o"),
    '{"group":""}',
    Charged(None, SOME, b"", 9),
    Charged(SOME, FEW, FEW, 5),
    Drawn(-3, 0.123456789),
)
SALT = b"s" * 16


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger.create(tmp_path / "ledger.sqlite")
    yield ledger
    ledger.close()


def add(ledger: Ledger, *charges: Charge) -> list[int]:
    with ledger.charging(now=day(1)) as turn:
        return [turn.add(one, SALT) for one in charges]


def read(ledger: Ledger, dataset: str = "d", after: int = 0, payer: str | None = None):
    with ledger.charging(now=day(1)) as turn:
        return list(turn.charges(dataset, after, payers=(payer,) if payer else ()))


def other(number: int, **facts) -> Charge:
    return replace(PAID, key=b"key %d" % number, **facts)


def test_a_charge_is_read_as_it_was_written(ledger):
    assert add(ledger, PAID) == [1]
    assert read(ledger) == [(1, PAID)]
    assert ledger.drawn([b"key 1", b"key 2"]) == {b"key 1": Drawn(-3, 0.123456789)}


def test_charges_are_found_by_dataset_and_payer_in_their_order(ledger):
    add(ledger, PAID, other(2, dataset="e"), other(3, payers=("researcher:b",)))
    assert [number for number, _ in read(ledger)] == [1, 3]
    assert [number for number, _ in read(ledger, after=1)] == [3]
    assert [number for number, _ in read(ledger, payer="researcher:b")] == [3]
    with ledger.charging(now=day(1)) as turn:
        assert turn.datasets() == ("d", "e") and turn.on_disk == 3


def test_a_set_of_people_is_stored_once(ledger):
    add(ledger, PAID, other(2), other(3))
    with closing(sqlite3.connect(ledger.path)) as connection:
        assert connection.execute("SELECT count(*) FROM people_set").fetchone() == (3,)


def test_the_chain_says_nothing_of_who_was_charged(ledger):
    add(ledger, PAID)
    body = orjson.loads(next(ledger.entries(kind="charge")).body)
    assert body.keys() == {"digest", "number"}


def test_a_question_is_never_charged_twice_and_what_fails_leaves_nothing(ledger):
    with pytest.raises(StoreUnavailable, match="append-only"):
        add(ledger, PAID, replace(PAID, drawn=Drawn(9, 1.0)))
    assert not read(ledger) and ledger.head().sequence == 0


def test_people_keep_their_numbers_in_each_dataset(ledger):
    one, two, three = b"a" * 16, b"b" * 16, b"c" * 16
    assert ledger.seat("d", [two, one], now=day(1)).numbers.tolist() == [0, 1]
    found = ledger.seat("d", [one, three], now=day(1))
    assert (found.numbers.tolist(), found.universe) == ([1, 2], 3)
    assert ledger.seat("e", [three, two], now=day(1)).numbers.tolist() == [0, 1]
    entries = ledger.head().sequence
    assert ledger.seat("d", [one], now=day(1)).numbers.tolist() == [1]
    assert ledger.head().sequence == entries == 3
    with ledger.charging(now=day(1)) as turn:
        here, there = turn.shared("d", "e")
        assert turn.seats("d") == 3 and turn.seats("x") == 0
    assert (here.tolist(), there.tolist()) == ([0, 2], [1, 0])


# ---- tampering -----------------------------------------------------------------------------------


@pytest.fixture
def tampered(ledger):
    """Entry 1 seats two people; 2, 4 and 5 are charges; 6 takes a dataset as spent."""
    ledger.seat("d", [b"a", b"b"], now=day(1))
    add(ledger, PAID)
    ledger.audit({"consent_version": 0, "datasets": []}, now=day(1))
    add(ledger, other(2), other(3))
    with ledger.charging(now=day(1)) as turn:
        turn.close("d", 2)

    def tamper(*statements: str) -> None:
        with closing(sqlite3.connect(ledger.path, isolation_level=None)) as connection:
            names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in names.fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                connection.execute(statement)

    return tamper


_COPY = """INSERT INTO charge SELECT 4, entry, dataset, x'00', payers, public, noisy, completeness,
    people, seats, carriers, left_out, reference, reference_seats, reference_carriers,
    reference_left_out, salt FROM charge WHERE number = 3"""


@pytest.mark.parametrize(
    ("change", "entry"),
    [
        ("UPDATE charge SET noisy = 4 WHERE number = 2", 4),
        ("UPDATE charge SET completeness = 0.5 WHERE number = 3", 5),
        ("UPDATE charge SET seats = 1 WHERE number = 1", 2),
        ("UPDATE charge SET carriers = left_out WHERE number = 1", 2),
        ("UPDATE charge SET people = 8 WHERE number = 1", 2),
        ("UPDATE charge SET public = '{}' WHERE number = 2", 4),
        ("UPDATE charge SET key = x'01' WHERE number = 2", 4),
        ("UPDATE charge SET dataset = 'e' WHERE number = 2", 4),
        ("UPDATE charge SET payers = '[]' WHERE number = 2", 4),
        ("UPDATE people_set SET members = x'' WHERE id = 1", 2),
        ("DELETE FROM people_set WHERE id = 1", 2),
        ("DELETE FROM charge_payer WHERE number = 3", 5),
        ("UPDATE charge_payer SET payer = 'researcher:b' WHERE payer LIKE 'r%' AND number = 2", 4),
        ("DELETE FROM charge WHERE number = 3", 5),
        ("DELETE FROM charge", 2),
        (_COPY, 5),
        ("UPDATE seat SET person = x'07' WHERE number = 1", 1),
        ("DELETE FROM seat WHERE number = 1", 1),
        ("DELETE FROM seat", 1),
        ("INSERT INTO seat VALUES ('e', 0, x'07', 2)", 2),
        ("UPDATE spent SET seats = 1", 6),
        ("DELETE FROM spent", 6),
    ],
)
def test_what_was_changed_dropped_or_added_is_found(ledger, tampered, change, entry):
    assert ledger.verify().is_whole
    tampered("PRAGMA foreign_keys = OFF", change)
    assert ledger.verify().broken_at == entry


@pytest.mark.parametrize("table", ["seat", "people_set", "charge", "charge_payer", "spent"])
def test_nothing_is_changed_dropped_or_replaced_by_mistake(ledger, tampered, table):
    column = {"seat": "person", "people_set": "members", "spent": "seats"}.get(table, "dataset")
    for statement in (
        f"UPDATE {table} SET {column} = {column}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with (
            closing(sqlite3.connect(ledger.path)) as connection,
            pytest.raises(sqlite3.IntegrityError, match="append-only"),
        ):
            connection.execute(statement)


# ---- purses beside the ledger --------------------------------------------------------------------


def test_a_purse_is_read_as_it_was_stored_and_a_damaged_one_passed_over(tmp_path):
    files = PurseFiles(tmp_path / "ledger.sqlite")
    columns = [np.array(one, np.int32) for one in ([1, 2, 3], [], [7])]
    assert files.load("d", "a") is None
    files.save("d", "a", StoredPurse(5, b"hash", {"version": 1}, columns))
    found = files.load("d", "a")
    assert (found.number, found.hash, found.told) == (5, b"hash", {"version": 1})
    assert [one.tolist() for one in found.columns] == [[1, 2, 3], [], [7]]
    assert files.load("d", "b") is None
    (path,) = (tmp_path / "ledger.sqlite-purses").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes()[:-1])
    assert files.load("d", "a") is None
    files.clear()
    assert not path.exists()
