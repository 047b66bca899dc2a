"""How many allele copies of a batch are certain at a place: for costs at a release, and later to
tell which variants are answerable."""

from collections.abc import Sequence

import numpy as np

from beacon_node.model.coverage import Coverage
from beacon_node.model.genome import REFERENCE_NAMES, REFERENCE_NUMBER, Assembly, Region
from beacon_node.model.panels import FrequencyChunk
from beacon_node.model.variation import Allele
from beacon_node.privacy.public import (
    AssayGroup,
    Place,
    callable_copies,
    certain_copies,
    may_leave,
    place_of,
)
from beacon_node.store.public import AssayedPeople
from beacon_node.store.schema import REFERENCE_SHIFT, START_SHIFT

_STARTS = (1 << REFERENCE_SHIFT - START_SHIFT) - 1
_X = REFERENCE_NUMBER["X"]


class CertainCopies:
    """The certain copies of a batch of `people`, who are those of `assayed` together."""

    def __init__(self, people: int, assayed: Sequence[AssayedPeople], assembly: Assembly) -> None:
        self._groups = [AssayGroup(one.women, one.men, one.unknown) for one in assayed]
        self._coverages = [Coverage(one.regions) for one in assayed]
        self._assembly, self._may_leave = assembly, may_leave(people)
        self._known: dict[tuple, int] = {}

    @property
    def most(self) -> int:
        """The copies where everybody has two and all assays reach."""
        return self._count(Place.AUTOSOME, (True,) * len(self._groups))

    def along(self, chunk: FrequencyChunk) -> np.ndarray:
        """Return the copies at each variant, shape (variants,)."""
        references = chunk.places >> REFERENCE_SHIFT
        starts = chunk.places >> START_SHIFT & _STARTS
        ends = starts + np.fromiter(map(len, chunk.refs), np.int64, len(chunk))
        covered = [one.contains(references, starts, ends) for one in self._coverages]
        places = self._places(references, starts, ends)
        copies = callable_copies(places, np.array(covered).T, self._groups)
        return certain_copies(copies, places, may_leave=self._may_leave)

    def at(self, allele: Allele) -> int:
        """Return the copies at one allele."""
        number = REFERENCE_NUMBER[allele.reference_name]
        covered = tuple(
            one.contains_one(number, allele.start, allele.end) for one in self._coverages
        )
        return self._count(place_of(allele.region, self._assembly), covered)

    def if_all_at(self, allele: Allele) -> int:
        """Return the copies at one allele were everybody sequenced there."""
        place = place_of(allele.region, self._assembly)
        return self._count(place, (True,) * len(self._groups))

    def _count(self, place: Place, covered: tuple[bool, ...]) -> int:
        found = self._known.get((place, covered))
        if found is None:
            copies = callable_copies([place], [covered], self._groups)
            found = int(certain_copies(copies, [place], may_leave=self._may_leave)[0])
            self._known[place, covered] = found
        return found

    def _places(self, references: np.ndarray, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
        names = [place_of(Region(name, 0, 1), self._assembly) for name in REFERENCE_NAMES]
        places = np.array([Place.AUTOSOME, *names], np.int64)[references]
        for index in np.flatnonzero(references == _X):
            region = Region("X", int(starts[index]), int(ends[index]))
            places[index] = place_of(region, self._assembly)
        return places
