"""Counts and lists the variations that eligible people carry."""

from collections.abc import Iterable
from itertools import islice

from beacon_node.model.answer import Matches
from beacon_node.model.carriers import NumberSet
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.query import EVERYTHING, Granularity, Lookup, Page, RangeQuery
from beacon_node.ports import SearchPlan
from beacon_node.store.variants.eligible import Eligible
from beacon_node.store.variants.find import (
    Row,
    carried,
    count_carried,
    find,
    is_any_carried,
    long_overlapping,
    overlap_values,
)
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import CALL_SET
from beacon_node.store.variants.pages import page_bounds
from beacon_node.store.variants.records import read_records

Lookups = tuple[Lookup, ...]
_BOOLEAN, _RECORD = Granularity.BOOLEAN, Granularity.RECORD  # reading them off the enum is slow


def search_variations(
    index: Index,
    plan: SearchPlan,
    decision: DatasetDecision,
    eligible: Eligible | None,
    lookups: Lookups | None,
) -> Matches:
    """Return how many distinct variations match, and the page of them that a record answer shows.

    Those count that at least one eligible call set carries.
    """
    if plan.granularity is not _RECORD:
        return Matches(index.dataset.id, total=_count(index, plan, eligible, lookups))
    total, ids = _page(index, plan, eligible, lookups)
    if not ids or decision.ceiling is not _RECORD:
        return Matches(index.dataset.id, total=total)
    records = read_records(index, ids, _people(eligible), cases=decision.may_see_cases)
    return Matches(index.dataset.id, total=total, page=records)


def _people(eligible: Eligible | None) -> NumberSet | None:
    return None if eligible is None else eligible.at(CALL_SET)


def _count(
    index: Index, plan: SearchPlan, eligible: Eligible | None, lookups: Lookups | None
) -> int:
    people = _people(eligible)
    if plan.granularity is _BOOLEAN:
        return int(is_any_carried(_rows(index, lookups), people))
    if lookups is None:
        return _count_of_all(index, eligible)
    if people is None:
        counted = _count_by_sql(index, lookups)
        if counted is not None:
            return counted
    return count_carried(find(index, lookups), people)


def _rows(index: Index, lookups: Lookups | None) -> Iterable[Row]:
    return index.execute(index.sql.all) if lookups is None else find(index, lookups)


def _count_of_all(index: Index, eligible: Eligible | None) -> int:
    """Return how many alleles the eligible have; counted once, for a release has many."""
    if eligible is None:
        return index.alleles_carried
    if eligible.alleles_carried is None:
        eligible.alleles_carried = index.totals.of(eligible.at(CALL_SET))
    return eligible.alleles_carried


def _count_by_sql(index: Index, lookups: Lookups) -> int | None:
    """Return how many alleles anybody has, where SQLite can count them by itself; else None."""
    if len(lookups) != 1 or not isinstance(lookups[0], RangeQuery):
        return None
    region = lookups[0].region
    if lookups[0].selection != EVERYTHING or long_overlapping(index, region):
        return None
    return index.execute(index.sql.count_overlapping, overlap_values(region)).fetchone()[0]


def _page(
    index: Index, plan: SearchPlan, eligible: Eligible | None, lookups: Lookups | None
) -> tuple[int, list[int]]:
    """Return (how many match, the ids of the page asked for)."""
    if lookups is None:
        return _count_of_all(index, eligible), _page_of_all(index, plan.page, eligible)
    first, behind = page_bounds(plan.page)
    total, ids = 0, []
    for id in carried(find(index, lookups), _people(eligible)):
        if first <= total < behind:
            ids.append(id)
        total += 1
    return total, ids


def _page_of_all(index: Index, page: Page, eligible: Eligible | None) -> list[int]:
    first, behind = page_bounds(page)
    if eligible is not None:
        return list(islice(carried(_rows(index, None), _people(eligible)), first, behind))
    rows = index.execute(index.sql.page_of_all, (behind - first, first))
    return [id for (id,) in rows]
