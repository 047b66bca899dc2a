"""Merges the alleles of many parts into one file, in one pass over sorted rows."""

import heapq
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import numpy as np

from beacon_node.errors import InvalidInput
from beacon_node.model.calls import AlleleCalls
from beacon_node.model.carriers import DENSE_LIMIT
from beacon_node.model.genome import REFERENCE_NAMES
from beacon_node.ports import Progress
from beacon_node.store.alleles import (
    AlleleTable,
    Numbered,
    new_file,
    place_of,
    place_of_id,
    read_alleles,
)
from beacon_node.store.parts import too_many_alleles
from beacon_node.store.schema import ORDINALS
from beacon_node.store.unite import Renumbering, unite

_AT_ONCE = 64  # parts open together; more are merged in rounds
_TOLD_EVERY = 10_000  # alleles between two words of progress


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part, and the number of each of its call sets in the release, -1 if it is left out."""

    path: Path
    numbers: np.ndarray

    def keeps_numbers(self, universe: int) -> bool:
        """Say whether its stored sets are right as they are."""
        count = len(self.numbers)
        alike = universe <= DENSE_LIMIT or count > DENSE_LIMIT
        return alike and bool(np.array_equal(self.numbers, np.arange(count)))


@dataclass(frozen=True, slots=True)
class Merge:
    """How alleles are merged: `universe` call sets, or none and only sites."""

    universe: int
    is_sites_only: bool
    progress: Progress

    def write(self, db: sqlite3.Connection, pieces: Sequence[Piece], scratch: Path) -> None:
        """Write all alleles of `pieces` into a file made by `new_file`, outside a transaction.

        `scratch` names temporary files that more than 64 pieces need.
        """
        with _at_most(self, pieces, scratch) as few:
            table = AlleleTable(db)
            for reference in range(1, len(REFERENCE_NAMES) + 1):
                self._write_reference(db, table, reference, few)

    def _write_reference(
        self, db: sqlite3.Connection, table: AlleleTable, reference: int, pieces: Sequence[Piece]
    ) -> None:
        spans = sorted(
            ((*span, piece) for piece in pieces if (span := _span(piece.path, reference))),
            key=lambda span: span[:2],
        )
        apart = all(one[1] < place_of_id(other[0]) for one, other in pairwise(spans))
        if apart and all(piece.keeps_numbers(self.universe) for *_, piece in spans):
            for first, last, piece in spans:
                self._copy(db, table, piece.path, first, last)
            return
        db.execute("BEGIN")
        with ExitStack() as opened:
            streams = [self._stream(opened, piece, reference) for *_, piece in spans]
            table.insert(self._merged(streams))
        db.execute("COMMIT")

    def _copy(
        self, db: sqlite3.Connection, table: AlleleTable, path: Path, first: int, last: int
    ) -> None:
        db.execute("ATTACH ? AS source", [str(path)])
        db.execute("BEGIN")
        table.copy(first, last + 1, only_carried=not self.is_sites_only)
        (count,) = db.execute("SELECT changes()").fetchone()
        db.execute("COMMIT")
        db.execute("DETACH source")
        self.progress.advance(count)

    def _merged(self, streams: Sequence[Iterator[Numbered]]) -> Iterator[Numbered]:
        ordered = heapq.merge(*streams, key=itemgetter(0))
        waiting = 0
        for place, group in groupby(ordered, key=lambda row: place_of_id(row[0])):
            alleles = [allele for _, allele in group]
            yield from enumerate(self._at_one_place(alleles), place)
            waiting += len(alleles)
            if waiting >= _TOLD_EVERY:
                self.progress.advance(waiting)
                waiting = 0
        self.progress.advance(waiting)

    def _at_one_place(self, alleles: list[AlleleCalls]) -> list[AlleleCalls]:
        found: dict[tuple, list[AlleleCalls]] = {}
        for allele in alleles:
            found.setdefault((allele.ref, allele.alt, allele.end), []).append(allele)
        if len(found) > ORDINALS:
            raise InvalidInput(too_many_alleles(alleles[0]))
        united = (unite(same, self.universe, is_one_cohort=False) for same in found.values())
        return [a for a in united if self.is_sites_only or a.het or a.hom or a.single]

    def _stream(self, opened: ExitStack, piece: Piece, reference: int) -> Iterator[Numbered]:
        db = opened.enter_context(closing(_open(piece.path)))
        bounds = (place_of(reference, 0), place_of(reference + 1, 0))
        alleles = read_alleles(db, *bounds)
        if piece.keeps_numbers(self.universe):
            return alleles
        renumbering = Renumbering(piece.numbers, self.universe)
        return ((number, renumbering.allele(allele)) for number, allele in alleles)


def _span(path: Path, reference: int) -> tuple[int, int] | None:
    """Return the first and last allele id on a reference sequence."""
    bounds = (place_of(reference, 0), place_of(reference + 1, 0))
    with closing(_open(path)) as db:
        sql = "SELECT min(id), max(id) FROM allele WHERE id >= ? AND id < ?"
        first, last = db.execute(sql, bounds).fetchone()
    return None if first is None else (first, last)


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    db.execute("PRAGMA cache_size = -256")  # KiB: there may be many, each read once
    return db


@contextmanager
def _at_most(merge: Merge, pieces: Sequence[Piece], scratch: Path) -> Iterator[Sequence[Piece]]:
    """Merge groups of pieces into files until few are left; these files go away again."""
    made: list[Path] = []
    everyone = np.arange(merge.universe)
    try:
        while len(pieces) > _AT_ONCE:
            groups = [pieces[i : i + _AT_ONCE] for i in range(0, len(pieces), _AT_ONCE)]
            start, pieces = len(made), []
            for number, group in enumerate(groups, start):
                path = scratch.with_name(f"{scratch.name}-{number}")
                made.append(path)
                path.unlink(missing_ok=True)
                with closing(new_file(path)) as db:
                    merge.write(db, group, path)
                pieces.append(Piece(path, everyone))
        yield pieces
    finally:
        for path in made:
            path.unlink(missing_ok=True)
