"""One release's variation index, open for reading.

An `Index` is shared by the threads of a process, each with a connection of its own. The file is
never written again once it is released (`immutable`), so no locks are taken and its pages are
mapped. A release that was removed meanwhile stays readable through the connections that are open.
"""

import sqlite3
import threading
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

import orjson

from beacon_node.errors import StoreUnavailable
from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import PSEUDOAUTOSOMAL, REFERENCE_NUMBER, SEQUENCES, Assembly
from beacon_node.ports import Dataset
from beacon_node.store.schema import FORMAT, REFERENCE_SHIFT, START_SHIFT
from beacon_node.store.variants.assay import WHOLE_DATASET, Assays
from beacon_node.store.variants.fields import Fields
from beacon_node.store.variants.lineage import CALL_SET, Level, Lineage
from beacon_node.store.variants.statements import OF_PEOPLE, OF_SITES
from beacon_node.store.variants.totals import CarriedTotals

_MMAP_BYTES = 1 << 40  # SQLite takes what it was built for
_STATEMENTS = 256

_MEASURES = """
    SELECT entry_type, field, label, unit, unit_label, max(amount IS NOT NULL)
    FROM measure GROUP BY entry_type, field, unit, unit_label, label
    ORDER BY entry_type, field, unit, unit_label, label DESC
"""
_PATHS = "SELECT DISTINCT entry_type, field FROM term"


# (from, below) thrice: the stretches of a sequence around its two shared regions.
_HAPLOID = """
    SELECT call_sets FROM haploid WHERE id IN (
        SELECT DISTINCT haploid FROM allele
        WHERE haploid IS NOT NULL AND (
            id >= ? AND id < ? OR id >= ? AND id < ? OR id >= ? AND id < ?)
    )
"""


def _unshared(assembly: Assembly, reference_name: str) -> tuple[int, ...]:
    """Return the id ranges, three of [from, below), of a sequence outside the shared regions."""
    reference = REFERENCE_NUMBER[reference_name] << REFERENCE_SHIFT
    edges = [
        edge for region in PSEUDOAUTOSOMAL[assembly].get(reference_name, ()) for edge in region
    ]
    edges = [0, *(edges or (0, 0, 0, 0)), SEQUENCES[assembly][reference_name].length + 1]
    return tuple(reference | edge << START_SHIFT for edge in edges)


class Index:
    """The tables of `store.schema`, read-only. Raises StoreUnavailable if it cannot be opened.

    `dataset` is what it is a release of; `key` tells it from every other index that the same store
    has opened. `is_of_dataset` is false where a later release than `dataset` names was opened.
    """

    def __init__(self, path: Path, dataset: Dataset, key: int) -> None:
        self.path, self.dataset, self.key = path, dataset, key
        self.is_of_dataset = True
        self._local = threading.local()
        properties = dict(self.execute("SELECT name, value FROM property"))
        if int(properties.get("format", FORMAT)) != FORMAT:
            raise StoreUnavailable(
                f"{path.name} was made by another version of beacon-node; release the dataset again"
            )
        self.is_sites_only = properties.get("sites_only") == "1"
        self.is_one_call_set_each = properties.get("one_call_set_each") == "1"
        self.sql = OF_SITES if self.is_sites_only else OF_PEOPLE
        self.filtering_terms: tuple[Mapping, ...] | None = None  # kept by `variants.terms`
        self.totals = CarriedTotals(self)
        self.call_sets = self._next("SELECT max(number) FROM call_set")
        self.assays = Assays(
            self.execute('SELECT assay, reference, start, "end" FROM assay_region')
        )

    def __repr__(self) -> str:
        return f"Index({self.path.name!r})"

    def execute(self, sql: str, values: Sequence = ()) -> sqlite3.Cursor:
        """Run a statement on this thread's connection; its rows may be read bit by bit."""
        return self._cursor().connection.execute(sql, values)

    def fetch(self, sql: str, values: Sequence = ()) -> list[tuple]:
        """Return all rows of a statement; for few rows faster than `execute`."""
        try:
            cursor = self._local.cursor
        except AttributeError:
            cursor = self._cursor()
        return cursor.execute(sql, values).fetchall()

    def _cursor(self) -> sqlite3.Cursor:
        """Return this thread's cursor; its first use opens the file."""
        if not hasattr(self._local, "cursor"):
            self._local.cursor = _open(self.path).cursor()
        return self._local.cursor

    def size(self, level: Level) -> int:
        """Return how many numbers a level has."""
        return self.call_sets if level == CALL_SET else self._entries[level]

    def everyone(self, level: Level) -> NumberSet:
        return NumberSet.everyone(self.size(level))

    @cached_property
    def _entries(self) -> dict[EntryType, int]:
        sql = "SELECT max(number) FROM entry WHERE entry_type = ?"
        return {level: self._next(sql, (level.value,)) for level in EntryType}

    def _next(self, sql: str, values: Sequence = ()) -> int:
        last = self.execute(sql, values).fetchone()[0]
        return 0 if last is None else last + 1

    @cached_property
    def lineage(self) -> Lineage:
        return Lineage(self)

    @cached_property
    def assay_groups(self) -> list[tuple[tuple[int, ...], NumberSet]]:
        """The call sets that were assayed alike, with the numbers of their assays."""
        members: dict[str | None, list[int]] = {}
        for number, assays in self.execute("SELECT number, assays FROM call_set"):
            members.setdefault(assays, []).append(number)
        return [
            (
                tuple(orjson.loads(assays) if assays else ()) or (WHOLE_DATASET,),
                NumberSet.of(self.call_sets, numbers),
            )
            for assays, numbers in members.items()
        ]

    def one_copy_on(self, reference_name: str) -> NumberSet:
        """Return the call sets called with one copy of X, Y or MT outside what X and Y share."""
        if reference_name not in ("X", "Y", "MT"):
            return NumberSet.empty(self.call_sets)
        found = self._one_copy.get(reference_name)
        if found is None:
            rows = self.execute(_HAPLOID, _unshared(self.dataset.assembly, reference_name))
            found = NumberSet.union(self.call_sets, (blob for (blob,) in rows))
            self._one_copy[reference_name] = found
        return found

    @cached_property
    def _one_copy(self) -> dict[str, NumberSet]:
        return {}

    @cached_property
    def terms(self) -> dict[EntryType, frozenset[str]]:
        """The terms in use, by entry type."""
        found: dict[str, set[str]] = {}
        for entry_type, term in self.execute("SELECT DISTINCT entry_type, term FROM term"):
            found.setdefault(entry_type, set()).add(term)
        return {EntryType(entry_type): frozenset(terms) for entry_type, terms in found.items()}

    @cached_property
    def fields(self) -> Fields:
        return Fields(self.execute(_MEASURES), self.execute(_PATHS))

    @cached_property
    def alleles_carried(self) -> int:
        """How many alleles anybody has."""
        return self.execute(self.sql.count_all).fetchone()[0]


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro&immutable=1",
            uri=True,
            isolation_level=None,
            check_same_thread=False,  # a thread's last reference may be dropped by another one
            cached_statements=_STATEMENTS,
        )
        connection.execute(f"PRAGMA mmap_size = {_MMAP_BYTES}")
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path.name}: the variation index cannot be opened") from error
    return connection
