"""Numbers for life: in each dataset everybody who was ever counted has one, and keeps it.

A person is bytes that stand for her in every dataset, by a key that the ledger does not have. The
chain has, for those who were seated together, a digest of who got which number.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

import numpy as np
import orjson

from beacon_node.model.charges import Seated
from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.ledger import Verification
from beacon_node.store.ledger.chain import Appending, entries

SEATS = "seats"


def seated(connection: sqlite3.Connection, dataset: str, persons: Sequence[bytes]) -> Seated | None:
    """Return the numbers of these people, in their order; None if any of them has none yet."""
    return _found(_numbers(connection, dataset), persons)


def _found(known: dict[bytes, int], persons: Sequence[bytes]) -> Seated | None:
    numbers = [known.get(one, -1) for one in persons]
    return None if -1 in numbers else Seated(np.array(numbers, np.int64), len(known))


def seat(appending: Appending, dataset: str, persons: Sequence[bytes]) -> Seated:
    """Give a number to everybody who has none, and return all of theirs."""
    known = _numbers(appending.connection, dataset)
    first = len(known)
    new = [one for one in dict.fromkeys(persons) if one not in known]
    if new:
        said = {"dataset": dataset, "first": first, "people": len(new), "digest": _digest(new)}
        (entry,) = appending.append(SEATS, [canonical_json(said)])
        rows = ((dataset, first + i, one, entry.sequence) for i, one in enumerate(new))
        appending.connection.executemany("INSERT INTO seat VALUES (?, ?, ?, ?)", rows)
        known |= {one: first + i for i, one in enumerate(new)}
    return _found(known, persons)


def _digest(persons: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for one in persons:
        digest.update(len(one).to_bytes(2) + one)
    return digest.hexdigest()


def _numbers(connection: sqlite3.Connection, dataset: str) -> dict[bytes, int]:
    sql = "SELECT person, number FROM seat WHERE dataset = ?"
    return dict(connection.execute(sql, [dataset]))


def count(connection: sqlite3.Connection, dataset: str) -> int:
    """Return how many numbers were given in a dataset."""
    sql = "SELECT max(number) FROM seat WHERE dataset = ?"
    last = connection.execute(sql, [dataset]).fetchone()[0]
    return 0 if last is None else last + 1


def datasets(connection: sqlite3.Connection) -> tuple[str, ...]:
    """Return the datasets in which anybody has a number."""
    sql = "SELECT dataset FROM seat WHERE number = 0 ORDER BY dataset"
    return tuple(dataset for (dataset,) in connection.execute(sql))


def shared(connection: sqlite3.Connection, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers, in one and in the other dataset, of the people who are in both."""
    sql = """SELECT a.number, b.number FROM seat a
             JOIN seat b ON b.person = a.person AND b.dataset = ?
             WHERE a.dataset = ? ORDER BY a.number"""
    found = np.array(connection.execute(sql, [other, one]).fetchall(), np.int64).reshape(-1, 2)
    return found[:, 0], found[:, 1]


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not exactly those have numbers who were given them."""
    stated = entries(connection, kinds=(SEATS,))
    rows = _groups(connection)
    for entry in stated:
        said = orjson.loads(entry.body)
        if next(rows, None) != (entry.sequence, said):
            return replace(whole, broken_at=entry.sequence, problem=_LOST)
    if (left := next(rows, None)) is not None:
        return replace(whole, broken_at=left[0], problem=_LOST)
    return whole


_LOST = "its people do not have the numbers they were given"
_GIVEN = "SELECT entry, dataset, number, person FROM seat ORDER BY entry, dataset, number"


def _groups(connection: sqlite3.Connection) -> Iterator[tuple[int, dict]]:
    """Yield, by the number of the entry, what it must say of the people it gave numbers to.

    Numbers that are not in a row, or of two datasets, give what no entry says.
    """
    for entry, rows in groupby(connection.execute(_GIVEN), key=lambda row: row[0]):
        given = list(rows)
        dataset, first = given[0][1:3]
        in_row = [(dataset, first + i) for i in range(len(given))] == [row[1:3] for row in given]
        people = [row[3] for row in given] if in_row else []
        yield (
            entry,
            {
                "dataset": dataset,
                "first": first,
                "people": len(people),
                "digest": _digest(people),
            },
        )
