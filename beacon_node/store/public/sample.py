"""What a report about a release reads: some of the alleles of a file, and who carries which."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

import numpy as np

from beacon_node.model.carriers import decode
from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.model.panels import CarrierChunk, FrequencyChunk
from beacon_node.storage.failures import told_plainly
from beacon_node.store.alleles import place_of_id
from beacon_node.store.panels.layout import Key, open_file
from beacon_node.store.panels.sets import walk_set
from beacon_node.store.schema import ORDINALS, REFERENCE_SHIFT, START_SHIFT

# Places are scattered by a multiplication that stays within SQLite's 63 bits.
_SCATTER, _SHIFT = 1_000_003, 7
_IS_SAMPLED = f"(({{}} >> {START_SHIFT}) * {_SCATTER} >> {_SHIFT}) % ? = 0"
_PLAIN = "ref NOT GLOB '*[^ACGTN]*' AND alt NOT GLOB '*[^ACGTN]*'"
_SOME = f"SELECT id, ref, alt FROM allele WHERE {_IS_SAMPLED.format('id')} AND {_PLAIN}"
_OF_SET = f"SELECT place, ref, alt FROM allele WHERE {_IS_SAMPLED.format('place')}"
_CARRIERS = "SELECT het, hom, single FROM allele WHERE id >= ? AND id < ? AND ref = ? AND alt = ?"
_COPIES = (1, 2, 1)
_COUNTED = "SELECT count, number FROM allele WHERE place = ? AND ref = ? AND alt = ?"
_BOUNDS = "SELECT (SELECT min(place) FROM allele), (SELECT max(place) FROM allele)"


def sampled_alleles(path: Path, *, one_in: int) -> Iterator[Key]:
    """Yield the alleles of an index, or of a file in its layout, at one in so many places.

    Symbolic ones are left out. The places are the same in every file: which they are follows from
    their numbers alone.
    """
    with told_plainly(path), closing(open_file(path)) as db:
        for id, ref, alt in db.execute(_SOME, [one_in]):
            yield place_of_id(id), ref, alt


def sampled_of_panels(path: Path, *, one_in: int) -> Iterator[Key]:
    """Yield the alleles of a set of panels at one in so many places."""
    with told_plainly(path), closing(open_file(path)) as db:
        yield from db.execute(_OF_SET, [one_in])


def commonest(path: Path, at_least: float) -> Iterator[FrequencyChunk]:
    """Yield the alleles of a set of panels whose limit is `at_least` this, highest first."""
    with told_plainly(path), closing(open_file(path)) as db:
        yield from walk_set(db, at_least)


class CarriedCopies:
    """Who of some people carries what, in how many copies: `numbers` by individual."""

    def __init__(self, index: Path, numbers: Mapping[int, int]) -> None:
        self._path, self._db = index, open_file(index)
        rows = self._db.execute("SELECT number, individual FROM call_set").fetchall()
        self._of_call_set = np.full(max((n for n, _ in rows), default=-1) + 1, -1, np.int64)
        for number, individual in rows:
            self._of_call_set[number] = numbers.get(individual, -1)

    def close(self) -> None:
        self._db.close()

    def of(self, keys: Iterable[Key]) -> CarrierChunk:
        """Return who carries each allele."""
        with told_plainly(self._path):
            found = [self._at(key) for key in keys]
        empty = np.empty(0, np.int64)
        people = np.concatenate([*(one[0] for one in found), empty])
        copies = np.concatenate([*(one[1] for one in found), empty]).astype(np.uint8)
        sizes = [len(one[0]) for one in found]
        return CarrierChunk(np.concatenate(([0], np.cumsum(sizes))).astype(int), people, copies)

    def _at(self, key: Key) -> tuple[np.ndarray, np.ndarray]:
        place, ref, alt = key
        rows = self._db.execute(_CARRIERS, [place, place + ORDINALS, ref, alt])
        sets = [
            (self._of_call_set[decode(blob)], copies)
            for row in rows
            for blob, copies in zip(row, _COPIES, strict=True)
            if blob
        ]
        if not sets:
            return _NOBODY
        people = np.concatenate([numbers for numbers, _ in sets])
        copies = np.repeat([copies for _, copies in sets], [len(numbers) for numbers, _ in sets])
        order = np.lexsort((-copies, people))  # of who has several call sets, the most copies
        _, first = np.unique(people[order], return_index=True)
        chosen = order[first]
        chosen = chosen[people[chosen] >= 0]
        return people[chosen], copies[chosen]


_NOBODY = np.empty(0, np.int64), np.empty(0, np.int64)


class PanelCounts:
    """How often all panels of a set together have seen an allele."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with told_plainly(path), closing(open_file(path)) as db:
            names = [name for (name,) in db.execute("SELECT path FROM member")]
            self._files = [_Bounded(open_file(path.parent / name)) for name in names]

    def close(self) -> None:
        for file in self._files:
            file.db.close()

    def of(self, key: Key) -> tuple[int, int]:
        """Return (count, number) of an allele; (0, 0) if no panel has it."""
        count = number = 0
        with told_plainly(self._path):
            for file in self._files:
                if key[0] in file.places:
                    found = file.db.execute(_COUNTED, key).fetchone() or (0, 0)
                    count, number = count + found[0], number + found[1]
        return count, number


class _Bounded:
    """A file of a panel and the places it tells of."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self.db = db
        first, last = db.execute(_BOUNDS).fetchone()
        self.places = range(first or 0, (last or 0) + 1)


def on_sequences(keys: Iterable[Key], names: Iterable[str]) -> Iterator[Key]:
    """Yield the alleles that lie on one of these reference sequences."""
    known = {REFERENCE_NUMBER[name] for name in names}
    return (key for key in keys if key[0] >> REFERENCE_SHIFT in known)
