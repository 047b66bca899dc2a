"""Counts and lists individuals, biosamples, runs and analyses."""

from collections.abc import Iterable
from itertools import chain, islice

import numpy as np

from beacon_node.model.answer import Matches
from beacon_node.model.carriers import NumberSet, stored_size
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.query import Granularity, Lookup
from beacon_node.ports import SearchPlan
from beacon_node.store.variants.documents import read_documents
from beacon_node.store.variants.eligible import Eligible, find_number
from beacon_node.store.variants.find import Row, find, find_one, is_any_carried
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import CALL_SET
from beacon_node.store.variants.pages import page_slice

_AT_ONCE = 4_096  # rows of alleles held in memory
Lookups = tuple[Lookup, ...]
_BOOLEAN, _RECORD = Granularity.BOOLEAN, Granularity.RECORD  # reading them off the enum is slow


def search_entries(
    index: Index,
    plan: SearchPlan,
    decision: DatasetDecision,
    eligible: Eligible | None,
    lookups: Lookups | None,
) -> Matches:
    """Return how many records of the type asked for match, and the page a record answer shows.

    With a variation, those match that own a carrying call set among the eligible ones: if a filter
    is about biosamples, the variation was found in such a biosample.
    """
    if plan.granularity is not _RECORD and not plan.entry_id:
        if lookups is not None and len(lookups) == 1 and index.lineage.has_own(plan.entry_type):
            return Matches(index.dataset.id, total=_count_one(index, plan, eligible, lookups[0]))
        return Matches(index.dataset.id, total=_count(index, plan, eligible, lookups))
    members = _only(index, plan, _members(index, plan, eligible, lookups))
    if plan.granularity is not _RECORD or decision.ceiling is not _RECORD:
        return Matches(index.dataset.id, total=len(members))
    shown: np.ndarray = members.numbers()[page_slice(plan.page)]
    page = read_documents(index, plan.entry_type, shown.tolist(), eligible)
    return Matches(index.dataset.id, total=len(members), page=page)


def _count(
    index: Index, plan: SearchPlan, eligible: Eligible | None, lookups: Lookups | None
) -> int:
    if lookups is None and eligible is None:
        return index.size(plan.entry_type)
    if lookups is not None and index.lineage.has_own(plan.entry_type):
        people = None if eligible is None else eligible.at(CALL_SET)
        is_any_enough = plan.granularity is _BOOLEAN
        return _count_carriers(index, find(index, lookups), people, is_any_enough=is_any_enough)
    return len(_members(index, plan, eligible, lookups))


def _count_one(index: Index, plan: SearchPlan, eligible: Eligible | None, lookup: Lookup) -> int:
    """Return what `_count` does for one lookup: the common question, by the shortest way."""
    people = None if eligible is None else eligible.at(CALL_SET)
    is_any_enough = plan.granularity is _BOOLEAN
    return _count_carriers(index, find_one(index, lookup), people, is_any_enough=is_any_enough)


def _count_carriers(
    index: Index, rows: Iterable[Row], people: NumberSet | None, *, is_any_enough: bool
) -> int:
    """Return how many of `people` carry any of the alleles; 1 will do for a yes or no."""
    if is_any_enough:
        return int(is_any_carried(rows, people))
    if type(rows) is not list:
        rows = iter(rows)
        first = list(islice(rows, 2))
        if len(first) > 1:
            return len(_carriers(index, chain(first, rows), people))
        rows = first
    if len(rows) != 1:
        return len(_carriers(index, rows, people))
    count = stored_size if people is None else people.count_in
    _, het, hom, single = rows[0]
    total = count(het) if het else 0
    if hom:
        total += count(hom)
    return total + count(single) if single else total


def _carriers(index: Index, rows: Iterable[Row], people: NumberSet | None) -> NumberSet:
    """Return who of `people` carries any of the alleles; stops when everybody does."""
    everybody = index.everyone(CALL_SET) if people is None else people
    rows, found = iter(rows), NumberSet.empty(index.call_sets)
    while some := list(islice(rows, _AT_ONCE)):
        union = NumberSet.union(index.call_sets, (blob for row in some for blob in row[1:]))
        found |= union & everybody
        if len(found) == len(everybody):
            break
    return found


def _members(
    index: Index, plan: SearchPlan, eligible: Eligible | None, lookups: Lookups | None
) -> NumberSet:
    level = plan.entry_type
    if lookups is None:
        return index.everyone(level) if eligible is None else eligible.at(level)
    people = None if eligible is None else eligible.at(CALL_SET)
    carriers = _carriers(index, find(index, lookups), people)
    found = index.lineage.project(carriers, CALL_SET, level)
    return found if eligible is None else found & eligible.at(level)


def _only(index: Index, plan: SearchPlan, members: NumberSet) -> NumberSet:
    """Return the one record that was asked for by its id, if it is among `members`."""
    if not plan.entry_id:
        return members
    number = find_number(index, plan.entry_type, plan.entry_id)
    return members & NumberSet.of(members.universe, [] if number is None else [number])
