"""Reference genomes: which alleles public people carry, from files in the layout of parts."""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beacon_node.model.carriers import NumberSet, decode
from beacon_node.model.genome import REFERENCE_NAMES
from beacon_node.model.knowledge import Source
from beacon_node.model.panels import CarrierChunk, FrequencyChunk, GenomeCalls
from beacon_node.model.variation import Allele
from beacon_node.store.panels.layout import Key, key_of, open_file
from beacon_node.store.schema import ORDINALS, REFERENCE_SHIFT

_SETS = ("het", "hom", "single", "no_call", "call_sets")
_AT = "WHERE id >= ? AND id < ? AND ref = ? AND alt = ?"
_CALLS = (
    "SELECT het, hom, single, no_call, call_sets FROM allele a"
    f" LEFT JOIN haploid h ON h.id = a.haploid {_AT.replace('id ', 'a.id ')}"
)
_CARRIERS = f"SELECT het, hom, single FROM allele {_AT}"
_COPIES = (1, 2, 1)  # of the allele: het, hom, single


class ReferenceGenomes:
    """The people of one set of genomes; files of other chromosomes may have other people.

    Use it in the thread that made it. Whoever is not in any file of a chromosome, or whose
    chromosome is not among `references`, is unknown there; an allele that the files of a chromosome
    do not have is carried by nobody in them. `digest` names the set: these people in this order,
    with these files of theirs.
    """

    def __init__(self, folder: Path, sources: Sequence[Source]) -> None:
        self.name = sources[0].name
        files = [_File(open_file(folder / source.path), source) for source in sources]
        numbers: dict[str, int] = {}
        for file in files:
            for name in file.names:
                numbers.setdefault(name, len(numbers))
        self.people = tuple(numbers)
        self.digest = _digest(self.people, sources)
        self.references = frozenset(name for file in files for name in file.references)
        for file in files:
            file.numbers = np.array([numbers[name] for name in file.names], np.int32)
        self._of = {
            number: [file for file in files if name in file.references]
            for number, name in enumerate(REFERENCE_NAMES, 1)
        }

    def __len__(self) -> int:
        return len(self.people)

    def calls(self, allele: Allele) -> GenomeCalls:
        """Return what these people have of an allele in normal form."""
        key, count = key_of(allele), len(self.people)
        found: list[list[np.ndarray]] = [[] for _ in _SETS]
        known = NumberSet.empty(count)
        for file in self._of[key[0] >> REFERENCE_SHIFT]:
            known |= NumberSet.of(count, file.numbers)
            for numbers, blob in zip(found, file.find(_CALLS, key) or (), strict=False):
                numbers.append(file.numbers[decode(blob)])
        sets = [
            NumberSet.of(count, np.concatenate([*n, np.empty(0, int)]).astype(int)) for n in found
        ]
        het, hom, single, missing, one_copy = sets
        unknown = (NumberSet.everyone(count) - known) | missing
        return GenomeCalls(het, hom, single, one_copy, unknown)

    def carriers(self, allele: Allele) -> NumberSet:
        """Return the numbers of those who have at least one copy of an allele in normal form."""
        return self.calls(allele).carriers

    def along(
        self, walk: Iterable[FrequencyChunk]
    ) -> Iterator[tuple[FrequencyChunk, CarrierChunk]]:
        """Yield each chunk of a walk with the carriers of its alleles."""
        for chunk in walk:
            yield chunk, self.carriers_of(chunk)

    def carriers_of(self, chunk: FrequencyChunk) -> CarrierChunk:
        """Return who carries the alleles of a chunk of a walk."""
        found: list[tuple[np.ndarray, np.ndarray]] = [_NOBODY] * len(chunk)
        for index in np.argsort(chunk.places).tolist():  # neighbours stand on one page
            key = int(chunk.places[index]), chunk.refs[index], chunk.alts[index]
            found[index] = self._carried(key)
        sizes = [len(people) for people, _ in found]
        return CarrierChunk(
            offsets=np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
            people=np.concatenate([people for people, _ in found]),
            copies=np.concatenate([copies for _, copies in found]),
        )

    def _carried(self, key: Key) -> tuple[np.ndarray, np.ndarray]:
        """Return the carriers of an allele, ascending, and how many copies each has."""
        found = [
            (file.numbers[decode(blob)], copies)
            for file in self._of[key[0] >> REFERENCE_SHIFT]
            for blob, copies in zip(file.find(_CARRIERS, key) or (), _COPIES, strict=False)
            if blob
        ]
        if not found:
            return _NOBODY
        people = np.concatenate([numbers for numbers, _ in found])
        copies = np.repeat(
            np.array([copies for _, copies in found], np.uint8), [len(n) for n, _ in found]
        )
        order = np.argsort(people)
        return people[order], copies[order]


def _digest(people: Sequence[str], sources: Iterable[Source]) -> str:
    said = [people, sorted(source.sha256 for source in sources)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


_NOBODY = np.empty(0, np.int32), np.empty(0, np.uint8)


@dataclass(slots=True)
class _File:
    """One file of genomes; `numbers` are those of its people among all people of the set."""

    db: sqlite3.Connection
    source: Source
    names: tuple[str, ...] = ()
    references: frozenset[str] = frozenset()
    numbers: np.ndarray = None

    def __post_init__(self) -> None:
        rows = self.db.execute("SELECT name FROM call_set ORDER BY number")
        self.names = tuple(name for (name,) in rows)
        self.references = frozenset(self.source.details["references"])

    def find(self, sql: str, key: Key) -> tuple | None:
        place, ref, alt = key
        return self.db.execute(sql, [place, place + ORDINALS, ref, alt]).fetchone()
