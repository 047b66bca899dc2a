"""How everybody in a release stands to it: in groups of those who permit the same.

A million people make few groups, each a set of individual numbers; who changed since stands beside
them one by one.
"""

from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import reduce
from operator import or_
from pathlib import Path

import numpy as np

from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import ConsentVersion
from beacon_node.policy.consent import History
from beacon_node.policy.consent_profiles import Profile, is_out_of_open_data, profile_of
from beacon_node.ports import QuestionLedger
from beacon_node.store.people import individual_count, numbered_individuals

MOST_CHANGED = 2_000  # beyond it those who changed are put into the groups


class Out(Enum):
    """How somebody stands to open data who said no."""

    OUT = "out"


OUT = Out.OUT
Standing = Profile | Out


@dataclass(frozen=True, slots=True)
class Rule:
    """By which individuals stand to one release: what they permit, or to open data whether they
    are out. `consented_at` is the moment whose consents the release was made from."""

    dataset_id: str
    consented_at: datetime | None
    is_open_data: bool

    def standing(self, history: History, at: datetime) -> Standing | None:
        """Return how somebody stands at `at`; None like those who never stated anything."""
        if self.is_open_data:
            since = self.consented_at
            return OUT if is_out_of_open_data(history, at, self.dataset_id, since=since) else None
        found = profile_of(history, at, self.dataset_id, released_at=self.consented_at)
        return found or None


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Standings:
    """`groups` with, instead of what they say of them, the people in `changed` (None: nothing).

    Never changes; compared as the one object it is.
    """

    groups: Mapping[Standing, NumberSet]
    changed: Mapping[int, Standing | None]

    def __repr__(self) -> str:
        return "Standings(…)"

    def kinds(self) -> frozenset[Standing]:
        """Return the ways in which anybody stands."""
        return frozenset(self.groups) | {one for one in self.changed.values() if one is not None}

    def of(self, number: int) -> Standing | None:
        if number in self.changed:
            return self.changed[number]
        return next((one for one, members in self.groups.items() if number in members), None)

    def members(self, wanted: Collection[Standing], people: int) -> NumberSet:
        """Return those, of all `people`, who stand in one of the ways `wanted`."""
        sets = (members for one, members in self.groups.items() if one in wanted)
        found = reduce(or_, sets, NumberSet.empty(people))
        if not self.changed:
            return found
        now = [number for number, one in self.changed.items() if one in wanted]
        return found - NumberSet.of(people, self.changed) | NumberSet.of(people, now)

    def with_changes(self, changes: Mapping[int, Standing | None], people: int) -> "Standings":
        """Return these with changes; the same object if all stand as they did."""
        new = {number: one for number, one in changes.items() if self.of(number) != one}
        if not new:
            return self
        found = Standings(self.groups, {**self.changed, **new})
        return found if len(found.changed) <= MOST_CHANGED else found._folded(people)

    def _folded(self, people: int) -> "Standings":
        groups = {one: self.members((one,), people) for one in self.kinds()}
        return Standings({one: members for one, members in groups.items() if members}, {})


def standings_at(ledger: QuestionLedger, index: Path, rule: Rule, at: datetime) -> Standings:
    """Return how everybody in an index stands at `at`, by one pass over ledger and index."""
    numbers: dict[Standing, array] = {}
    histories = ledger.histories(rule.dataset_id)
    for number, history in _of_a_release(numbered_individuals(index), histories):
        standing = rule.standing(history, at)
        if standing is not None:
            numbers.setdefault(standing, array("I")).append(number)
    people = individual_count(index)
    return Standings(
        {one: NumberSet.of(people, np.array(listed)) for one, listed in numbers.items()}, {}
    )


def changes_at(
    ledger: QuestionLedger, numbers: Mapping[str, int], rule: Rule, at: datetime
) -> dict[int, Standing | None]:
    """Return how a few individuals (id: number) stand at `at`, by number."""
    return {
        number: rule.standing(ledger.history(individual), at)
        for individual, number in numbers.items()
    }


def _of_a_release(
    people: Iterable[tuple[str, int]], histories: Iterable[tuple[str, tuple[ConsentVersion, ...]]]
) -> Iterator[tuple[int, tuple[ConsentVersion, ...]]]:
    """Yield (number, history) of those who are in both; both come in the order of the ids.

    SQLite orders texts by their UTF-8 bytes, which is the order Python compares them in.
    """
    people = iter(people)
    person = next(people, None)
    for individual, history in histories:
        while person is not None and person[0] < individual:
            person = next(people, None)
        if person is None:
            return
        if person[0] == individual:
            yield person[1], history
