"""The variants of a panel in the order of what a yes to them costs, on disk while they are walked.

Panels come by frequency; where copies differ (ploidy, assays) the order of costs is another one.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beacon_node.model.panels import FrequencyChunk
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import temporary_name
from beacon_node.store.knowledge.build import open_new

_TABLES = """
CREATE TABLE variant (
    cost REAL, rank INTEGER, copies INTEGER, place INTEGER, ref TEXT, alt TEXT, lower_limit REAL,
    PRIMARY KEY (cost, rank)
) WITHOUT ROWID;
CREATE TABLE found (place INTEGER, ref TEXT, alt TEXT, batch INTEGER, counted BLOB);
BEGIN;
"""
_ORDERED = (
    "SELECT cost, rank, place, ref, alt, lower_limit FROM variant WHERE cost <= ?"
    " ORDER BY cost, rank"
)
_LIMITS = "SELECT copies, min(lower_limit), count(*) FROM variant WHERE cost <= ? GROUP BY copies"


@dataclass(frozen=True, slots=True, eq=False)
class Ordered:
    """Consecutive variants of a walk; `ranks` are their places in the panels' own order."""

    costs: np.ndarray
    ranks: np.ndarray
    variants: FrequencyChunk


class Work:
    """A temporary file beside `path`; leave the `with` block and it is gone."""

    def __init__(self, path: Path) -> None:
        self._path = temporary_name(path).with_suffix(".work")

    def __enter__(self) -> "Work":
        with told_plainly(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            self._db = open_new(self._path)
            self._db.executescript(_TABLES)
        return self

    def __exit__(self, *raised: object) -> None:
        self._db.close()
        self._path.unlink(missing_ok=True)

    def add(self, ordered: Ordered, copies: np.ndarray) -> None:
        """Add variants in any order; `copies` are what their costs were reckoned with."""
        one = ordered.variants
        columns = (ordered.costs, ordered.ranks, copies, one.places)
        rows = zip(
            *(column.tolist() for column in columns), one.refs, one.alts, one.limits, strict=True
        )
        with told_plainly(self._path):
            self._db.executemany("INSERT INTO variant VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def ordered(self, up_to: float, *, at_once: int) -> Iterator[Ordered]:
        """Yield the variants that cost `up_to` this, cheapest first, so many at once."""
        rows = self._db.execute(_ORDERED, [up_to])
        with told_plainly(self._path):
            while found := rows.fetchmany(at_once):
                yield _ordered(found)

    def least_limits(self, up_to: float) -> tuple[dict[int, float], int]:
        """Return the least limit among the variants that cost `up_to` this, by copies, and how many
        such variants there are."""
        with told_plainly(self._path):
            rows = self._db.execute(_LIMITS, [up_to]).fetchall()
        return {copies: limit for copies, limit, _ in rows}, sum(count for *_, count in rows)

    def keep(self, answers: Iterable[tuple[int, str, str, int, bytes]]) -> None:
        """Set answers aside for the table."""
        with told_plainly(self._path):
            self._db.executemany("INSERT INTO found VALUES (?, ?, ?, ?, ?)", answers)

    def kept(self) -> sqlite3.Cursor:
        """Return the answers that were set aside, to be read bit by bit."""
        return self._db.execute("SELECT * FROM found")


def _ordered(rows: list[tuple]) -> Ordered:
    costs, ranks, places, refs, alts, limits = zip(*rows, strict=True)
    variants = FrequencyChunk(
        np.array(places, np.int64),
        np.array(refs, object),
        np.array(alts, object),
        np.array(limits),
    )
    return Ordered(np.array(costs), np.array(ranks, np.int64), variants)
