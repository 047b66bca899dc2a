"""Who of a release was sequenced by what, and who carries a variant, from its index."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import orjson

from beacon_node.model.calls import Interval
from beacon_node.model.carriers import decode
from beacon_node.model.panels import CarrierChunk, FrequencyChunk
from beacon_node.model.variation import Allele
from beacon_node.storage.failures import told_plainly
from beacon_node.store.panels.layout import open_file
from beacon_node.store.schema import ORDINALS
from beacon_node.store.variants.find import read_allele

FEMALE, MALE = "NCIT:C16576", "NCIT:C20197"  # Beacon v2's terms for sex

_SEX = "SELECT members FROM term WHERE entry_type = 'individual' AND field = 'sex' AND term = ?"
_CALL_SETS = "SELECT individual, assays FROM call_set WHERE individual IS NOT NULL"
_BETWEEN = (
    'SELECT id, ref, alt, "end", het, hom, single FROM allele WHERE id >= ? AND id <= ? ORDER BY id'
)
_LONG_ONES = _BETWEEN.replace("ORDER", "AND id IN (SELECT allele FROM long_allele) ORDER")
_CARRIERS = "SELECT het, hom, single FROM allele WHERE id >= ? AND id < ? AND ref = ? AND alt = ?"


@dataclass(frozen=True, slots=True, repr=False)
class SequencedPeople:
    """The individuals of a release that have call sets.

    `ids` by number; `assays_of` the numbers of the assays of each, together those of all her call
    sets; `women` and `men` are those whose records say so; `regions` by assay, 0: the dataset's.
    """

    ids: Mapping[int, str]
    assays_of: Mapping[int, frozenset[int]]
    women: frozenset[int]
    men: frozenset[int]
    regions: Mapping[int, tuple[Interval, ...]]


def sequenced_people(index: Path) -> SequencedPeople:
    """Return who in a variation index was sequenced, by what."""
    with told_plainly(index), closing(open_file(index)) as db:
        assays: dict[int, set[int]] = {}
        for individual, listed in db.execute(_CALL_SETS):
            assays.setdefault(individual, set()).update(orjson.loads(listed) if listed else ())
        rows = db.execute("SELECT number, id FROM entry WHERE entry_type = 'individual'")
        return SequencedPeople(
            ids={number: id for number, id in rows if number in assays},
            assays_of={number: frozenset(numbers) for number, numbers in assays.items()},
            women=_of_sex(db, FEMALE),
            men=_of_sex(db, MALE),
            regions=_regions(db),
        )


def _of_sex(db: sqlite3.Connection, term: str) -> frozenset[int]:
    return frozenset(
        number for (blob,) in db.execute(_SEX, [term]) for number in decode(blob).tolist()
    )


def _regions(db: sqlite3.Connection) -> dict[int, tuple[Interval, ...]]:
    found: dict[int, list[Interval]] = {}
    for assay, *interval in db.execute('SELECT assay, reference, start, "end" FROM assay_region'):
        found.setdefault(assay, []).append(Interval(*interval))
    return {assay: tuple(intervals) for assay, intervals in found.items()}


class Carriers:
    """Who of a batch carries what: `numbers` gives the number in the batch of individuals."""

    def __init__(self, index: Path, numbers: Mapping[int, int]) -> None:
        self._path, self._db = index, open_file(index)
        rows = self._db.execute("SELECT number, individual FROM call_set").fetchall()
        size = max((number for number, _ in rows), default=-1) + 1
        self._of_call_set = np.full(size, -1, np.int32)
        for number, individual in rows:
            self._of_call_set[number] = numbers.get(individual, -1)

    def close(self) -> None:
        self._db.close()

    def of(self, chunk: FrequencyChunk) -> CarrierChunk:
        """Return who carries each variant, by number in the batch; copies are not told apart."""
        found: list[np.ndarray] = [_NOBODY] * len(chunk)
        with told_plainly(self._path):
            for index in np.argsort(chunk.places).tolist():  # neighbours stand on one page
                place = int(chunk.places[index])
                values = (place, place + ORDINALS, chunk.refs[index], chunk.alts[index])
                found[index] = self._people(self._db.execute(_CARRIERS, values).fetchall())
        sizes = [len(people) for people in found]
        offsets = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        people = np.concatenate([*found, _NOBODY])
        return CarrierChunk(offsets, people, np.ones(len(people), np.uint8))

    def between(self, first: int, last: int) -> Iterator[tuple[Allele, np.ndarray]]:
        """Yield (allele, who carries it) of the alleles with first <= id <= last, by number."""
        yield from self._found(self._db.execute(_BETWEEN, (first, last)))

    def reaching(self, first: int, last: int) -> Iterator[tuple[Allele, np.ndarray]]:
        """Yield the same of the long alleles with first <= id <= last."""
        yield from self._found(self._db.execute(_LONG_ONES, (first, last)))

    def _found(self, rows: Iterable[tuple]) -> Iterator[tuple[Allele, np.ndarray]]:
        with told_plainly(self._path):
            for id, ref, alt, end, *sets in rows:
                people = self._people([sets])
                if len(people):
                    yield read_allele(id, ref, alt, end), people

    def _people(self, rows: Iterable[tuple[bytes | None, ...]]) -> np.ndarray:
        sets = [decode(blob) for row in rows for blob in row if blob]
        if not sets:
            return _NOBODY
        numbers = np.unique(self._of_call_set[np.concatenate(sets)])
        return numbers[numbers >= 0]


_NOBODY = np.empty(0, np.int32)
