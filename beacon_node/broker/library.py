"""What each member can be asked, learned from its own documents and read again now and then.

Nobody's question waits for a member's documents but that member's own row: what is known now is at
hand at once, and a thread aside keeps it fresh.
"""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from threading import Event, Lock, Thread
from time import monotonic
from typing import Protocol

from beacon_node.beacon_v2.abilities import (
    UNKNOWN,
    Abilities,
    Form,
)
from beacon_node.beacon_v2.learning import Documents, Timing
from beacon_node.errors import BeaconNodeError, Unreachable
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Member
from beacon_node.ports import Clock, Transport

FRESH = timedelta(hours=1)
AGAIN = timedelta(minutes=2)  # after a member whose documents could not be had
LOOK_EVERY_S = 30.0
_AT_ONCE = 8  # members whose documents are read, so that some that hang do not hold up the rest
TIMEOUT_S = 20.0  # for all documents of a member; nobody waits for them
_WHAT = "abilities 1"  # raised with every change of their form: older ones are learned anew

_LOG = logging.getLogger("beacon_node.broker")


class Shelf(Protocol):
    """Where learned documents are kept for all processes; `broker.state.learned` is one."""

    def learn(self, member: str, what: str, document: Mapping, now: datetime) -> None: ...

    def learned(self, member: str, what: str) -> tuple[Mapping, datetime] | None: ...


class Library:
    """Thread-safe; one per process."""

    def __init__(
        self, transport: Transport, clock: Clock, shelf: Shelf, timing: Timing = monotonic
    ) -> None:
        self._transport, self._clock, self._shelf = transport, clock, shelf
        self._timing = timing
        self._known: dict[Member, tuple[Abilities, datetime]] = {}
        self._lock, self._stop = Lock(), Event()

    def of(self, member: Member) -> Abilities:
        """Return what is known of `member` now; asks nobody."""
        with self._lock:
            found = self._known.get(member)
        if found is None:
            found = self._from_shelf(member)
        return found[0] if found else UNKNOWN

    def learned(self, member: Member, timeout_s: float) -> Abilities:
        """Return what is known of `member`, learned now if nothing is.

        `timeout_s` is for all its documents together; raises Unreachable if they cannot be had.
        """
        found = self.of(member)
        return self._learn(member, timeout_s) if found is UNKNOWN else found

    def refresh(self, members: Iterable[Member]) -> None:
        """Read the documents of those members again of whom nothing fresh is known."""
        members = list(members)
        with self._lock:
            for gone in self._known.keys() - set(members):
                del self._known[gone]
        stale = [member for member in members if self._is_stale(member)]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="library") as readers:
            list(readers.map(self._try, stale))

    def keep_fresh(self, members: Callable[[], Sequence[Member]]) -> None:
        """Refresh aside, from now on, whoever is a member then."""
        Thread(target=self._work, args=(members,), name="library", daemon=True).start()

    def close(self) -> None:
        self._stop.set()

    def _work(self, members: Callable[[], Sequence[Member]]) -> None:
        while not self._stop.is_set():
            try:
                self.refresh(members())
            except BeaconNodeError as error:
                _LOG.warning("what members can be asked was not learned: %s", error)
            self._stop.wait(LOOK_EVERY_S)

    # ---- learning --------------------------------------------------------------------------------

    def _is_stale(self, member: Member) -> bool:
        self.of(member)  # what another process learned meanwhile is as good
        with self._lock:
            found = self._known.get(member)
        if found is None:
            return True
        known, since = found
        return self._clock.now() >= since + (AGAIN if known is UNKNOWN else FRESH)

    def _try(self, member: Member) -> None:
        """Learn about a member; one that cannot be reached keeps what was known of it."""
        if self._stop.is_set():
            return
        try:
            self._learn(member, TIMEOUT_S)
        except Unreachable:
            found = self.of(member)
            since = self._clock.now() - (FRESH - AGAIN if found is not UNKNOWN else timedelta(0))
            with self._lock:
                self._known[member] = found, since

    def _learn(self, member: Member, timeout_s: float) -> Abilities:
        until = self._timing() + timeout_s
        found = Documents(self._transport, member, until, self._timing).read()
        now = self._clock.now()
        with self._lock:
            self._known[member] = found, now
        if found is not UNKNOWN:
            self._shelf.learn(member.id, _WHAT, _document(member, found), now)
        return found

    # ---- the shelf -------------------------------------------------------------------------------

    def _from_shelf(self, member: Member) -> tuple[Abilities, datetime] | None:
        kept = self._shelf.learned(member.id, _WHAT)
        found = kept and _read(member, kept[0])
        if not kept or not found:
            return None
        with self._lock:
            self._known[member] = found, kept[1]
        return found, kept[1]


def _document(member: Member, known: Abilities) -> dict:
    """Return abilities as JSON, with the address that they were learned at."""
    document = asdict(known) | {"url": member.url, "kind": member.kind.value}
    for name in ("entry_types", "terms", "datasets"):
        document[name] = None if document[name] is None else sorted(document[name])
    document["paths"] = {kind.value: path for kind, path in known.paths.items()}
    return document


def _read(member: Member, document: Mapping) -> Abilities | None:
    """Return the abilities that a document is, None if they were learned of another address."""
    if (document.get("url"), document.get("kind")) != (member.url, member.kind.value):
        return None
    sets = {
        name: None if document[name] is None else frozenset(document[name])
        for name in ("terms", "datasets")
    }
    kinds = document["entry_types"]
    return Abilities(
        api_version=document["api_version"],
        version=document["version"],
        organization_url=document["organization_url"],
        entry_types=None if kinds is None else frozenset(map(EntryType, kinds)),
        paths={EntryType(kind): path for kind, path in document["paths"].items()},
        term_documents=tuple(document["term_documents"]),
        resources=tuple(document["resources"]),
        form=None if document["form"] is None else Form(document["form"]),
        reads=document["reads"],
        **sets,
    )
