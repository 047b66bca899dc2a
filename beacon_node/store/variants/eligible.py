"""Who may be counted in an answer: those who meet the filters and belong to what is asked within.

Conditions on records of one entry type must be met by one and the same record (this biosample is
blood and was taken at 40); conditions on different types, by records that belong together.
"""

from collections.abc import Iterable
from threading import Lock

from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import EntryType
from beacon_node.model.query import VariationIdQuery, Within
from beacon_node.model.variation import parse_variation_id
from beacon_node.ports import SearchPlan
from beacon_node.store.variants.filters import Condition, evaluate
from beacon_node.store.variants.find import find_one
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import CALL_SET, Level

_CACHED = 1024  # sets of eligible people; at 500,000 people each is at most some 70 kB


class Eligible:
    """The eligible records of one index at any level. Does not print what it holds."""

    def __init__(self, index: Index, conditions: Iterable[Condition]) -> None:
        self._index = index
        self._conditions = _joined(conditions)
        self._at: dict[Level, NumberSet] = {}

    def at(self, level: Level) -> NumberSet:
        """Return the records of `level` that meet every condition, themselves or by lineage."""
        found = self._at.get(level)
        if found is None:
            found = self._at[level] = self._find(level)
        return found

    def _find(self, level: Level) -> NumberSet:
        members = self._index.everyone(level)
        for condition in self._conditions:
            members &= self._carried_to(level, condition)
        return members

    def _carried_to(self, level: Level, condition: Condition) -> NumberSet:
        found = NumberSet.empty(self._index.size(level))
        for source, members in condition.items():
            found |= self._index.lineage.project(members, source, level)
        return found


def _joined(conditions: Iterable[Condition]) -> list[Condition]:
    """Return the conditions, those that can be met on one level only made one for that level."""
    several, single = [], {}
    for condition in conditions:
        if len(condition) == 1:
            ((level, members),) = condition.items()
            single[level] = single[level] & members if level in single else members
        else:
            several.append(condition)
    return [*({level: members} for level, members in single.items()), *several]


def find_eligible(index: Index, plan: SearchPlan) -> Eligible:
    """Return who may be counted where a plan has filters or a restricting `within`."""
    conditions = [evaluate(index, plan, wanted) for wanted in plan.filters]
    if is_restricting(plan.within):
        conditions.append(_within(index, plan.within))
    return Eligible(index, conditions)


def is_restricting(within: Within | None) -> bool:
    """Say whether `within` is about some of a dataset's records rather than all or none."""
    return within is not None and within.entry_type not in (EntryType.DATASET, EntryType.COHORT)


def _within(index: Index, within: Within) -> Condition:
    if within.entry_type is EntryType.GENOMIC_VARIANT:
        return _carriers(index, within.id)
    number = find_number(index, within.entry_type, within.id)
    if number is None:
        return {}
    return {within.entry_type: NumberSet.of(index.size(within.entry_type), [number])}


def _carriers(index: Index, id: str) -> Condition:
    parsed = parse_variation_id(id)
    rows = find_one(index, VariationIdQuery(parsed)) if parsed else ()
    blobs = [blob for row in rows for blob in row[1:]]
    return {CALL_SET: NumberSet.union(index.call_sets, blobs)}


def find_number(index: Index, entry_type: EntryType, public_id: str) -> int | None:
    """Return the number of the record with this public id, None if there is none."""
    sql = "SELECT number FROM entry WHERE entry_type = ? AND public_id = ?"
    found = index.execute(sql, (entry_type.value, public_id)).fetchone()
    return found[0] if found else None


class EligibleCache:
    """The eligible sets found last. A release never changes, so nothing in it goes stale; what the
    filters mean is part of `SearchPlan.filters_key` (without it nothing is kept)."""

    def __init__(self, size: int = _CACHED) -> None:
        self._size, self._lock = size, Lock()
        self._found: dict[tuple, Eligible] = {}

    def get(self, index: Index, plan: SearchPlan) -> Eligible | None:
        """Return who may be counted in `index`, None if everybody may."""
        within = plan.within
        if not plan.filters and (within is None or not is_restricting(within)):
            return None
        key = (index.key, plan.filters_key, within)
        found = self._found.get(key)
        if found is None:
            found = find_eligible(index, plan)
            if plan.filters_key or not plan.filters:
                self._keep(key, found)
        return found

    def _keep(self, key: tuple, found: Eligible) -> None:
        with self._lock:
            self._found[key] = found
            if len(self._found) > self._size:
                del self._found[next(iter(self._found))]

    def forget(self, index: Index) -> None:
        """Drop everything about an index that is no longer asked."""
        with self._lock:
            for key in [key for key in self._found if key[0] == index.key]:
                del self._found[key]
