"""Who of a release was sequenced at a place, and how many copies of it each of them has.

Public facts: what was declared of assays, and the sex that records state. Where it is not known and
matters, a person is not asked about.
"""

from dataclasses import dataclass

import numpy as np

from beacon_node.model.carriers import NumberSet
from beacon_node.model.coverage import Coverage
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.variation import Allele
from beacon_node.privacy.public.copies import Place, place_of
from beacon_node.store.public import SequencedPeople

_WOMEN, _MEN, _UNKNOWN = range(3)
_COPIES = {  # of a woman, of a man, of somebody of unknown sex; 0: not asked about
    Place.AUTOSOME: (2, 2, 2),
    Place.PSEUDOAUTOSOMAL: (2, 2, 2),
    Place.X: (2, 1, 0),
    Place.Y: (0, 1, 0),
    Place.MITOCHONDRIAL: (1, 1, 1),
}


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class CallableThere:
    """The people who can be asked about at a place, by release number and callable copies.

    `name` is the same wherever the same people can be. `all_have_two` copies, whoever is in the
    dataset. Does not print itself.
    """

    name: str
    all_have_two: bool
    two: NumberSet
    one: NumberSet

    def __repr__(self) -> str:
        return "CallableThere(…)"


class CallablePeople:
    """The people of one release by what they were sequenced for. Does not print itself."""

    def __init__(self, sequenced: SequencedPeople, people: int, assembly: Assembly) -> None:
        self._assembly, self._people = assembly, people
        assays: dict[frozenset[int], list[int]] = {}
        for number, listed in sequenced.assays_of.items():
            assays.setdefault(listed, []).append(number)
        sexes = _sexes(sequenced, people)
        groups = sorted(assays.items(), key=lambda group: sorted(group[0]))
        self._members = [_by_sex(np.sort(np.array(numbers)), sexes) for _, numbers in groups]
        self._coverages = [
            Coverage(one for assay in listed for one in sequenced.regions.get(assay, ()))
            for listed, _ in groups
        ]
        self._known: dict[str, CallableThere] = {}
        self._named = [
            repr(sorted([*sequenced.regions.get(assay, ())] for assay in listed))
            for listed, _ in groups
        ]

    def __repr__(self) -> str:
        return "CallablePeople(…)"

    @property
    def groups(self) -> list[tuple[str, NumberSet]]:
        """What was sequenced, in words, and in whom; other releases have the same words for it."""
        return [
            (named, NumberSet.of(self._people, np.sort(np.concatenate(by_sex))))
            for named, by_sex in zip(self._named, self._members, strict=True)
        ]

    def at(self, allele: Allele) -> CallableThere:
        """Return who can be asked about an allele: whose assays cover all its bases."""
        number = REFERENCE_NUMBER[allele.reference_name]
        covering = [
            group
            for group, coverage in enumerate(self._coverages)
            if coverage.contains_one(number, allele.start, allele.end)
        ]
        copies = _COPIES[place_of(allele.region, self._assembly)]
        name = f"copies {copies} of groups {covering}"
        found = self._known.get(name)
        if found is None:
            two, one = (self._having(number, copies, covering) for number in (2, 1))
            all_have_two = min(copies) == 2
            found = self._known[name] = CallableThere(name, all_have_two, two, one)
        return found

    def _having(self, copies: int, by_sex: tuple[int, ...], groups: list[int]) -> NumberSet:
        """Return the people of these groups who have so many copies."""
        chosen = [
            self._members[group][sex]
            for group in groups
            for sex, own in enumerate(by_sex)
            if own == copies
        ]
        return NumberSet.of(self._people, np.concatenate([*chosen, np.empty(0, np.int64)]))


def _sexes(sequenced: SequencedPeople, people: int) -> np.ndarray:
    """Return each person's sex; whose record names two has an unknown one."""
    sexes = np.full(people, _UNKNOWN, np.int8)
    sexes[list(sequenced.women - sequenced.men)] = _WOMEN
    sexes[list(sequenced.men - sequenced.women)] = _MEN
    return sexes


def _by_sex(numbers: np.ndarray, sexes: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(numbers[sexes[numbers] == sex] for sex in (_WOMEN, _MEN, _UNKNOWN))
