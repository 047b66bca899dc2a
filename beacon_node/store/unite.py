"""One allele met in several records or files: who carries it, taken together and renumbered."""

from collections.abc import Iterable, Sequence

import numpy as np

from beacon_node.model.calls import AlleleCalls
from beacon_node.model.carriers import NumberSet, decode, encode

_SHORT = 33  # bytes; sets as short as this come again and again, and their new form is kept
_KEPT = 1 << 16  # … but not more of them than this


def unite(alleles: Sequence[AlleleCalls], universe: int, *, is_one_cohort: bool) -> AlleleCalls:
    """Return one allele for all records of it; the carrier sets stay disjoint.

    Who is homozygous in any record is homozygous, else carries a single copy, else is heterozygous,
    else not called. Site records without people add their allele counts; their allele numbers too,
    unless they tell of one cohort (two records of one file).
    """
    if len(alleles) == 1:
        return alleles[0]
    hom, single, het, no_call = _disjoint(
        [
            [a.hom for a in alleles if a.hom],
            [a.single for a in alleles if a.single],
            [a.het for a in alleles if a.het],
            [a.no_call for a in alleles if a.no_call],
        ],
        universe,
    )
    return alleles[0]._replace(
        het=het,
        hom=hom,
        single=single,
        no_call=no_call,
        haploid=_union([a.haploid for a in alleles if a.haploid], universe),
        allele_count=_combined([a.allele_count for a in alleles], sum),
        allele_number=_combined([a.allele_number for a in alleles], max if is_one_cohort else sum),
        extent=next((a.extent for a in alleles if a.extent), None),
        ids=_distinct(id for a in alleles for id in a.ids),
        effects=_distinct(effect for a in alleles for effect in a.effects),
    )


def _disjoint(ranked: list[list[bytes]], universe: int) -> list[bytes | None]:
    """Return each rank's stored union without those in a rank before it."""
    if sum(map(bool, ranked)) == 1:  # one rank alone, and often one set: nothing to take out
        return [_union(blobs, universe) for blobs in ranked]
    seen, stored = NumberSet.empty(universe), []
    for blobs in ranked:
        numbers = NumberSet.union(universe, blobs) - seen
        stored.append(numbers.store() if numbers else None)
        seen = seen | numbers
    return stored


def _union(blobs: Sequence[bytes], universe: int) -> bytes | None:
    if len(blobs) <= 1:
        return blobs[0] if blobs else None
    return NumberSet.union(universe, blobs).store()


def _distinct(items: Iterable) -> tuple:
    kept: list = []
    for item in items:
        if item not in kept:
            kept.append(item)
    return tuple(kept)


def _combined(numbers: list[int | None], how) -> int | None:
    known = [number for number in numbers if number is not None]
    return how(known) if known else None


class Renumbering:
    """Gives the call sets of a part their numbers in a release, -1 leaving one out."""

    def __init__(self, numbers: np.ndarray, universe: int) -> None:
        self._numbers, self._universe = numbers, universe
        self._kept: dict[bytes, bytes | None] = {}

    def allele(self, allele: AlleleCalls) -> AlleleCalls:
        """Return an allele's record with its carriers renumbered."""
        renumber = self.stored
        _, _, _, _, _, het, hom, single, no_call, haploid, *_ = allele
        return allele._replace(
            het=renumber(het) if het else None,
            hom=renumber(hom) if hom else None,
            single=renumber(single) if single else None,
            no_call=renumber(no_call) if no_call else None,
            haploid=renumber(haploid) if haploid else None,
        )

    def stored(self, blob: bytes) -> bytes | None:
        """Return a stored set renumbered."""
        if len(blob) > _SHORT:
            return self._encoded(blob)
        if blob not in self._kept:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[blob] = self._encoded(blob)
        return self._kept[blob]

    def _encoded(self, blob: bytes) -> bytes | None:
        numbers = np.sort(self._numbers[decode(blob)])
        return encode(numbers[np.searchsorted(numbers, 0) :], self._universe)
