"""Writes what was assayed: for the whole dataset, and for call sets that differ from it."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

from beacon_node.model.calls import Interval
from beacon_node.model.genome import REFERENCE_NAMES, SEQUENCES, Assembly

# A group without rows would count as assayed everywhere; sequence 0 is never asked about.
_NOWHERE = Interval(0, 0, 0)
_INSERT = "INSERT INTO assay_region VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Assayed:
    """A part's own say: its file, the numbers of its call sets in the release, and the reference
    sequences it has records on."""

    path: Path
    call_sets: tuple[int, ...]
    references: tuple[int, ...]
    digest: str  # names the regions in the file, empty if it has none


def write_assays(
    db: sqlite3.Connection,
    parts: Sequence[Assayed],
    declared: Sequence[Interval] | None,
    assembly: Assembly,
) -> tuple[str, ...]:
    """Write groups of call sets that were assayed alike, and group 0: all of the dataset.

    Where neither the dataset nor the file tells, whole sequences with records count as assayed.
    Returns the names of the sequences for which that was so.
    """
    groups: dict[str, int] = {}
    assays: dict[int, set[int]] = {}
    inferred: set[int] = set()
    for part in parts:
        if not part.digest and declared is not None:
            number = 0
        elif part.digest:
            number = groups.setdefault(part.digest, len(groups) + 1)
            if number == len(groups):
                _copy(db, number, part.path)
        else:
            inferred.update(part.references)
            number = _whole_sequences(db, groups, part.references, assembly)
        for call_set in part.call_sets:
            assays.setdefault(call_set, set()).add(number)
    _write_whole(db, declared)
    rows = ((orjson.dumps(sorted(numbers)).decode(), c) for c, numbers in assays.items())
    db.executemany("UPDATE call_set SET assays = ? WHERE number = ?", rows)
    return tuple(REFERENCE_NAMES[reference - 1] for reference in sorted(inferred))


def _whole_sequences(
    db: sqlite3.Connection, groups: dict[str, int], references: tuple[int, ...], assembly: Assembly
) -> int:
    name = f"references {references}"
    if name not in groups:
        groups[name] = len(groups) + 1
        whole = whole_sequences(assembly, references) or (_NOWHERE,)
        db.executemany(_INSERT, ((groups[name], *_row(interval)) for interval in whole))
    return groups[name]


def whole_sequences(assembly: Assembly, references: Iterable[int]) -> tuple[Interval, ...]:
    """Return whole reference sequences as intervals."""
    lengths = SEQUENCES[assembly]
    return tuple(Interval(r, 0, lengths[REFERENCE_NAMES[r - 1]].length) for r in references)


def _copy(db: sqlite3.Connection, number: int, path: Path) -> None:
    with closing(sqlite3.connect(path)) as part:
        rows = part.execute('SELECT reference, start, "end" FROM assay_region')
        db.executemany(_INSERT, ((number, *row) for row in rows))


def _write_whole(db: sqlite3.Connection, declared: Sequence[Interval] | None) -> None:
    if declared is not None:
        db.executemany(_INSERT, ((0, *_row(interval)) for interval in declared or (_NOWHERE,)))
        return
    db.execute("CREATE TEMP TABLE whole (reference INTEGER, start INTEGER, stop INTEGER)")
    rows = db.execute('SELECT reference, start, "end" FROM assay_region ORDER BY 1, 2')
    db.executemany("INSERT INTO whole VALUES (?, ?, ?)", _merged(rows))
    (count,) = db.execute("SELECT count(*) FROM whole").fetchone()
    db.execute("INSERT INTO assay_region SELECT 0, reference, start, stop FROM whole")
    if not count:
        db.execute(_INSERT, (0, *_row(_NOWHERE)))
    db.execute("DROP TABLE whole")


def _merged(rows: Iterable[tuple[int, int, int]]) -> Iterator[tuple[int, int, int]]:
    """Yield the union of sorted intervals."""
    last: tuple[int, int, int] | None = None
    for reference, start, end in rows:
        if last and last[0] == reference and start <= last[2]:
            last = (reference, last[1], max(last[2], end))
            continue
        if last:
            yield last
        last = (reference, start, end)
    if last:
        yield last


def _row(interval: Interval) -> tuple[int, int, int]:
    return interval.reference, interval.start, interval.end
