"""Finds the individuals whom a registered count is about, and who of them carry what was asked for.

The same rules as `variants.entries` has for individuals: with a variation those match who own a
carrying call set among the eligible ones.
"""

from beacon_node.model.carriers import NumberSet
from beacon_node.model.decision import DatasetDecision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.found_people import NOBODY, FoundPeople
from beacon_node.model.query import Lookup
from beacon_node.store.variants.eligible import Eligible
from beacon_node.store.variants.find import find
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import CALL_SET

_INDIVIDUAL = EntryType.INDIVIDUAL


def may_find_people(decision: DatasetDecision) -> bool:
    """Say whether a decision lets people be found: that of the registered tier alone."""
    is_open = decision.ceiling is not None and decision.people is not None
    return is_open and decision.guard is Guard.REGISTERED


def find_people(
    index: Index, eligible: Eligible | None, lookups: tuple[Lookup, ...] | None
) -> FoundPeople:
    """Return the people of a question; `eligible` None: everybody, `lookups` None: no variation.

    Nobody in a dataset that lists variations without people.
    """
    if index.is_sites_only:
        return NOBODY
    asked = index.everyone(_INDIVIDUAL) if eligible is None else eligible.at(_INDIVIDUAL)
    if lookups is None:
        return FoundPeople(asked, asked)
    sets = [blob for row in find(index, lookups) for blob in row[1:] if blob]
    if not sets:
        return FoundPeople(asked, NumberSet.empty(asked.universe))
    carrying = NumberSet.union(index.call_sets, sets)
    if eligible is not None:
        carrying &= eligible.at(CALL_SET)
    return FoundPeople(asked, index.lineage.project(carrying, CALL_SET, _INDIVIDUAL) & asked)
