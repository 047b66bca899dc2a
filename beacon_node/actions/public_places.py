"""What a lookup means among alleles whose place and bases alone are looked at."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from beacon_node.model.genome import REFERENCE_NUMBER, Region
from beacon_node.model.query import (
    EVERYTHING,
    AlleleSet,
    BracketQuery,
    Lookup,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
)
from beacon_node.model.variation import Allele
from beacon_node.store.alleles import place_of
from beacon_node.store.schema import LONG_ALLELE, ORDINALS, REFERENCE_SHIFT
from beacon_node.store.variants.spelling import is_selected, is_spelled
from beacon_node.store.variants.statements import LAST_START

Fits = Callable[[Allele], bool]


@dataclass(frozen=True, slots=True)
class Spot:
    """Where alleles may lie that a lookup finds: those with first <= id <= last that fit.

    `is_wide`: also longer ones that start before it on the same sequence.
    """

    first: int
    last: int
    fits: Fits
    is_wide: bool = False

    @property
    def before(self) -> tuple[int, int]:
        """The ids of what starts before it on the same sequence, first and last."""
        return self.first >> REFERENCE_SHIFT << REFERENCE_SHIFT, self.first - 1


def spots_of(lookups: Iterable[Lookup]) -> Iterator[Spot]:
    """Yield where a question looks."""
    for lookup in lookups:
        if isinstance(lookup, AlleleSet):
            meets = meets_of(lookup.selection)
            yield from (_spot_of(allele) for allele in lookup.alleles if meets(allele))
        else:
            yield Spot(*place_in(lookup), fits_of(lookup), isinstance(lookup, RangeQuery))


def _spot_of(allele: Allele) -> Spot:
    ids = _ids(allele.reference_name, allele.start, allele.start)
    return Spot(*ids, lambda found: found == allele)


def place_in(lookup: Lookup) -> tuple[int, int]:
    """Return the first and last id of alleles that may fit. A deletion that reaches into a range is
    found if it starts at most `LONG_ALLELE` before it."""
    if isinstance(lookup, RangeQuery):
        region = lookup.region
        return _ids(region.reference_name, region.start - LONG_ALLELE, region.end)
    if isinstance(lookup, BracketQuery):
        return _ids(lookup.reference_name, lookup.start_min, lookup.start_max - 1)
    if isinstance(lookup, VariationIdQuery):
        region = lookup.id.region
        return _ids(region.reference_name, region.start, region.start)
    spare = 1 if lookup.ref is None else min(len(lookup.ref), len(lookup.alt))
    return _ids(lookup.reference_name, lookup.start, lookup.start + spare)


def _ids(name: str, first: int, last: int) -> tuple[int, int]:
    number = REFERENCE_NUMBER[name]
    first, last = max(first, 0), min(last, LAST_START)
    return place_of(number, first), place_of(number, last) + ORDINALS - 1


def fits_of(lookup: Lookup) -> Fits:
    """Return what says whether an allele is one that a lookup by place finds."""
    if isinstance(lookup, VariationIdQuery):
        return lookup.id.matches
    if isinstance(lookup, SequenceQuery):
        return lambda allele: is_spelled(
            allele.ref,
            allele.alt,
            as_ref=lookup.ref,
            as_alt=lookup.alt,
            shift=allele.start - lookup.start,
        )
    meets = meets_of(lookup.selection)
    if isinstance(lookup, RangeQuery):
        return lambda allele: overlap(allele, lookup.region) and meets(allele)
    return lambda allele: (
        lookup.start_min <= allele.start < lookup.start_max
        and lookup.end_min <= allele.end < lookup.end_max
        and meets(allele)
    )


def meets_of(selection: Selection) -> Fits:
    """Files' own annotations are not looked at: they are of those who are in the data."""
    if selection is EVERYTHING:
        return _anything
    return lambda allele: is_selected(selection, allele, lambda: {"extent": None, "effects": []})


def _anything(_: Allele) -> bool:
    return True


def overlap(allele: Allele, region: Region) -> bool:
    """As `store.variants.find` says it."""
    if region.start == region.end:
        gap = region.start
        return allele.start < gap < allele.end or allele.start == allele.end == gap
    if allele.start == allele.end:
        return region.start <= allele.start <= region.end
    return allele.start < region.end and region.start < allele.end
