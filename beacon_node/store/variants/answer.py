"""Answers a plan from one index: first what cannot be answered, then what matches."""

from beacon_node.model.answer import Matches, Status
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.query import Granularity, Lookup
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.store.variants.eligible import Eligible, is_restricting
from beacon_node.store.variants.entries import search_entries
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.pages import page_slice
from beacon_node.store.variants.variations import is_any_carried, search_variations

Lookups = tuple[Lookup, ...]
_SITES_ONLY = "this dataset lists variations without the people who carry them"
_NOT_OF_SITES = frozenset({*LINEAGE, EntryType.COHORT})


def unanswerable(
    index: Index, dataset: Dataset, plan: SearchPlan, lookups: Lookups | None
) -> Matches | None:
    """Return the matches of a question that this dataset has no answer to, None if it has one.

    Depends on the question and on what the dataset declares, never on who is in it.
    """
    if plan.lookups is not None and lookups is None:
        return Matches(dataset.id, Status.WRONG_ASSEMBLY)
    if index.is_sites_only and (
        plan.entry_type in _NOT_OF_SITES or plan.filters or is_restricting(plan.within)
    ):
        return Matches(dataset.id, Status.NOT_ANSWERABLE, reason=_SITES_ONLY)
    if lookups and not index.assays.covers_any(lookups):
        return Matches(dataset.id, Status.NOT_SEQUENCED)
    return None


def lookups_on(dataset: Dataset, plan: SearchPlan) -> Lookups | None:
    """Return what to look up in a dataset; None: no variation asked, or not on its assembly."""
    return None if plan.lookups is None else plan.lookups.get(dataset.assembly)


def search(
    index: Index,
    dataset: Dataset,
    plan: SearchPlan,
    decision: DatasetDecision,
    eligible: Eligible | None,
    lookups: Lookups | None,
) -> Matches:
    """Return what matches among the eligible (None: everybody may be counted)."""
    if not _is_asked_within(dataset, plan):
        return Matches(dataset.id)
    if plan.entry_type is EntryType.GENOMIC_VARIANT:
        return search_variations(index, dataset, plan, decision, eligible, lookups)
    if plan.entry_type in (EntryType.DATASET, EntryType.COHORT):
        return _search_collections(index, dataset, plan, eligible, lookups)
    return search_entries(index, dataset, plan, decision, eligible, lookups)


def _is_asked_within(dataset: Dataset, plan: SearchPlan) -> bool:
    """Say whether `within` leaves anything of this dataset; a cohort here is all its people."""
    within = plan.within
    if within is None or is_restricting(within):
        return True
    if within.entry_type is EntryType.DATASET:
        return within.id == dataset.id
    return any(cohort.get("id") == within.id for cohort in dataset.cohorts)


def _search_collections(
    index: Index,
    dataset: Dataset,
    plan: SearchPlan,
    eligible: Eligible | None,
    lookups: Lookups | None,
) -> Matches:
    """Return the dataset, or its cohorts, if anything in it matches."""
    found = [dict(entry) for entry in _collections(dataset, plan.entry_type)]
    if plan.entry_id:
        found = [entry for entry in found if entry.get("id") == plan.entry_id]
    if not found or not _has_match(index, eligible, lookups):
        return Matches(dataset.id)
    if plan.granularity is not Granularity.RECORD:
        return Matches(dataset.id, total=len(found))
    return Matches(dataset.id, total=len(found), page=tuple(found[page_slice(plan.page)]))


def _collections(dataset: Dataset, entry_type: EntryType) -> tuple:
    if entry_type is EntryType.COHORT:
        return dataset.cohorts
    return ({**(dataset.document or {}), "id": dataset.id, "name": dataset.name},)


def _has_match(index: Index, eligible: Eligible | None, lookups: Lookups | None) -> bool:
    if lookups is not None:
        return is_any_carried(index, eligible, lookups)
    return eligible is None or bool(eligible.at(EntryType.INDIVIDUAL))
