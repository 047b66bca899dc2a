"""What anybody is told of a dataset that is not open data: yes or no, from a fixed table.

One variant is answered yes if in any open batch enough of those counted there still consent. A
place, a gene or a list is answered from the answerable variants in it: yes if any of them is; it is
*not answerable* if it has none. All entry types give the same answer.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from beacon_node.actions.public_tables import OpenTable, Standing, open_table
from beacon_node.model.answer import Matches, Status
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import REFERENCE_NUMBER, Region
from beacon_node.model.public_tier import Missing, PublicTier
from beacon_node.model.query import (
    AlleleSet,
    BracketQuery,
    Lookup,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
)
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.privacy.public import NotAnswerable, why_not_answerable
from beacon_node.store.alleles import place_of
from beacon_node.store.panels.layout import key_of
from beacon_node.store.schema import LONG_ALLELE, ORDINALS
from beacon_node.store.variants.spelling import is_selected, is_spelled
from beacon_node.store.variants.statements import LAST_START

ENTRY_TYPES = frozenset({EntryType.GENOMIC_VARIANT, *LINEAGE})
MADE_OF = "made from the variants there that are common enough to be told of; rarer ones are not in"

Lookups = tuple[Lookup, ...]
Fits = Callable[[Allele], bool]


def answer_publicly(
    node: Node, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision
) -> Matches:
    """Return yes (a total of 1), no (0), or why it is not answered; nothing else is in it.

    Whether it is answered depends on the question, public frequencies and declarations, and on how
    many of each batch still consent. Raises StoreUnavailable.
    """
    lookups = None if plan.lookups is None else plan.lookups.get(dataset.assembly)
    if plan.lookups is not None and lookups is None:
        return Matches(dataset.id, Status.WRONG_ASSEMBLY)
    opened = open_table(node, dataset)
    if not lookups or not _is_answered_kind(plan):
        return _not_answerable(dataset, NotAnswerable.NO_SUCH_QUESTION)
    if opened is None or opened.limits is None or dataset.public.missing is Missing.PANEL:
        return _not_answerable(dataset, NotAnswerable.NO_PANEL)
    if not opened.table.assays.covers_any(lookups):
        return Matches(dataset.id, Status.NOT_SEQUENCED)
    standing = opened.standing(decision.people)
    if not standing.consenting:
        return _not_answerable(dataset, _why_closed(dataset.public, opened))
    return _answered(dataset, _Asked(opened, standing), lookups)


def _is_answered_kind(plan: SearchPlan) -> bool:
    within = plan.within
    return (
        plan.entry_type in ENTRY_TYPES
        and not plan.filters
        and not plan.entry_id
        and (within is None or within.entry_type is EntryType.DATASET)
    )


def _not_answerable(dataset: Dataset, why: NotAnswerable) -> Matches:
    return Matches(dataset.id, Status.NOT_ANSWERABLE, reason=f"{why.reason} {why.helps}")


def _why_closed(tier: PublicTier, opened: OpenTable) -> NotAnswerable:
    """Why no batch answers: there never was one, or too few of each are left."""
    if opened.batches:
        return NotAnswerable.TOO_FEW_PEOPLE
    reasons = {Missing.GENOMES: NotAnswerable.NO_GENOMES, Missing.ASSAY: NotAnswerable.NO_ASSAY}
    return reasons.get(tier.missing, NotAnswerable.TOO_FEW_PEOPLE)


# ---- one question --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    """A table and who of it consents at the moment of a question."""

    opened: OpenTable
    standing: Standing

    def of(self, allele: Allele) -> tuple[bool, bool]:
        """Return (is answerable, is yes) of one allele; both files are looked at in any case."""
        key = key_of(allele)
        limit, rows = self.opened.limits.limit(key), self.opened.counted_at(key)
        is_answerable = self.opened.is_answerable(self.standing, allele, limit)
        is_yes = self.opened.is_yes(self.standing, rows)
        return is_answerable, is_answerable and is_yes

    def why_not(self, allele: Allele) -> NotAnswerable:
        """Return why an allele is not answerable."""
        limit = self.opened.limits.limit(key_of(allele))
        offers = self.opened.offers(self.standing, allele, limit)
        place = place_of(REFERENCE_NUMBER[allele.reference_name], allele.start)
        number = self.opened.limits.allele_number(place)
        return why_not_answerable(offers, allele_number=number) or NotAnswerable.TOO_RARE

    def in_place(self, lookup: Lookup) -> tuple[bool, bool]:
        """Return (is anything answerable, is any yes) of what a lookup finds by place."""
        (first, last), fits = _place(lookup), _fits(lookup)
        rows = self.opened.table.counted_between(first, last)
        for allele, batch, counted in rows:
            if fits(allele) and self.opened.is_yes(self.standing, [(batch, counted)]):
                return True, True
        limits = self.opened.limits.between(first, last)
        return any(
            self.opened.is_answerable(self.standing, allele, limit) and fits(allele)
            for allele, limit in limits
        ), False


def _answered(dataset: Dataset, asked: _Asked, lookups: Lookups) -> Matches:
    alone = _lone_allele(lookups)
    found = list(_verdicts(asked, lookups))
    if any(is_yes for _, is_yes in found):
        return Matches(dataset.id, total=1, reason="" if alone else f"{MADE_OF} this yes")
    if any(is_answerable for is_answerable, _ in found):
        return Matches(dataset.id, reason="" if alone else f"{MADE_OF} this no")
    why = asked.why_not(alone) if alone else NotAnswerable.TOO_RARE
    return _not_answerable(dataset, why)


def _lone_allele(lookups: Lookups) -> Allele | None:
    """Return the allele if a question names one."""
    alleles = [a for one in lookups if isinstance(one, AlleleSet) for a in one.alleles]
    return alleles[0] if len(lookups) == len(alleles) == 1 else None


def _verdicts(asked: _Asked, lookups: Lookups) -> Iterator[tuple[bool, bool]]:
    for lookup in lookups:
        if isinstance(lookup, AlleleSet):
            fits = _meets(lookup.selection)
            yield from (asked.of(allele) for allele in lookup.alleles if fits(allele))
        else:
            yield asked.in_place(lookup)


# ---- what a lookup means among the alleles of panels, whose bases are known ----------------------


def _place(lookup: Lookup) -> tuple[int, int]:
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


def _fits(lookup: Lookup) -> Fits:
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
    meets = _meets(lookup.selection)
    if isinstance(lookup, RangeQuery):
        return lambda allele: _overlap(allele, lookup.region) and meets(allele)
    return lambda allele: (
        lookup.start_min <= allele.start < lookup.start_max
        and lookup.end_min <= allele.end < lookup.end_max
        and meets(allele)
    )


def _meets(selection: Selection) -> Fits:
    """Files' own annotations are not looked at: they are of those who are in the data."""
    return lambda allele: is_selected(selection, allele, lambda: {"extent": None, "effects": []})


def _overlap(allele: Allele, region: Region) -> bool:
    """As `store.variants.find` says it."""
    if region.start == region.end:
        gap = region.start
        return allele.start < gap < allele.end or allele.start == allele.end == gap
    if allele.start == allele.end:
        return region.start <= allele.start <= region.end
    return allele.start < region.end and region.start < allele.end
