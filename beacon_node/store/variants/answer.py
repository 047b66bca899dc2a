"""Answers a plan from one index: first what cannot be answered, then what matches."""

from beacon_node.model.answer import Matches, Status
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import Lookup, Within
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.store.variants.eligible import Eligible, is_restricting
from beacon_node.store.variants.entries import search_entries
from beacon_node.store.variants.find import find, is_any_carried
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import CALL_SET
from beacon_node.store.variants.variations import search_variations

Lookups = tuple[Lookup, ...]
_SITES_ONLY = "this dataset lists variations without the people who carry them"
_NOBODY_TO_ASK = f"{_SITES_ONLY}, so nobody's consent can be looked up"
_NOT_OF_SITES = frozenset({*LINEAGE, EntryType.COHORT})


def unanswerable(
    index: Index, plan: SearchPlan, decision: DatasetDecision, lookups: Lookups | None
) -> Matches | None:
    """Return the matches of a question that this dataset has no answer to, None if it has one.

    Depends on the question, the decision and what the dataset declares, never on who is in it.
    """
    if plan.lookups is not None and lookups is None:
        return Matches(index.dataset.id, Status.WRONG_ASSEMBLY)
    if index.is_sites_only and (
        plan.entry_type in _NOT_OF_SITES or plan.filters or is_restricting(plan.within)
    ):
        return Matches(index.dataset.id, Status.NOT_ANSWERABLE, reason=_SITES_ONLY)
    if index.is_sites_only and decision.people is not EVERYBODY:
        return Matches(index.dataset.id, Status.NOT_ANSWERABLE, reason=_NOBODY_TO_ASK)
    if lookups and not index.assays.covers_any(lookups):
        return Matches(index.dataset.id, Status.NOT_SEQUENCED)
    return None


def search(
    index: Index,
    plan: SearchPlan,
    decision: DatasetDecision,
    eligible: Eligible | None,
    lookups: Lookups | None,
) -> Matches:
    """Return what matches among the eligible (None: everybody may be counted)."""
    if plan.within is not None and not _is_asked_within(index.dataset, plan.within):
        return Matches(index.dataset.id)
    return _SEARCHES[plan.entry_type](index, plan, decision, eligible, lookups)


def _is_asked_within(dataset: Dataset, within: Within) -> bool:
    """Say whether `within` leaves anything of this dataset; a cohort here is all its people."""
    if is_restricting(within):
        return True
    if within.entry_type is EntryType.DATASET:
        return within.id == dataset.id
    return any(cohort.get("id") == within.id for cohort in dataset.cohorts)


def _search_collections(
    index: Index,
    plan: SearchPlan,
    decision: DatasetDecision,
    eligible: Eligible | None,
    lookups: Lookups | None,
) -> Matches:
    """Return that the dataset, or its cohorts, match if anything in it does.

    Their documents are public and nothing that is looked up: no page shows them.
    """
    found = [id for id in _collections(index.dataset, plan.entry_type) if plan.entry_id in ("", id)]
    if not found or not _has_match(index, eligible, lookups):
        return Matches(index.dataset.id)
    return Matches(index.dataset.id, total=len(found))


def _collections(dataset: Dataset, entry_type: EntryType) -> list[str]:
    if entry_type is EntryType.COHORT:
        return [cohort.get("id", "") for cohort in dataset.cohorts]
    return [dataset.id]


def _has_match(index: Index, eligible: Eligible | None, lookups: Lookups | None) -> bool:
    if lookups is not None:
        people = None if eligible is None else eligible.at(CALL_SET)
        return is_any_carried(find(index, lookups), people)
    return eligible is None or bool(eligible.at(EntryType.INDIVIDUAL))


_SEARCHES = {
    **dict.fromkeys(LINEAGE, search_entries),
    EntryType.GENOMIC_VARIANT: search_variations,
    EntryType.DATASET: _search_collections,
    EntryType.COHORT: _search_collections,
}
