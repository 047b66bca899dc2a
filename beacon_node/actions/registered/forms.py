"""Which form of question is counted, which is answered from the public table, which not at all."""

from collections.abc import Mapping
from dataclasses import replace

from beacon_node.actions.registered.filters import why_not_filtered
from beacon_node.actions.registered.reasons import Why
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.measures import parse_value
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    Filter,
    Granularity,
    Lookup,
    Page,
    VariationIdQuery,
    Within,
)
from beacon_node.model.variation import Allele
from beacon_node.ports import Dataset, Knowledge, SearchPlan
from beacon_node.store.variants.spelling import is_selected

_PAGE = Page()
_COUNTED = frozenset({EntryType.GENOMIC_VARIANT, *LINEAGE})
_ID_PARTS = 6


def counted_plan(plan: SearchPlan, dataset: Dataset) -> SearchPlan:
    """Return the count of individuals that a plan asks for, the same for all ways to ask it.

    A single variation becomes its allele, whether it was named, placed or asked for by its id.
    Page, granularity and entry type are left out, for all share one count, as is what `within`
    names if that is everybody. Filters are of individuals where they say nothing else.
    """
    filters, terms = _one_spelling(plan)
    lookups, allele = plan.lookups, named_allele(plan, dataset)
    if allele is not None:
        lookups = {dataset.assembly: (AlleleSet((allele,)),)}
    return replace(
        plan,
        filters=filters,
        terms=terms,
        filters_key=f"counted {filters!r} {plan.filters_key}" if filters else plan.filters_key,
        entry_type=EntryType.INDIVIDUAL,
        lookups=lookups,
        within=None if _is_everybody(plan.within, dataset) else plan.within,
        granularity=Granularity.COUNT,
        page=_PAGE,
    )


def _one_spelling(plan: SearchPlan) -> tuple[tuple[Filter, ...], Mapping | None]:
    """Return the filters with their scope and each bound of a field once, and their terms."""
    scoped = {one: replace(one, scope=one.scope or EntryType.INDIVIDUAL) for one in plan.filters}
    bounds: dict[object, Filter] = {}
    for one in scoped.values():
        if isinstance(one, AlphanumericFilter) and one.operator in _NARROWER:
            which = one.field.strip().casefold(), one.operator, one.scope
            bounds[which] = _NARROWER[one.operator](bounds.get(which, one), one, key=_amount)
        else:
            bounds[one] = one
    if plan.terms is None:
        return tuple(bounds.values()), None
    terms = {scoped.get(one, one): meant for one, meant in plan.terms.items()}
    return tuple(bounds.values()), terms


_NARROWER = {">=": max, "<": min}


def _amount(bound: AlphanumericFilter) -> float:
    return parse_value(bound.value).amount or 0.0


def named_allele(plan: SearchPlan, dataset: Dataset) -> Allele | None:
    """Return the allele that a plan asks for on the dataset's assembly, if it is exactly one."""
    lookups = (plan.lookups or {}).get(dataset.assembly, ())
    if len(lookups) != 1:
        return None
    found = _alleles(lookups[0])
    return found[0] if len(found) == 1 else None


def _alleles(lookup: Lookup) -> list[Allele]:
    if isinstance(lookup, VariationIdQuery):
        allele = _identified(lookup)
        return [] if allele is None else [allele]
    if not isinstance(lookup, AlleleSet):
        return []
    distinct = dict.fromkeys(lookup.alleles)
    return [allele for allele in distinct if is_selected(lookup.selection, allele, _nothing)]


def _nothing() -> dict:
    """What files tell of alleles is not looked at: it is of those who are in the data."""
    return {"extent": None, "effects": []}


def _identified(lookup: VariationIdQuery) -> Allele | None:
    """Return the allele of a public id; None for a long one, whose id does not tell its bases."""
    parts = lookup.id.text.split(".")
    if len(parts) != _ID_PARTS:
        return None
    ref, alt = (bases.replace("-", "") for bases in parts[4:])
    region = lookup.id.region
    allele = Allele(region.reference_name, region.start, region.end, ref, alt)
    return allele if len(ref) == region.end - region.start and lookup.id.matches(allele) else None


def is_for_the_table(plan: SearchPlan, dataset: Dataset) -> bool:
    """Say whether a question without filters is one for the table of public answers."""
    if plan.filters:
        return False
    if plan.entry_type not in LINEAGE:
        return True
    return plan.lookups is not None and named_allele(plan, dataset) is None


def why_not_counted(plan: SearchPlan, dataset: Dataset, knowledge: Knowledge) -> Why | str | None:
    """Return why nobody is counted for a question that is not for the table, None if they are."""
    if not dataset.has_individuals:
        return Why.SITES_ONLY
    if plan.entry_type not in _COUNTED:
        return Why.COLLECTION
    if plan.entry_id:
        return Why.ONE_ENTRY
    if plan.within is not None and not _is_everybody(plan.within, dataset):
        return Why.NO_COHORT if plan.within.entry_type is EntryType.COHORT else Why.ONE_ENTRY
    if plan.lookups is None and plan.entry_type is EntryType.GENOMIC_VARIANT:
        return Why.NO_ALLELE
    if plan.lookups is None and not plan.filters:
        return Why.EVERYBODY
    if plan.lookups is not None and named_allele(plan, dataset) is None:
        return Why.NOT_ONE_ALLELE
    return why_not_filtered(plan, dataset, knowledge)


def _is_everybody(within: Within | None, dataset: Dataset) -> bool:
    """Say whether what is asked within has all people of the dataset, as its cohorts have."""
    if within is None:
        return True
    if within.entry_type is EntryType.DATASET:
        return within.id == dataset.id
    named = [cohort.get("id") for cohort in dataset.cohorts]
    return within.entry_type is EntryType.COHORT and within.id in named
