"""What anybody is told of a dataset that is not open data: yes or no, from a fixed table.

One variant is answered yes if in any open batch enough of those counted there still consent, or if
anybody carries it who chose that anybody be told of it; where no batch answers, and nobody makes it
a yes so, it is *not answerable*. A place, a gene or a list is answered from the answerable variants
in it: yes if any of them is; it is *not answerable* if it has none. All entry types give the same
answer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from beacon_node.actions.public_places import fits_of, meets_of, place_in
from beacon_node.actions.public_tables import OpenTable, Standing, open_table
from beacon_node.model.answer import Matches, Status
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.model.people import People
from beacon_node.model.public_tier import Missing, PublicTier
from beacon_node.model.query import (
    AlleleSet,
    Lookup,
)
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.privacy.public import NotAnswerable, why_not_answerable
from beacon_node.store.alleles import place_of
from beacon_node.store.panels.layout import key_of

ENTRY_TYPES = frozenset({EntryType.GENOMIC_VARIANT, *LINEAGE})
_BLOCK = 1_024  # alleles that are looked up together; a gene has fewer answerable ones
MADE_OF = (
    "made from the variants there that are common enough to be told of, or whose carriers chose to "
    "be told of; other rare ones are not in"
)

Lookups = tuple[Lookup, ...]


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
        return _not_answerable(node, dataset, NotAnswerable.NO_SUCH_QUESTION)
    is_told = opened is not None and opened.openly.tells(node, dataset, decision.people, lookups)
    found = _from_table(dataset, opened, decision.people, lookups)  # as much work either way
    if is_told:
        return _yes(dataset, _lone_allele(lookups))
    return found if isinstance(found, Matches) else _not_answerable(node, dataset, found)


def _from_table(
    dataset: Dataset, opened: OpenTable | None, people: People | None, lookups: Lookups
) -> Matches | NotAnswerable:
    if opened is None or opened.limits is None or dataset.public.missing is Missing.PANEL:
        return NotAnswerable.NO_PANEL
    if not opened.table.assays.covers_any(lookups):
        return Matches(dataset.id, Status.NOT_SEQUENCED)
    standing = opened.standing(people)
    if not standing.consenting:
        return _why_closed(dataset.public, opened)
    return _answered(dataset, _Asked(opened, standing), lookups)


def _is_answered_kind(plan: SearchPlan) -> bool:
    within = plan.within
    return (
        plan.entry_type in ENTRY_TYPES
        and not plan.filters
        and not plan.entry_id
        and (within is None or within.entry_type is EntryType.DATASET)
    )


def _not_answerable(node: Node, dataset: Dataset, why: NotAnswerable) -> Matches:
    settings = node.settings
    contact = settings.organization.contact_url or settings.node.welcome_url
    words = why.words(accounts=settings.access.trusts_somebody, contact=contact)
    return Matches(dataset.id, Status.NOT_ANSWERABLE, reason=words)


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
        """Return (is anything answerable, is any yes) of what a lookup finds by place.

        How long it takes must not tell what is in the data: all answerable alleles of a block are
        looked up alike, whatever the first of them said.
        """
        (first, last), fits = place_in(lookup), fits_of(lookup)
        limits = self.opened.limits.between(first, last, least=self.opened.least_limit)
        answerable = (
            allele
            for allele, limit in limits
            if fits(allele) and self.opened.is_answerable(self.standing, allele, limit)
        )
        is_any_answerable = False
        while block := list(islice(answerable, _BLOCK)):
            is_any_answerable = True
            rows = [self.opened.counted_at(key_of(allele)) for allele in block]
            answers = [self.opened.is_yes(self.standing, found) for found in rows]
            if any(answers):
                return True, True
        return is_any_answerable, False


def _answered(dataset: Dataset, asked: _Asked, lookups: Lookups) -> Matches | NotAnswerable:
    alone = _lone_allele(lookups)
    found = list(_verdicts(asked, lookups))
    if any(is_yes for _, is_yes in found):
        return _yes(dataset, alone)
    if any(is_answerable for is_answerable, _ in found):
        return Matches(dataset.id, reason="" if alone else f"{MADE_OF} this no")
    return asked.why_not(alone) if alone else NotAnswerable.RARE_PLACE


def _yes(dataset: Dataset, alone: Allele | None) -> Matches:
    """The same words whoever makes it a yes."""
    return Matches(dataset.id, total=1, reason="" if alone else f"{MADE_OF} this yes")


def _lone_allele(lookups: Lookups) -> Allele | None:
    """Return the allele if a question names one."""
    alleles = [a for one in lookups if isinstance(one, AlleleSet) for a in one.alleles]
    return alleles[0] if len(lookups) == len(alleles) == 1 else None


def _verdicts(asked: _Asked, lookups: Lookups) -> Iterator[tuple[bool, bool]]:
    for lookup in lookups:
        if isinstance(lookup, AlleleSet):
            fits = meets_of(lookup.selection)
            yield from (asked.of(allele) for allele in lookup.alleles if fits(allele))
        else:
            yield asked.in_place(lookup)
