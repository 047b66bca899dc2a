"""Who may be told of exactly at the moment of a question, by her own choice (docs/guard.md).

A choice that was taken back, or narrowed, acts on the next question; one that was added, on the
next release.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from weakref import WeakKeyDictionary

from beacon_node.actions.public_choices import asked_of, choices_in
from beacon_node.actions.public_places import Spot, spots_of
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.ledger import Moment
from beacon_node.model.people import Consented, People
from beacon_node.model.query import Lookup
from beacon_node.node import Node
from beacon_node.policy.consent import visible
from beacon_node.ports import Dataset
from beacon_node.store.public import Choice, OpenedCarriers, PublicTable


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
    """What each opener opens: as on record at consent version `version`, until a date changes it.

    `since` is the release whose consents it holds against, `opened_by` by choice of the table.
    """

    since: datetime
    version: int
    at: datetime
    until: datetime | None
    by_opener: tuple[frozenset[Choice], ...]
    opened_by: tuple[NumberSet, ...]

    def covers(self, moment: Moment) -> bool:
        """A question that began a little earlier may see what a later one found."""
        is_recorded = moment.consent_version <= self.version
        return is_recorded and (self.until is None or moment.at < self.until)


class OpenCarriers:
    """The openers of one table, and what is known of their consents."""

    def __init__(self, table: PublicTable) -> None:
        self._table = table
        self._lock = threading.Lock()
        self._known: _Known | None = None
        self._consenting: WeakKeyDictionary[Consented, NumberSet] = WeakKeyDictionary()

    def __repr__(self) -> str:
        return "OpenCarriers(…)"

    def __len__(self) -> int:
        return len(self._table.openers)

    def tells(
        self, node: Node, dataset: Dataset, people: People | None, lookups: Iterable[Lookup]
    ) -> bool:
        """Say whether anybody who may be counted now carries, where she opened it, what is asked.

        False tells nothing: whoever did not open it is not looked at.
        """
        if not self._table.openers or not isinstance(people, Consented):
            return False
        known = self._brought_up_to_date(node, dataset)
        here = self._in(people)
        rows = (row for spot in spots_of(lookups) for row in self._rows(spot))
        carry = [(known.opened_by[row.choice] & here).meets(row.carriers) for row in rows]
        return any(carry)  # all were looked at: how long it takes does not tell who was found

    def _rows(self, spot: Spot) -> Iterable[OpenedCarriers]:
        reaching = self._table.opened_reaching(*spot.before) if spot.is_wide else ()
        between = self._table.opened_between(spot.first, spot.last)
        return (row for row in chain(reaching, between) if spot.fits(row.allele))

    def _in(self, people: Consented) -> NumberSet:
        """Return which openers are among the people of a decision, by their numbers here."""
        with self._lock:
            found = self._consenting.get(people)
            if found is None:
                numbers = people.by_type[DataType.VARIANTS]
                openers = enumerate(self._table.openers)
                here = [number for number, one in openers if one.individual in numbers]
                found = self._consenting[people] = NumberSet.of(len(self), here)
            return found

    # ---- what they open now ------------------------------------------------------------------

    def _brought_up_to_date(self, node: Node, dataset: Dataset) -> _Known:
        """Return what holds now. Read later than the question was decided: if anything is recorded
        in between, the question is not recorded, and decided anew."""
        moment = node.ledger.moment(node.clock.now())
        with self._lock:
            known = self._known
            if known is None or known.since != dataset.consented_at:
                known = self._looked_up(node, dataset, moment, None)
            elif not known.covers(moment):
                known = self._looked_up(node, dataset, moment, known)
            self._known = known
            return known

    def _looked_up(
        self, node: Node, dataset: Dataset, moment: Moment, before: _Known | None
    ) -> _Known:
        ledger = node.ledger
        at = max(before.at, moment.at) if before else moment.at
        changed = frozenset(one.id for one in self._table.openers)
        if before:
            changed &= ledger.changed_since(before.version, dataset.id) | ledger.dated_between(
                before.at, at, dataset.id
            )
        by_opener = tuple(
            _opens(node, dataset, one.id, at) if one.id in changed else before.by_opener[number]
            for number, one in enumerate(self._table.openers)
        )
        return _Known(
            dataset.consented_at,
            max(before.version if before else 0, moment.consent_version),
            at,
            ledger.next_boundary(at),
            by_opener,
            self._opened_by(by_opener),
        )

    def _opened_by(self, by_opener: tuple[frozenset[Choice], ...]) -> tuple[NumberSet, ...]:
        return tuple(
            NumberSet.of(len(self), [n for n, opens in enumerate(by_opener) if choice in opens])
            for choice in self._table.choices
        )


def _opens(node: Node, dataset: Dataset, individual: str, at: datetime) -> frozenset[Choice]:
    """Return what somebody opened all the time from the release to `at`."""
    if dataset.consented_at is None:
        return frozenset()
    history, asked = node.ledger.history(individual), asked_of(dataset.id)
    found = visible(history, at, asked, released_at=dataset.consented_at)
    return choices_in(found.open) if found else frozenset()
