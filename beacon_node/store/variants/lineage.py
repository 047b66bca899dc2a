"""Carries sets between levels of records: individual, biosample, run, analysis, call set.

Each record knows the records it belongs to. Going up, a record is in the set if any of its own is;
going down, all that belong to a member are. A record that does not know its ancestor at a level (an
analysis without a run, a call set of which only the biosample is known) is taken to belong to every
record of that level under the nearest ancestor that it knows.
"""

from collections.abc import Iterable
from typing import Protocol

import numpy as np

from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import LINEAGE, EntryType

CALL_SET = "call set"
Level = EntryType | str
"""An entry type of the lineage, or CALL_SET: what a set of dense numbers numbers."""
LEVELS: tuple[Level, ...] = (*LINEAGE, CALL_SET)
_UNKNOWN = -1
_PARENTS = ", ".join(f"coalesce({name}, {_UNKNOWN})" for name in ("individual", "biosample", "run"))
_ANALYSIS = f"coalesce(analysis, {_UNKNOWN})"
_ALIKE = {EntryType.INDIVIDUAL, CALL_SET}


class Tables(Protocol):
    """What is read of an index."""

    is_one_call_set_each: bool

    def execute(self, sql: str, values: tuple = ()) -> Iterable[tuple]: ...

    def size(self, level: Level) -> int: ...


class Lineage:
    """How the records of one index belong to each other; read when first needed."""

    def __init__(self, index: Tables) -> None:
        self._index = index
        self._parents: dict[Level, dict[Level, np.ndarray]] = {}
        self._pairs: dict[tuple[Level, Level], tuple[np.ndarray, np.ndarray]] = {}
        self._has_own: dict[Level, bool] = {CALL_SET: True}

    def project(self, members: NumberSet, source: Level, target: Level) -> NumberSet:
        """Return the records of level `target` that belong to, or own, `members` of `source`."""
        if source == target:
            return members
        size = self._index.size(target)
        if self.is_same(source, target):
            return _resized(members, size)
        return NumberSet.of(size, self._related(members.numbers(), source, target))

    def has_own(self, level: Level) -> bool:
        """Say whether each call set has a record of `level` that no other call set has.

        Then as many records as call sets carry a variation.
        """
        found = self._has_own.get(level)
        if found is None:
            found = self._has_own[level] = self.is_same(CALL_SET, level) or self._is_distinct(level)
        return found

    def _is_distinct(self, level: Level) -> bool:
        parents = self._known_parents(CALL_SET, level)
        return bool((parents >= 0).all()) and len(np.unique(parents)) == len(parents)

    def is_same(self, source: Level, target: Level) -> bool:
        """Say whether two levels number the same things alike."""
        if source == target:
            return True
        return self._index.is_one_call_set_each and {source, target} == _ALIKE

    def _related(self, numbers: np.ndarray, source: Level, target: Level) -> np.ndarray:
        if LEVELS.index(source) > LEVELS.index(target):
            parents = self._known_parents(source, target)
            if (parents >= 0).all():
                return parents[numbers]
            uppers, lowers = self._pairs_of(target, source)
            return uppers[_mask(numbers, self._index.size(source))[lowers]]
        uppers, lowers = self._pairs_of(source, target)
        return lowers[_mask(numbers, self._index.size(source))[uppers]]

    def _pairs_of(self, upper: Level, lower: Level) -> tuple[np.ndarray, np.ndarray]:
        """Return who belongs to whom: numbers of `upper` and, beside them, of `lower`."""
        if (upper, lower) not in self._pairs:
            self._pairs[upper, lower] = self._find_pairs(upper, lower)
        return self._pairs[upper, lower]

    def _find_pairs(self, upper: Level, lower: Level) -> tuple[np.ndarray, np.ndarray]:
        parents = self._known_parents(lower, upper)
        known = np.flatnonzero(parents >= 0)
        uppers, lowers = [parents[known]], [known]
        lost = np.flatnonzero(parents < 0)
        for common in reversed(LEVELS[: LEVELS.index(upper)]):
            through = self._known_parents(lower, common)[lost]
            found = _cousins(self._known_parents(upper, common), through)
            uppers.append(found[0])
            lowers.append(lost[found[1]])
            lost = lost[through < 0]
        return np.concatenate(uppers), np.concatenate(lowers)

    def _known_parents(self, lower: Level, upper: Level) -> np.ndarray:
        """Return each record's parent at level `upper`, -1 where it is not known."""
        if lower not in self._parents:
            self._parents[lower] = self._read_parents(lower)
        return self._parents[lower][upper]

    def _read_parents(self, lower: Level) -> dict[Level, np.ndarray]:
        above = LEVELS[: LEVELS.index(lower)]
        rows = self._call_set_rows() if lower == CALL_SET else self._entry_rows(lower)
        table = np.full((self._index.size(lower), len(LINEAGE)), _UNKNOWN, np.int64)
        if rows:
            numbered = np.array(rows, np.int64)
            table[numbered[:, 0]] = numbered[:, 1:]
        found = {level: table[:, at] for at, level in enumerate(above)}
        for level in reversed(above):  # what a known parent knows, its child knows
            self._fill_in(found, level)
        return found

    def _fill_in(self, found: dict[Level, np.ndarray], level: Level) -> None:
        for upper in LEVELS[: LEVELS.index(level)]:
            gaps = np.flatnonzero((found[upper] < 0) & (found[level] >= 0))
            if len(gaps):
                found[upper][gaps] = self._known_parents(level, upper)[found[level][gaps]]

    def _call_set_rows(self) -> list[tuple]:
        return list(self._index.execute(f"SELECT number, {_PARENTS}, {_ANALYSIS} FROM call_set"))

    def _entry_rows(self, level: EntryType) -> list[tuple]:
        sql = f"SELECT number, {_PARENTS}, {_UNKNOWN} FROM entry WHERE entry_type = ?"
        return list(self._index.execute(sql, (level.value,)))


def _mask(numbers: np.ndarray, size: int) -> np.ndarray:
    mask = np.zeros(size, bool)
    mask[numbers] = True
    return mask


def _cousins(of_uppers: np.ndarray, of_lowers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the pairs (upper, position among lowers) whose ancestors are the same known one."""
    order = np.argsort(of_uppers, kind="stable")
    ancestors = of_uppers[order]
    first = np.searchsorted(ancestors, of_lowers, "left")
    count = np.searchsorted(ancestors, of_lowers, "right") - first
    count[of_lowers < 0] = 0
    lowers = np.repeat(np.arange(len(of_lowers)), count)
    within = np.arange(len(lowers)) - np.repeat(np.cumsum(count) - count, count)
    return order[np.repeat(first, count) + within], lowers


def _resized(members: NumberSet, universe: int) -> NumberSet:
    """Return the members below `universe`, in the form that sets of this size have."""
    if members.universe == universe:
        return members
    numbers = members.numbers()
    return NumberSet.of(universe, numbers[numbers < universe])
