"""All of the committee's work as it stands, remembered until anything is added to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from beacon_node.model.application import Application, Block, Committee, Revoke, Submit
from beacon_node.model.dac import DacEntry, Done, Terms, Unblock
from beacon_node.node import Node
from beacon_node.policy.applications import blocks_of, fold
from beacon_node.policy.applications.history import after
from beacon_node.policy.applications.rights import EVERY_DATASET

_KEY = "work"


@dataclass(frozen=True, slots=True)
class Held:
    """An application, since when it waits for the committee (None: it was never submitted), when
    it was begun, and the number of that entry."""

    application: Application
    submitted_at: datetime | None
    begun_at: datetime
    first: int


@dataclass(frozen=True, slots=True)
class Work:
    """What the entries up to `version` amount to. `by_person` has the ids of the applications that
    somebody is, or was once, of; `blocks` who is blocked now, by account."""

    version: int
    applications: Mapping[str, Held]
    by_person: Mapping[str, tuple[str, ...]]
    blocks: Mapping[str, tuple[Block, ...]]
    committee: Committee
    terms: Terms | None

    def of_person(self, account: str) -> Iterable[Application]:
        return (self.applications[id].application for id in self.by_person.get(account, ()))

    def blocked_datasets(self, account: str) -> frozenset[str]:
        """Return from which datasets an account is blocked; `*` is every one."""
        return frozenset(block.dataset for block in self.blocks.get(account, ()))


NOTHING = Work(0, {}, {}, {}, Committee(frozenset(), frozenset()), None)


def present_work(node: Node) -> Work:
    """Return the work on record, in whichever process it was recorded.

    Only what was added since is read; all of it if an older ledger was put back. Raises
    StoreUnavailable or LedgerBroken.
    """
    known, version = node.applications.get(_KEY, NOTHING), node.ledger.dac_version()
    if version < known.version:
        known = NOTHING
    if version != known.version:
        known = advanced(known, node.ledger.dac_entries(known.version))
        node.applications[_KEY] = known
    return known


def advanced(work: Work, entries: Iterable[DacEntry]) -> Work:
    """Return the work as more entries leave it."""
    step = _Step(work)
    for entry in entries:
        step.take(entry)
    return step.result()


class _Step:
    """Copies of what is known, to which entries are added."""

    def __init__(self, work: Work) -> None:
        self._applications, self._by_person = dict(work.applications), dict(work.by_person)
        self._blocks = dict(work.blocks)
        self._committee, self._terms, self._version = work.committee, work.terms, work.version

    def take(self, entry: DacEntry) -> None:
        self._version, said = entry.number, entry.said
        if isinstance(said, Done):
            self._take_event(entry, said)
        elif isinstance(said, Committee):
            self._committee = said
        elif isinstance(said, Terms):
            self._terms = said
        elif isinstance(said, Block):
            self._block(said)
        else:
            self._unblock(said)

    def result(self) -> Work:
        version = self._terms.version if self._terms else ""
        committee = replace(self._committee, terms_version=version)
        found = self._applications, self._by_person, self._blocks
        return Work(self._version, *found, committee, self._terms)

    def _take_event(self, entry: DacEntry, said: Done) -> None:
        held = self._applications.get(said.application)
        if held is None:
            held = Held(fold(said.application, [entry.event]), None, entry.at, entry.number)
        else:
            held = replace(held, application=after(held.application, entry.event))
        if isinstance(said.command, Submit):
            held = replace(held, submitted_at=entry.at)
        self._applications[said.application] = held
        for person in held.application.people:
            known = self._by_person.get(person, ())
            if said.application not in known:
                self._by_person[person] = (*known, said.application)
        if isinstance(said.command, Revoke):
            for block in blocks_of([held.application]):
                self._block(block)

    def _block(self, block: Block) -> None:
        others = self._blocks.get(block.account, ())
        others = tuple(one for one in others if one.dataset != block.dataset)
        self._blocks[block.account] = (*others, block)

    def _unblock(self, said: Unblock) -> None:
        found = self._blocks.get(said.account, ())
        left = () if said.dataset == EVERY_DATASET else found
        self._blocks[said.account] = tuple(one for one in left if one.dataset != said.dataset)
