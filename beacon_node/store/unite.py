"""One allele met in several records or files: who carries it, taken together."""

from collections.abc import Iterable, Sequence

import numpy as np

from beacon_node.model.calls import AlleleCalls
from beacon_node.model.carriers import decode, encode

Found = tuple[np.ndarray | None, AlleleCalls]
"""An allele's record, and the number of each of its call sets in the result: -1 leaves one out,
None keeps them as they are."""


def unite(found: Sequence[Found], universe: int, *, is_one_cohort: bool) -> AlleleCalls:
    """Return one allele for all records of it; the carrier sets stay disjoint.

    Who is homozygous in any record is homozygous, else carries a single copy, else is heterozygous,
    else not called. Site records without people add their allele counts; their allele numbers too,
    unless they tell of one cohort (two records of one file).
    """
    alleles = [allele for _, allele in found]
    hom, single, het, no_call = _disjoint(
        [_union(found, name) for name in ("hom", "single", "het", "no_call")], universe
    )
    return alleles[0]._replace(
        het=het,
        hom=hom,
        single=single,
        no_call=no_call,
        haploid=unite_sets([(numbers, allele.haploid) for numbers, allele in found], universe),
        allele_count=_combined([a.allele_count for a in alleles], sum),
        allele_number=_combined([a.allele_number for a in alleles], max if is_one_cohort else sum),
        extent=next((a.extent for a in alleles if a.extent), None),
        ids=_distinct(id for a in alleles for id in a.ids),
        effects=_distinct(effect for a in alleles for effect in a.effects),
    )


def unite_sets(
    sets: Sequence[tuple[np.ndarray | None, bytes | None]], universe: int
) -> bytes | None:
    """Return the stored union of stored sets, renumbered."""
    return encode(_numbers(sets), universe)


def _union(found: Sequence[Found], name: str) -> np.ndarray:
    return _numbers([(numbers, getattr(allele, name)) for numbers, allele in found])


def _numbers(sets: Sequence[tuple[np.ndarray | None, bytes | None]]) -> np.ndarray:
    members = []
    for numbers, blob in sets:
        if blob:
            old = decode(blob)
            members.append(old if numbers is None else numbers[old])
    if not members:
        return np.empty(0, np.int64)
    union = np.unique(np.concatenate(members)) if len(members) > 1 else np.sort(members[0])
    return union[np.searchsorted(union, 0) :]


def _disjoint(ranked: list[np.ndarray], universe: int) -> list[bytes | None]:
    """Return each rank's stored set without those in a rank before it."""
    stored, seen = [], np.empty(0, np.int64)
    for numbers in ranked:
        if len(numbers) and len(seen):
            numbers = np.setdiff1d(numbers, seen, assume_unique=True)
        stored.append(encode(numbers, universe))
        seen = np.concatenate((seen, numbers))
    return stored


def _distinct(items: Iterable) -> tuple:
    kept: list = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return tuple(kept)


def _combined(numbers: list[int | None], how) -> int | None:
    known = [number for number in numbers if number is not None]
    return how(known) if known else None
