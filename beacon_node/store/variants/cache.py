"""The eligible sets found last, of all questions together."""

from collections import deque
from threading import Lock
from weakref import WeakKeyDictionary, ref

from beacon_node.model.decision import DatasetDecision
from beacon_node.model.people import EVERYBODY, Consented
from beacon_node.ports import SearchPlan
from beacon_node.store.variants.eligible import (
    Eligible,
    find_eligible,
    is_restricting,
    used_data,
)
from beacon_node.store.variants.index import Index

_MOST = 1024  # sets of eligible people
_MOST_BYTES = 64 << 20  # what they take at most, about

_NOT_FOUND = object()


class _Found(dict[tuple, Eligible | None]):
    """What was found for one group of people. None: everybody may be counted."""

    __slots__ = ("__weakref__",)


_Entry = tuple[ref[_Found], tuple, int]
"""(for whom, its key there, bytes)."""


class EligibleCache:
    """The eligible sets found last. A release never changes, so nothing in it goes stale; what the
    filters mean is part of `SearchPlan.filters_key` (without it nothing is kept). What was found
    among people who consented goes with the `Consented` that names them. Over all groups of people
    together at most `most` sets are kept, of about `most_bytes`; the oldest go first."""

    def __init__(self, most: int = _MOST, most_bytes: int = _MOST_BYTES) -> None:
        self._most, self._most_bytes, self._lock = most, most_bytes, Lock()
        self._everybody = _Found()
        self._consented: WeakKeyDictionary[Consented, _Found] = WeakKeyDictionary()
        self._kept: deque[_Entry] = deque()
        self._bytes = 0

    def get(self, index: Index, plan: SearchPlan, decision: DatasetDecision) -> Eligible | None:
        """Return who may be counted in `index`, None if everybody may."""
        people, within = decision.people, plan.within
        if within is not None and not is_restricting(within):
            within = None
        if people is EVERYBODY:
            if not plan.filters and within is None:
                return None
            known, key = self._everybody, (index.key, plan.filters_key, within)
        else:
            known = self._known(people)
            key = (index.key, plan.filters_key, within, used_data(plan, decision))
        if plan.filters and not plan.filters_key:
            return _find(index, plan, decision)
        found = known.get(key, _NOT_FOUND)
        if found is _NOT_FOUND:
            found = _find(index, plan, decision)
            self._keep(known, key, found)
        return found

    def _known(self, people: Consented) -> _Found:
        known = self._consented.get(people)
        if known is None:
            with self._lock:
                known = self._consented.setdefault(people, _Found())
        return known

    def _keep(self, known: _Found, key: tuple, found: Eligible | None) -> None:
        size = 0 if found is None else found.bytes()
        with self._lock:
            if key in known:  # another thread found it at the same time
                return
            known[key] = found
            self._kept.append((ref(known), key, size))
            self._bytes += size
            if self._is_too_much():
                self._shrink()

    def _is_too_much(self) -> bool:
        return len(self._kept) > self._most or self._bytes > self._most_bytes

    def _shrink(self) -> None:
        """Forget what is gone already, then the oldest."""
        self._kept = deque(entry for entry in self._kept if entry[1] in (entry[0]() or ()))
        self._bytes = sum(size for _, _, size in self._kept)
        while self._kept and self._is_too_much():
            held, key, size = self._kept.popleft()
            self._bytes -= size
            known = held()
            if known is not None:
                known.pop(key, None)

    def forget(self, index: Index) -> None:
        """Drop everything about an index that is no longer asked."""
        with self._lock:
            for known in (self._everybody, *self._consented.values()):
                for key in [key for key in known if key[0] == index.key]:
                    del known[key]


def _find(index: Index, plan: SearchPlan, decision: DatasetDecision) -> Eligible | None:
    found = find_eligible(index, plan, decision)
    return None if found.is_everybody() else found
