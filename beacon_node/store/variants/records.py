"""Reads variations as a record answer shows them."""

from collections.abc import Iterable

from beacon_node.model.answer import Case, VariationRecord
from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import PSEUDOAUTOSOMAL
from beacon_node.model.variation import Allele
from beacon_node.store.alleles import read_extent
from beacon_node.store.schema import ORDINALS
from beacon_node.store.variants.find import read_allele, read_json
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import CALL_SET

_ALLELE = """
    SELECT ref, alt, "end", het, hom, single, no_call, haploid.call_sets,
        allele_count, allele_number, ids, effects, extent
    FROM allele LEFT JOIN haploid ON haploid.id = allele.haploid
    LEFT JOIN annotation ON annotation.allele = allele.id
    WHERE allele.id = ?
"""
# Whoever's genotype is incomplete at a record is so for each of its alleles; parts that were merged
# know it of their own alleles only.
_NO_CALL = "SELECT no_call FROM allele WHERE id BETWEEN ? AND ? AND ref = ?"
_CASE = """
    SELECT biosample.public_id, individual.public_id, run.public_id, analysis.public_id
    FROM call_set
    LEFT JOIN entry AS biosample
        ON biosample.entry_type = 'biosample' AND biosample.number = call_set.biosample
    LEFT JOIN entry AS individual
        ON individual.entry_type = 'individual' AND individual.number = call_set.individual
    LEFT JOIN entry AS run ON run.entry_type = 'run' AND run.number = call_set.run
    LEFT JOIN entry AS analysis
        ON analysis.entry_type = 'analysis' AND analysis.number = call_set.analysis
    WHERE call_set.number = ?
"""


def read_records(
    index: Index, ids: Iterable[int], people: NumberSet | None, *, cases: bool
) -> tuple[VariationRecord, ...]:
    """Return the records of alleles; numbers and cases are of `people` (None: everybody)."""
    return tuple(_read(index, id, people, cases) for id in ids)


def _read(index: Index, id: int, people: NumberSet | None, cases: bool) -> VariationRecord:
    row = index.execute(_ALLELE, (id,)).fetchone()
    ref, alt, end, *sets, allele_count, allele_number, names, effects, extent = row
    assembly, allele = index.dataset.assembly, read_allele(id, ref, alt, end)
    known = {
        "extent": read_extent(extent),
        "ids": tuple(read_json(names)),
        "effects": tuple(read_json(effects)),
    }
    if index.is_sites_only:
        counts = {"allele_count": allele_count or 0, "allele_number": allele_number}
        return VariationRecord(assembly, allele, **counts, **known)
    sets[_NO_CALL_AT] = _incomplete(index, id, ref).store()
    sets[_HAPLOID_AT] = _one_copy(index, allele, sets[_HAPLOID_AT]).store()
    carried = _Carriers(index, sets, people)
    return VariationRecord(
        assembly,
        allele,
        allele_count=carried.count(),
        allele_number=carried.copies(_assayed(index, allele)),
        homozygous=len(carried.at_people(carried.hom)),
        cases=tuple(carried.cases()) if cases else (),
        **known,
    )


_NO_CALL_AT, _HAPLOID_AT = 3, 4  # among het, hom, single, no_call, haploid


def _incomplete(index: Index, id: int, ref: str) -> NumberSet:
    """Return whose genotype is incomplete at the record of an allele."""
    first = id - id % ORDINALS
    rows = index.execute(_NO_CALL, (first, first + ORDINALS - 1, ref))
    return NumberSet.union(index.call_sets, (blob for (blob,) in rows))


def _one_copy(index: Index, allele: Allele, here: bytes | None) -> NumberSet:
    """Return who has one copy of an allele's place: those called so at this record or, on X, Y and
    MT outside the pseudoautosomal regions, anywhere on that sequence."""
    found = NumberSet.stored(index.call_sets, here)
    shared = PSEUDOAUTOSOMAL[index.dataset.assembly].get(allele.reference_name, ())
    if any(start <= allele.start < end for start, end in shared):
        return found
    return found | index.one_copy_on(allele.reference_name)


class _Carriers:
    """Who of `people` carries an allele, and in how many copies it was looked at."""

    def __init__(self, index: Index, sets: list[bytes | None], people: NumberSet | None) -> None:
        self._index = index
        self._people = index.everyone(CALL_SET) if people is None else people
        self.het, self.hom, self.single, self._no_call, self._haploid = (
            NumberSet.stored(index.call_sets, blob) & self._people for blob in sets
        )

    def at_people(self, call_sets: NumberSet) -> NumberSet:
        """Return whose call sets these are: a person with several of them counts once."""
        return self._index.lineage.project(call_sets, CALL_SET, EntryType.INDIVIDUAL)

    def count(self) -> int:
        """Return the copies carried; of a person's call sets, that with the most certain counts:
        homozygous before a single copy before heterozygous."""
        hom, single, het = map(self.at_people, (self.hom, self.single, self.het))
        return 2 * len(hom) + len(single - hom) + len(het - hom - single)

    def copies(self, assayed: NumberSet) -> int:
        """Return the copies that were called: one of those with a single copy, else two.

        Carriers were called wherever they are; the others where they were assayed and no part of
        their genotype is missing.
        """
        diploid = self.het | self.hom
        called = ((assayed & self._people) - self._no_call) | diploid | self.single
        hom, single, het = map(self.at_people, (self.hom, self.single, self.het))
        one_copy = (self.at_people(self._haploid) | single) - hom - (het - single)
        people = self.at_people(called)
        return 2 * len(people) - len(people & one_copy)

    def cases(self) -> Iterable[Case]:
        zygosity = dict.fromkeys(self.het, "heterozygous")
        zygosity |= dict.fromkeys(self.hom, "homozygous")
        zygosity |= dict.fromkeys(self.single, "hemizygous")
        for number in sorted(zygosity):
            found = self._index.execute(_CASE, (number,)).fetchone()
            biosample, individual, run, analysis = (id or "" for id in found)
            yield Case(biosample, individual, zygosity[number], run, analysis)


def _assayed(index: Index, allele: Allele) -> NumberSet:
    """Return the call sets whose assay covers an allele's place."""
    found = NumberSet.empty(index.call_sets)
    for assays, call_sets in index.assay_groups:
        if any(index.assays.covers(assay, allele) for assay in assays):
            found |= call_sets
    return found
