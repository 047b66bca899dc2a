"""Rows of the allele tables, which parts and indexes share: written in bulk, read as calls."""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path

import orjson

from beacon_node.model.calls import AlleleCalls
from beacon_node.model.genome import Region
from beacon_node.model.variation import Extent
from beacon_node.storage.files import make_private
from beacon_node.store.schema import (
    FORMAT,
    LONG_ALLELE,
    ORDINALS,
    PAGE_SIZE,
    REFERENCE_SHIFT,
    START_SHIFT,
    TABLES,
)

_BATCH = 5_000
_INSERT = f"INSERT INTO allele VALUES ({', '.join('?' * 11)})"
_COLUMNS = 'id, ref, alt, "end", het, hom, single, no_call, {}, allele_count, allele_number'
_STARTS = (1 << REFERENCE_SHIFT - START_SHIFT) - 1

Numbered = tuple[int, AlleleCalls]
"""An allele and its id."""


def place_of(reference: int, start: int) -> int:
    """Return the id of the first allele that starts at a place."""
    return reference << REFERENCE_SHIFT | start << START_SHIFT


def place_of_id(number: int) -> int:
    """Return the id of the first allele that starts where allele `number` does."""
    return number & -ORDINALS


def new_file(path: Path) -> sqlite3.Connection:
    """Return a connection to a new file with all tables, tuned to be written once.

    Nothing is safe on disk before it is sealed: a crash leaves a file to be thrown away.
    """
    make_private(path)
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -16000")
    connection.executescript(TABLES)
    connection.execute("INSERT INTO property VALUES ('format', ?)", [str(FORMAT)])
    return connection


class AlleleTable:
    """The allele tables of one file that is being written."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._haploid: dict[bytes, int] = {}  # digest of a set → haploid.id

    def insert(self, numbered: Iterable[Numbered]) -> None:
        rows, notes, long = [], [], []
        for number, allele in numbered:
            rows.append(self._row(number, allele))
            if allele.ids or allele.effects or allele.extent:
                notes.append((number, *annotation(allele)))
            if allele.end - allele.start > LONG_ALLELE:
                long.append((number, *[allele.reference] * 2, allele.start, allele.end))
            if len(rows) >= _BATCH:
                self._write(rows, notes, long)
        self._write(rows, notes, long)

    def delete(self, first: int, end: int) -> None:
        """Remove the alleles with first <= id < end."""
        for table, column in (
            ("allele", "id"),
            ("annotation", "allele"),
            ("long_allele", "allele"),
        ):
            self._db.execute(
                f"DELETE FROM {table} WHERE {column} >= ? AND {column} < ?", [first, end]
            )

    def copy(self, first: int, end: int, *, only_carried: bool) -> None:
        """Take over alleles of the file attached as `source`, first <= id < end, as they are."""
        carried = "(het IS NOT NULL OR hom IS NOT NULL OR single IS NOT NULL)"
        where = "id >= ? AND id < ?" + (f" AND {carried}" if only_carried else "")
        columns = _COLUMNS.format(self._haploid_column())
        sql = f"INSERT INTO allele SELECT {columns} FROM source.allele WHERE {where}"
        self._db.execute(sql, [first, end])
        where = "allele >= ? AND allele < ?"
        where += " AND allele IN (SELECT id FROM main.allele)" if only_carried else ""
        for table in ("annotation", "long_allele"):
            sql = f"INSERT INTO {table} SELECT * FROM source.{table} WHERE {where}"
            self._db.execute(sql, [first, end])
        self._db.execute("DROP TABLE IF EXISTS temp.renumbered")

    # ---- inside ------------------------------------------------------------------------------

    def _write(self, rows: list, notes: list, long: list) -> None:
        self._db.executemany(_INSERT, rows)
        self._db.executemany("INSERT INTO annotation VALUES (?, ?, ?, ?)", notes)
        self._db.executemany("INSERT INTO long_allele VALUES (?, ?, ?, ?, ?)", long)
        for written in (rows, notes, long):
            written.clear()

    def _row(self, number: int, allele: AlleleCalls) -> tuple:
        _, start, end, ref, alt, het, hom, single, no_call, haploid, count, total, *_ = allele
        stop = None if end == start + len(ref) else end
        one_copy = self._haploid_number(haploid) if haploid else None
        return number, ref, alt, stop, het, hom, single, no_call, one_copy, count, total

    def _haploid_number(self, call_sets: bytes) -> int:
        digest = hashlib.blake2b(call_sets, digest_size=16).digest()
        number = self._haploid.get(digest)
        if number is None:
            number = self._haploid[digest] = len(self._haploid) + 1
            self._db.execute("INSERT INTO haploid VALUES (?, ?)", [number, call_sets])
        return number

    def _haploid_column(self) -> str:
        """Take over the source's haploid sets; returns the SQL for our number of one."""
        pairs = self._db.execute("SELECT id, call_sets FROM source.haploid").fetchall()
        numbers = [(old, self._haploid_number(call_sets)) for old, call_sets in pairs]
        if all(old == new for old, new in numbers):
            return "haploid"
        self._db.execute("CREATE TEMP TABLE renumbered (old INTEGER PRIMARY KEY, new INTEGER)")
        self._db.executemany("INSERT INTO renumbered VALUES (?, ?)", numbers)
        return "(SELECT new FROM renumbered WHERE old = haploid)"


