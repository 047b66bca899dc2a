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
from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.model.query import (
    AlleleSet,
    BracketQuery,
    Lookup,
    RangeQuery,
    SequenceQuery,
)

WHOLE_DATASET = 0


class Place(NamedTuple):
    """Interbase `[start, end)` of a reference number; start == end is a gap."""

    reference: int
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

    def covers(self, assay: int, place: Place) -> bool:
        """Say whether a group was assayed anywhere in `place`."""
        references = self._assays.get(assay)
        if references is None:
            return True
        stretches = references.get(place.reference)
        return stretches is not None and stretches.meets(place.start, place.end)

    def covers_any(self, lookups: Iterable[Lookup]) -> bool:
        """Say whether the dataset was sequenced anywhere that a query asks about.

        Depends on the query and the declared stretches alone. No place asked about: true.
        """
        if self.is_whole_genome:
            return True
        asked = [place for lookup in lookups for place in places(lookup)]
        return not asked or any(self.covers(WHOLE_DATASET, place) for place in asked)


def _by_reference(intervals: list[Interval]) -> dict[int, _Stretches]:
    lists: dict[int, list[Interval]] = {}
    for interval in merge_intervals(intervals):
        lists.setdefault(interval.reference, []).append(interval)
    return {reference: _Stretches(found) for reference, found in lists.items()}


def places(lookup: Lookup) -> list[Place]:
    """Return the places a lookup asks about."""
    if isinstance(lookup, AlleleSet):
        return [_place(a.reference_name, a.start, a.end) for a in lookup.alleles]
    if isinstance(lookup, SequenceQuery):
        width = 1 if lookup.ref is None else len(lookup.ref)
        return [_place(lookup.reference_name, lookup.start, lookup.start + width)]
    if isinstance(lookup, BracketQuery):
        end = max(lookup.start_min, lookup.end_max - 1)
        return [_place(lookup.reference_name, lookup.start_min, end)]
    region = lookup.region if isinstance(lookup, RangeQuery) else lookup.id.region
    return [_place(region.reference_name, region.start, region.end)]


def _place(reference_name: str, start: int, end: int) -> Place:
    return Place(REFERENCE_NUMBER[reference_name], start, end)
