"""How many of an index's alleles the people carry who may be counted.

An allele drops out of the total of everybody only if all its carriers are left out, so it has no
more carriers than people are left out: SQLite passes over every longer set without reading it.
"""

from collections.abc import Iterable
from threading import Lock
from typing import Protocol

from beacon_node.model.carriers import DENSE_LIMIT, NumberSet
from beacon_node.store.variants.statements import OF_PEOPLE

_KEPT = 16  # totals of an index; its groups of people come one after the other


class Tables(Protocol):
    """What is read of an index."""

    call_sets: int

    def execute(self, sql: str, values: tuple = ()) -> Iterable[tuple]: ...

    @property
    def alleles_carried(self) -> int: ...


class CarriedTotals:
    """The totals of one index found last; those who ask meanwhile wait for the same answer."""

    def __init__(self, index: Tables) -> None:
        self._index, self._lock = index, Lock()
        self._known: dict[NumberSet, int] = {}

    def of(self, people: NumberSet) -> int:
        """Return how many alleles the call sets `people` carry."""
        with self._lock:
            total = self._known.get(people)
            if total is None:
                total = self._known[people] = count_by_difference(self._index, people)
                if len(self._known) > _KEPT:
                    del self._known[next(iter(self._known))]
            return total


def count_by_difference(index: Tables, people: NumberSet) -> int:
    """Return how many alleles the call sets `people` carry: all but those that only others do."""
    if not people:
        return 0
    others = index.call_sets - len(people)
    limit = longest_stored(others, people.universe)
    rows = index.execute(OF_PEOPLE.few_carriers, (limit,))
    return index.alleles_carried - _count_not_carried(rows, people)


def longest_stored(count: int, universe: int) -> int:
    """Return an upper limit of the bytes in which `model.carriers` stores `count` numbers.

    The portable roaring form has at most 9 bytes about each container of 2^16 numbers and 16 in
    front, and takes at most 2 bytes a number (https://github.com/RoaringBitmap/RoaringFormatSpec).
    """
    if universe <= DENSE_LIMIT:
        return 1 + 2 * count
    containers = universe // DENSE_LIMIT + 1
    return 16 + 9 * containers + 4 * count


def _count_not_carried(rows: Iterable[tuple], people: NumberSet) -> int:
    meets, total = people.meets, 0
    for _, het, hom, single in rows:
        if not ((het and meets(het)) or (hom and meets(hom)) or (single and meets(single))):
            total += 1
    return total