def read_alleles(
    db: sqlite3.Connection, first: int, end: int, *, schema: str = "main"
) -> Iterator[Numbered]:
    """Yield the alleles with first <= id < end, by id."""
    rows = db.execute(
        f'SELECT a.id, a.ref, a.alt, a."end", a.het, a.hom, a.single, a.no_call, h.call_sets, '
        "a.allele_count, a.allele_number, n.ids, n.effects, n.extent "
        f"FROM {schema}.allele a LEFT JOIN {schema}.annotation n ON n.allele = a.id "
        f"LEFT JOIN {schema}.haploid h ON h.id = a.haploid "
        "WHERE a.id >= ? AND a.id < ? ORDER BY a.id",
        [first, end],
    )
    for number, ref, alt, stop, *calls, ids, effects, extent in rows:
        start = number >> START_SHIFT & _STARTS
        stop = start + len(ref) if stop is None else stop
        notes = (read_extent(extent), tuple(_list(ids)), tuple(_list(effects)))
        calls = AlleleCalls(number >> REFERENCE_SHIFT, start, stop, ref, alt, *calls, *notes)
        yield number, calls


def annotation(allele: AlleleCalls) -> tuple[str | None, str | None, str | None]:
    """Return ids, effects and extent as the `annotation` table keeps them."""
    ids = orjson.dumps(allele.ids).decode() if allele.ids else None
    effects = orjson.dumps(allele.effects).decode() if allele.effects else None
    return ids, effects, write_extent(allele.extent) if allele.extent else None


def write_extent(extent: Extent) -> str:
    mate = extent.mate
    fields = {
        "length": extent.length,
        "start_margin": extent.start_margin,
        "end_margin": extent.end_margin,
        "mate": mate and [mate.reference_name, mate.start, mate.end],
    }
    known = {name: value for name, value in fields.items() if value is not None}
    return orjson.dumps(known).decode()


def read_extent(text: str | None) -> Extent | None:
    """Return what `write_extent` wrote."""
    if not text:
        return None
    fields = orjson.loads(text)
    margins = (fields.get("start_margin"), fields.get("end_margin"))
    start_margin, end_margin = (margin and tuple(margin) for margin in margins)
    mate = fields.get("mate")
    return Extent(fields.get("length"), start_margin, end_margin, mate and Region(*mate))


def _list(text: str | None) -> list:
    return orjson.loads(text) if text else []
