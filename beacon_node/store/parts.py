"""Writes part files: one genotype file, or a piece of it, as sorted alleles with their carriers."""

import sqlite3
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from beacon_node.errors import InvalidInput
from beacon_node.model.calls import AlleleCalls, Interval
from beacon_node.model.genome import REFERENCE_NAMES
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import seal, temporary_name
from beacon_node.store.alleles import (
    AlleleTable,
    Numbered,
    new_file,
    place_of,
    place_of_id,
    read_alleles,
)
from beacon_node.store.schema import ORDINALS
from beacon_node.store.unite import Renumbering, unite

# Alleles are held back until this many are there, so that those which normal form moved a little
# are written in order; the later half of them waits for the next round.
_HELD = 8_192


class PartWriter:
    """Writes one part. Used as a context: leaving it with an error leaves no file behind.

    `samples` are the call sets' names, numbered as they come. Alleles may arrive in any order;
    nearly sorted ones are fast. A part that is not `is_lasting` is not forced to disk. Raises
    StoreUnavailable when the disk is full.
    """

    def __init__(self, path: Path, samples: Sequence[str], *, is_lasting: bool = True) -> None:
        self.path, self._is_lasting = path, is_lasting
        self._temporary = temporary_name(path)
        self._universe = len(samples)
        self._held: list[Numbered] = []  # the number of a place, until it is written
        self._last = -1  # the highest place written so far
        with told_plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._temporary.unlink(missing_ok=True)
            try:
                self._db = new_file(self._temporary)
                self._db.execute("BEGIN")
                rows = enumerate(samples)
                self._db.executemany("INSERT INTO call_set (number, name) VALUES (?, ?)", rows)
            except sqlite3.Error:
                self._temporary.unlink(missing_ok=True)
                raise
        self._table = AlleleTable(self._db)

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, kind, error, trace) -> None:
        try:
            if kind is None:
                with told_plainly(self.path):
                    self._finish()
        finally:
            self._db.close()
            self._temporary.unlink(missing_ok=True)

    def write(self, alleles: Iterable[AlleleCalls]) -> None:
        """Take alleles in; the same allele met again is united with what is known of it."""
        held = self._held
        for allele in alleles:
            held.append((place_of(allele.reference, allele.start), allele))
            if len(held) >= _HELD:
                held.sort(key=itemgetter(0))
                self._flush(held[: _HELD // 2])
                del held[: _HELD // 2]

    def append(self, path: Path) -> None:
        """Add the alleles of a finished part of the same samples, then delete that part."""
        self._drain()
        with told_plainly(self.path):
            self._db.execute("COMMIT")
            self._db.execute("ATTACH ? AS source", [str(path)])
            self._db.execute("BEGIN")
            self._append_attached()
            self._db.execute("COMMIT")
            self._db.execute("DETACH source")
            self._db.execute("BEGIN")
            path.unlink()

    def declare(self, properties: Mapping[str, str], assayed: Sequence[Interval] = ()) -> None:
        """Add properties of the part, and what it says was assayed."""
        regions = ((1, i.reference, i.start, i.end) for i in assayed)
        with told_plainly(self.path):
            self._db.executemany("INSERT INTO property VALUES (?, ?)", properties.items())
            self._db.executemany("INSERT INTO assay_region VALUES (?, ?, ?, ?)", regions)

    # ---- inside ------------------------------------------------------------------------------

    def _finish(self) -> None:
        self._drain()
        self._db.execute("COMMIT")
        self._db.close()
        if self._is_lasting:
            seal(self._temporary, self.path)
        else:
            self._temporary.replace(self.path)

    def _drain(self) -> None:
        self._held.sort(key=itemgetter(0))
        self._flush(self._held)
        self._held.clear()

    def _flush(self, placed: list[Numbered]) -> None:
        """Write alleles sorted by place."""
        late = [pair for pair in placed if pair[0] <= self._last]
        with told_plainly(self.path):
            self._table.insert(self._numbered(placed[len(late) :]))
            for place, group in groupby(late, key=itemgetter(0)):
                self._revise(place, [allele for _, allele in group])

    def _numbered(self, placed: list[Numbered]) -> Iterator[Numbered]:
        """Yield (id, allele), the records of one allele united."""
        for place, group in groupby(placed, key=itemgetter(0)):
            alleles = [allele for _, allele in group]
            if len(alleles) > 1:
                alleles = self._distinct(alleles)
            yield from enumerate(alleles, place)
            self._last = place

    def _distinct(self, alleles: list[AlleleCalls]) -> list[AlleleCalls]:
        """Return the alleles at one place without repeats."""
        found: dict[tuple, list[AlleleCalls]] = {}
        for allele in alleles:
            found.setdefault((allele.ref, allele.alt, allele.end), []).append(allele)
        if len(found) > ORDINALS:
            raise InvalidInput(too_many_alleles(alleles[0]))
        return [unite(same, self._universe, is_one_cohort=True) for same in found.values()]

    def _revise(self, place: int, alleles: list[AlleleCalls]) -> None:
        """Write alleles at a place where some may have been written already."""
        known = [allele for _, allele in read_alleles(self._db, place, place + ORDINALS)]
        self._table.delete(place, place + ORDINALS)
        self._table.insert(enumerate(self._distinct([*known, *alleles]), place))

    def _append_attached(self) -> None:
        """Merge the attached piece's alleles up to our last place, copy those beyond it."""
        border = self._last + ORDINALS if self._last >= 0 else 0
        overlap = read_alleles(self._db, 0, border, schema="source")
        for place, group in groupby(overlap, key=lambda pair: place_of_id(pair[0])):
            self._revise(place, [allele for _, allele in group])
        (last,) = self._db.execute("SELECT max(id) FROM source.allele").fetchone()
        if last is not None and last >= border:
            self._table.copy(border, last + 1, only_carried=False)
            self._last = place_of_id(last)


def samples_of(path: Path) -> tuple[str, ...]:
    """Return the names of a part's call sets in the order of their numbers."""
    with told_plainly(path), closing(_reading(path)) as db:
        return tuple(name for (name,) in db.execute("SELECT name FROM call_set ORDER BY number"))


def rewrite_part(path: Path, new: Path, left_out: Container[str]) -> int:
    """Write a part anew without some call sets; returns how many alleles are left.

    An allele that only they carried is not in it, also if others were not called there. Where
    nobody is left it holds nothing, not even what was assayed.
    """
    kept = [name for name in samples_of(path) if name not in left_out]
    known = {name: number for number, name in enumerate(kept)}
    numbers = np.array([known.get(name, -1) for name in samples_of(path)], np.int64)
    with told_plainly(path), closing(_reading(path)) as db, PartWriter(new, kept) as writer:
        properties = dict(db.execute("SELECT name, value FROM property WHERE name <> 'format'"))
        found = db.execute('SELECT reference, start, "end" FROM assay_region ORDER BY rowid')
        writer.declare(properties, [Interval(*row) for row in found] if kept else ())
        count = 0
        for allele in _left(db, Renumbering(numbers, len(kept))) if kept else ():
            writer.write([allele])
            count += 1
    return count


def _left(db: sqlite3.Connection, renumbering: Renumbering) -> Iterator[AlleleCalls]:
    for _, allele in read_alleles(db, 0, place_of(len(REFERENCE_NAMES) + 1, 0)):
        found = renumbering.allele(allele)
        if _is_carried(found) or not _is_carried(allele):
            yield found


def _is_carried(allele: AlleleCalls) -> bool:
    return bool(allele.het or allele.hom or allele.single)


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)


def too_many_alleles(allele: AlleleCalls) -> str:
    name = REFERENCE_NAMES[allele.reference - 1]
    return f"more than {ORDINALS} alleles start at {name}:{allele.start + 1}"
