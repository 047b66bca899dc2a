"""What was sequenced: assayed stretches per group of call sets; group 0 is the whole dataset.

A place is covered if any base of it lies in an assayed stretch; an insertion's place is the gap
between two bases and is covered with either of them. A group that lists nothing was assayed
everywhere.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from beacon_node.model.calls import Interval, merge_intervals
from beacon_node.model.genome import REFERENCE_NAMES
from beacon_node.model.query import (
    AlleleSet,
    BracketQuery,
    Lookup,
    RangeQuery,
    SequenceQuery,
)
from beacon_node.model.variation import Allele

WHOLE_DATASET = 0


class Place(NamedTuple):
    """Interbase `[start, end)` of a reference sequence; start == end is a gap."""

    reference_name: str
    start: int
    end: int


class _Stretches:
    """Disjoint, sorted stretches of one reference sequence."""

    __slots__ = ("starts", "ends")

    def __init__(self, intervals: list[Interval]) -> None:
        self.starts = array("q", [interval.start for interval in intervals])
        self.ends = array("q", [interval.end for interval in intervals])

    def meets(self, start: int, end: int) -> bool:
        if start == end:
            found = bisect_left(self.ends, start)
            return found < len(self.starts) and self.starts[found] <= end
        found = bisect_right(self.ends, start)
        return found < len(self.starts) and self.starts[found] < end


class Assays:
    """The assayed stretches of an index, from rows (assay, reference, start, end)."""

    def __init__(self, rows: Iterable[tuple[int, int, int, int]]) -> None:
        lists: dict[int, list[Interval]] = {}
        for assay, *interval in rows:
            lists.setdefault(assay, []).append(Interval(*interval))
        self._assays = {assay: _by_reference(found) for assay, found in lists.items()}
        self.is_whole_genome = WHOLE_DATASET not in self._assays

    def covers(self, assay: int, place: Place | Allele) -> bool:
        """Say whether a group was assayed anywhere in `place`."""
        references = self._assays.get(assay)
        if references is None:
            return True
        stretches = references.get(place.reference_name)
        return stretches is not None and stretches.meets(place.start, place.end)

    def covers_any(self, lookups: tuple[Lookup, ...]) -> bool:
        """Say whether the dataset was sequenced anywhere that a query asks about.

        Depends on the query and the declared stretches alone. No place asked about: true.
        """
        if self.is_whole_genome:
            return True
        if len(lookups) == 1 and type(lookups[0]) is AlleleSet:
            asked = lookups[0].alleles  # they have a place's attributes
        else:
            asked = [place for lookup in lookups for place in places(lookup)]
        for place in asked:
            if self.covers(WHOLE_DATASET, place):
                return True
        return not asked


def _by_reference(intervals: list[Interval]) -> dict[str, _Stretches]:
    lists: dict[int, list[Interval]] = {}
    for interval in merge_intervals([i for i in intervals if i.reference]):
        lists.setdefault(interval.reference, []).append(interval)
    return {REFERENCE_NAMES[number - 1]: _Stretches(found) for number, found in lists.items()}


def places(lookup: Lookup) -> list[Place]:
    """Return the places a lookup asks about."""
    if isinstance(lookup, AlleleSet):
        return [Place(a.reference_name, a.start, a.end) for a in lookup.alleles]
    if isinstance(lookup, SequenceQuery):
        width = 1 if lookup.ref is None else len(lookup.ref)
        return [Place(lookup.reference_name, lookup.start, lookup.start + width)]
    if isinstance(lookup, BracketQuery):
        end = max(lookup.start_min, lookup.end_max - 1)
        return [Place(lookup.reference_name, lookup.start_min, end)]
    region = lookup.region if isinstance(lookup, RangeQuery) else lookup.id.region
    return [Place(region.reference_name, region.start, region.end)]
