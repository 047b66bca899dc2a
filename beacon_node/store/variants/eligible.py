"""Who may be counted in an answer: those who meet the filters and belong to what is asked within,
among the people who let the data that the question uses be used so.

Conditions on records of one entry type must be met by one and the same record (this biosample is
blood and was taken at 40); conditions on different types, by records that belong together. A filter
looks at records of those people alone who let data of that type be used. A record that belongs to
nobody who is known is counted only where everybody may be.
"""

from collections.abc import Iterable

from beacon_node.errors import StoreUnavailable
from beacon_node.model.carriers import DENSE_LIMIT, NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import EntryType
from beacon_node.model.people import EVERYBODY, needed_data
from beacon_node.model.query import Within
from beacon_node.ports import SearchPlan
from beacon_node.store.variants.counted import Counted
from beacon_node.store.variants.filters import Condition, evaluate
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import LEVELS, Level

_ASKED_SETS = 3  # who may be counted, at one more level, and who of them meets the conditions


class Eligible:
    """The eligible records of one index at any level. Does not print what it holds.

    `counted` are the individuals who may be counted at all, None: everybody. `alleles_carried` is
    how many alleles they have, once somebody counted (`variants.variations`).
    """

    def __init__(
        self, index: Index, conditions: Iterable[Condition], counted: NumberSet | None
    ) -> None:
        self._index, self._counted = index, counted
        self._conditions = _joined(conditions)
        self._at: dict[Level, NumberSet] = {}
        self._counted_at: dict[Level, NumberSet] = {}
        self.alleles_carried: int | None = None

    def at(self, level: Level) -> NumberSet:
        """Return the records of `level` that meet every condition, themselves or by lineage."""
        found = self._at.get(level)
        if found is None:
            found = self._at[level] = self._find(level)
        return found

    def may_show(self, level: Level, number: int) -> bool:
        """Say whether a record is of somebody who may be counted, eligible or not."""
        return self._counted is None or number in self._of_counted(level)

    def is_everybody(self) -> bool:
        """Say whether there is no condition, and no record of anybody who may not be counted."""
        return not self._conditions and all(
            len(self._of_counted(level)) == self._index.size(level) for level in LEVELS
        )

    def bytes(self) -> int:
        """Return about how much room this takes once a question has looked at it."""
        universe = max(map(self._index.size, LEVELS))
        sets = sum(map(len, self._conditions)) + _ASKED_SETS
        return sets * (universe // 8) + min(universe, DENSE_LIMIT)  # and one byte a number once

    def _of_counted(self, level: Level) -> NumberSet:
        if self._counted is None:
            return self._index.everyone(level)
        found = self._counted_at.get(level)
        if found is None:
            lineage = self._index.lineage
            found = lineage.project(self._counted, EntryType.INDIVIDUAL, level)
            self._counted_at[level] = found
        return found

    def _find(self, level: Level) -> NumberSet:
        members = self._of_counted(level)
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


def find_eligible(index: Index, plan: SearchPlan, decision: DatasetDecision) -> Eligible:
    """Return who may be counted. `decision.people` is not None."""
    people, counted = decision.people, None
    if people is not EVERYBODY:
        counted = people.of(used_data(plan, decision))
        if counted.universe != index.size(EntryType.INDIVIDUAL):
            raise StoreUnavailable(
                f"dataset {index.dataset.id!r} is not the one whose people are named"
            )
    looked_at = Counted(index, people)
    conditions = [evaluate(index, plan, wanted, looked_at) for wanted in plan.filters]
    if is_restricting(plan.within):
        conditions.append(_within(index, plan.within))
    return Eligible(index, conditions, counted)


def used_data(plan: SearchPlan, decision: DatasetDecision) -> frozenset[DataType]:
    """Return the types of data that a question uses of everybody whom it counts."""
    return needed_data(
        plan.entry_type,
        decision.ceiling,
        within=plan.within.entry_type if plan.within else None,
        asks_variation=plan.lookups is not None,
    )


def is_restricting(within: Within | None) -> bool:
    """Say whether `within` is about some of a dataset's records rather than all or none."""
    return within is not None and within.entry_type not in (EntryType.DATASET, EntryType.COHORT)


def _within(index: Index, within: Within) -> Condition:
    number = find_number(index, within.entry_type, within.id)
    if number is None:
        return {}
    return {within.entry_type: NumberSet.of(index.size(within.entry_type), [number])}


def find_number(index: Index, entry_type: EntryType, public_id: str) -> int | None:
    """Return the number of the record with this public id, None if there is none."""
    sql = "SELECT number FROM entry WHERE entry_type = ? AND public_id = ?"
    found = index.execute(sql, (entry_type.value, public_id)).fetchone()
    return found[0] if found else None
