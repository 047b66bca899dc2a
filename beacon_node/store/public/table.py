"""A table of public answers, open for reading, and the panels' limits it was made with.

Both are files that never change; each thread reads through a connection of its own.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from beacon_node.errors import StoreUnavailable
from beacon_node.model.calls import Interval
from beacon_node.model.genome import REFERENCE_NAMES
from beacon_node.model.variation import Allele
from beacon_node.storage.failures import told_plainly
from beacon_node.store.alleles import place_of_id
from beacon_node.store.panels.layout import Key, open_file
from beacon_node.store.public.records import (
    FORMAT,
    WITHOUT_OPENERS,
    AssayedPeople,
    Batch,
    Choice,
    ChoiceKind,
    Member,
    OpenedCarriers,
    Opener,
    TableFacts,
)
from beacon_node.store.schema import REFERENCE_SHIFT, START_SHIFT
from beacon_node.store.variants.assay import WHOLE_DATASET, Assays

_STARTS = (1 << REFERENCE_SHIFT - START_SHIFT) - 1
_AT = "SELECT batch, counted FROM answer WHERE place = ? AND ref = ? AND alt = ?"
_BETWEEN = (
    "SELECT place, ref, alt, batch, counted FROM answer WHERE place >= ? AND place <= ?"
    " ORDER BY place, ref, alt, batch"
)
_OPENED = (
    'SELECT place, ref, alt, "end", choice, carriers FROM opened WHERE place >= ? AND place <= ?'
)
_LONG_OPENED = f"{_OPENED} AND is_long"
_LIMIT = "SELECT lower_limit FROM allele WHERE place = ? AND ref = ? AND alt = ?"
_LIMITS = (
    "SELECT place, ref, alt, lower_limit FROM allele"
    " WHERE place >= ? AND place <= ? AND lower_limit >= ?"
)
_NUMBER = "SELECT max(number) FROM allele WHERE place = ?"
_REGIONS = 'SELECT reference, start, "end" FROM region WHERE batch = ? AND part = ?'


def allele_at(place: int, ref: str, alt: str) -> Allele:
    """Return the allele of a key; its bases tell where it ends."""
    start = place >> START_SHIFT & _STARTS
    name = REFERENCE_NAMES[(place >> REFERENCE_SHIFT) - 1]
    return Allele(name, start, start + len(ref), ref, alt)


class _File:
    """A sealed SQLite file."""

    def __init__(self, path: Path) -> None:
        self.path, self._mine = path, threading.local()

    def _execute(self, sql: str, values: tuple = ()) -> sqlite3.Cursor:
        try:
            db = self._mine.db
        except AttributeError:
            with told_plainly(self.path):
                db = self._mine.db = open_file(self.path)
        return db.execute(sql, values)


class PublicTable(_File):
    """The answers of one release's public tier. Raises StoreUnavailable if it cannot be read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with told_plainly(path):
            told = dict(self._execute("SELECT name, value FROM property"))
            told = {name: json.loads(value) for name, value in told.items()}
            made_as = told.pop("format")
            if made_as not in (WITHOUT_OPENERS, FORMAT):
                raise StoreUnavailable(f"{path.name} was made by another version of beacon-node")
            self.facts = TableFacts(**told, assay=self._regions(0, 0))
            numbers = self._execute("SELECT number FROM batch ORDER BY number").fetchall()
            self.batches = tuple(self._batch(number) for (number,) in numbers)
            self.openers, self.choices = (), ()
            if made_as != WITHOUT_OPENERS:
                self.openers, self.choices = self._openers(), self._choices()

    def __repr__(self) -> str:
        return f"PublicTable({self.path.name!r})"

    @cached_property
    def assays(self) -> Assays:
        """What the whole dataset was assayed for."""
        rows = ((WHOLE_DATASET, i.reference, i.start, i.end) for i in self.facts.assay)
        return Assays(rows)

    def counted_at(self, key: Key) -> list[tuple[int, bytes]]:
        """Return (batch, who is counted) at one allele."""
        return self._execute(_AT, key).fetchall()

    def counted_between(self, first: int, last: int) -> Iterator[tuple[Allele, int, bytes]]:
        """Yield (allele, batch, who is counted) of the alleles with first <= id <= last."""
        for place, ref, alt, batch, counted in self._execute(_BETWEEN, (place_of_id(first), last)):
            yield allele_at(place, ref, alt), batch, counted

    def answers(self) -> sqlite3.Cursor:
        """Return all rows, to be read bit by bit."""
        return self._execute("SELECT * FROM answer")

    def opened_between(self, first: int, last: int) -> Iterator[OpenedCarriers]:
        """Yield what openers carry of the alleles with first <= id <= last; needs an opener."""
        yield from self._opened(_OPENED, place_of_id(first), last)

    def opened_reaching(self, first: int, last: int) -> Iterator[OpenedCarriers]:
        """Yield the same of the long alleles with first <= id <= last."""
        yield from self._opened(_LONG_OPENED, first, last)

    # ---- inside ------------------------------------------------------------------------------

    def _opened(self, sql: str, *values: int) -> Iterator[OpenedCarriers]:
        for place, ref, alt, end, choice, carriers in self._execute(sql, values):
            allele = replace(allele_at(place, ref, alt), end=end)
            yield OpenedCarriers(allele, choice, carriers)

    def _openers(self) -> tuple[Opener, ...]:
        rows = self._execute("SELECT id, individual FROM opener ORDER BY number")
        return tuple(Opener(*row) for row in rows)

    def _choices(self) -> tuple[Choice, ...]:
        rows = self._execute("SELECT kind, name FROM choice ORDER BY number")
        return tuple(Choice(ChoiceKind(kind), name) for kind, name in rows)

    def _batch(self, number: int) -> Batch:
        sql = "SELECT people, dearest, answerable, sequences FROM batch WHERE number = ?"
        *facts, sequences = self._execute(sql, (number,)).fetchone()
        sql = "SELECT part, women, men, unknown FROM assayed WHERE batch = ? ORDER BY part"
        parts = self._execute(sql, (number,)).fetchall()
        sql = "SELECT copies, least_limit FROM threshold WHERE batch = ?"
        limits = dict(self._execute(sql, (number,)).fetchall())
        sql = "SELECT id, spent, covers, individual FROM member WHERE batch = ? ORDER BY number"
        members = (
            Member(id, spent, bool(covers), individual)
            for id, spent, covers, individual in self._execute(sql, (number,))
        )
        assayed = tuple(
            AssayedPeople(*counts, self._regions(number, part)) for part, *counts in parts
        )
        names = frozenset(json.loads(sequences))
        return Batch(number, *facts, assayed, limits, names, tuple(members))

    def _regions(self, batch: int, part: int) -> tuple[Interval, ...]:
        return tuple(Interval(*row) for row in self._execute(_REGIONS, (batch, part)))


class PanelLimits(_File):
    """The joint lower limits of a set of panels; StoreUnavailable if its file is gone."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        with told_plainly(path):
            self._members: dict[int, list[_File]] = {}
            for panel, name in self._execute("SELECT panel, path FROM member").fetchall():
                self._members.setdefault(panel, []).append(_File(path.parent / name))

    def limit(self, key: Key) -> float:
        """Return the lower limit of an allele's frequency; 0 if it is at the floor."""
        found = self._execute(_LIMIT, key).fetchone()
        return found[0] if found else 0.0

    def between(
        self, first: int, last: int, *, least: float = 0.0
    ) -> Iterator[tuple[Allele, float]]:
        """Yield (allele, limit) of the alleles with first <= id <= last, limits from `least`."""
        for place, ref, alt, limit in self._execute(_LIMITS, (place_of_id(first), last, least)):
            yield allele_at(place, ref, alt), limit

    def allele_number(self, place: int) -> int:
        """Return how many alleles the panel that looked at fewest looked at there, 0: none."""
        return min(
            (max(_number(file, place) for file in files) for files in self._members.values()),
            default=0,
        )


def _number(file: _File, place: int) -> int:
    return file._execute(_NUMBER, (place,)).fetchone()[0] or 0
