"""All of the committee's work as it stands, remembered until anything is added to it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from beacon_node.model.application import Application, Block, Committee, Revoke, Submit
from beacon_node.model.dac import DacEntry, Done, Terms, Unblock
from beacon_node.model.linked import Linked
from beacon_node.model.staff import RoleChange, StaffRole, with_role
from beacon_node.node import Node
from beacon_node.policy.applications import blocks_of, fold
from beacon_node.policy.applications.history import after
from beacon_node.policy.applications.persons import (
    NOBODY,
    accounts_of,
    application_as,
    committee_as,
)
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
    """What the entries up to `version` amount to, with everybody under the account that they count
    as by `linked`. `by_person` has the ids of the applications that somebody is, or was once, of;
    `blocks` who is blocked now. `named` are all accounts that the entries name, `said` the blocks
    by the account that they were said of, `roles` who was given which role at the node.
    """

    version: int
    applications: Mapping[str, Held]
    by_person: Mapping[str, tuple[str, ...]]
    blocks: Mapping[str, tuple[Block, ...]]
    committee: Committee
    terms: Terms | None
    linked: Linked = NOBODY
    named: frozenset[str] = frozenset()
    said: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    roles: Mapping[str, frozenset[StaffRole]] = field(default_factory=dict)

    def person(self, account: str) -> str:
        """Return the account as which somebody counts, whichever of theirs this is."""
        return self.linked.person(account)

    def of_person(self, account: str) -> Iterable[Application]:
        ids = self.by_person.get(self.person(account), ())
        return (self.applications[id].application for id in ids)

    def blocks_of(self, account: str) -> tuple[Block, ...]:
        return self.blocks.get(self.person(account), ())

    def blocked_datasets(self, account: str) -> frozenset[str]:
        """Return from which datasets an account is blocked; `*` is every one."""
        return frozenset(block.dataset for block in self.blocks_of(account))


NOTHING = Work(0, {}, {}, {}, Committee(frozenset(), frozenset()), None)


def present_work(node: Node) -> Work:
    """Return the work on record, in whichever process it was recorded.

    Only what was added since is read; all of it if an older ledger was put back, or somebody it
    names turned out to be one with another. Raises StoreUnavailable or LedgerBroken.
    """
    known, linked = node.applications.get(_KEY, NOTHING), node.ledger.linked()
    version = node.ledger.dac_version()
    if version < known.version or _concerns(linked, known):
        known = NOTHING
    if version != known.version or linked.version != known.linked.version:
        known = advanced(known, node.ledger.dac_entries(known.version), linked)
        node.applications[_KEY] = known
    return known


def _concerns(linked: Linked, work: Work) -> bool:
    """Say whether anybody whom the work names was linked since, or is not linked any more."""
    before = work.linked.version
    if linked.version < before:
        return True
    new = (link for link in reversed(linked.links) if link.number > before)
    return any(not work.named.isdisjoint(linked.accounts(link.person)) for link in new)


def advanced(work: Work, entries: Iterable[DacEntry], linked: Linked = NOBODY) -> Work:
    """Return the work as more entries leave it; `linked` is what concerns it by now."""
    step = _Step(work, linked)
    for entry in entries:
        step.take(entry)
    return step.result()


class _Step:
    """Copies of what is known, to which entries are added."""

    def __init__(self, work: Work, linked: Linked) -> None:
        self._applications, self._by_person = dict(work.applications), dict(work.by_person)
        self._said, self._named, self._linked = dict(work.said), set(work.named), linked
        self._is_anew = not work.version
        self._roles = dict(work.roles)
        self._committee, self._terms, self._version = work.committee, work.terms, work.version

    def take(self, entry: DacEntry) -> None:
        self._version, said = entry.number, entry.said
        if isinstance(said, Done):
            self._take_event(entry, said)
        elif isinstance(said, Committee):
            self._committee = said
            self._named |= said.members
        elif isinstance(said, Terms):
            self._terms = said
        elif isinstance(said, Block):
            self._block(said)
        elif isinstance(said, Unblock):
            self._unblock(said, entry.at)
        elif isinstance(said, RoleChange):
            self._roles = with_role(self._roles, said)

    def result(self) -> Work:
        version = self._terms.version if self._terms else ""
        committee = committee_as(replace(self._committee, terms_version=version), self._linked)
        return Work(
            version=self._version,
            applications=self._applications_now(),
            by_person=_united(self._by_person, self._linked),
            blocks=self._blocks_now(),
            committee=committee,
            terms=self._terms,
            linked=self._linked,
            named=frozenset(self._named),
            said=self._said,
            roles=self._roles,
        )

    def _take_event(self, entry: DacEntry, said: Done) -> None:
        held = self._applications.get(said.application)
        if held is None:
            held = Held(fold(said.application, [entry.event]), None, entry.at, entry.number)
        else:
            application = after(held.application, entry.event, self._linked)
            held = replace(held, application=application)
        if isinstance(said.command, Submit):
            held = replace(held, submitted_at=entry.at)
        self._applications[said.application] = held
        self._named |= accounts_of(entry.event)
        for person in held.application.people:
            known = self._by_person.get(person, ())
            if said.application not in known:
                self._by_person[person] = (*known, said.application)
        if isinstance(said.command, Revoke):
            for block in blocks_of([held.application]):
                self._block(block)

    def _applications_now(self) -> Mapping[str, Held]:
        """Return the applications, those too to which nothing was done since a link."""
        if not (self._is_anew and self._linked.links):
            return self._applications
        return {
            id: replace(held, application=application_as(held.application, self._linked))
            for id, held in self._applications.items()
        }

    # ---- blocks ------------------------------------------------------------------------------

    def _block(self, block: Block) -> None:
        others = self._said.get(block.account, ())
        others = tuple(one for one in others if one.dataset != block.dataset)
        self._said[block.account] = (*others, block)
        self._named.add(block.account)

    def _unblock(self, said: Unblock, at: datetime) -> None:
        """Take back the blocks of all accounts that were one person's by then, and of no other:
        nobody is free by being linked to somebody who was let off before."""
        own = self._linked.among({said.account}).as_of(at)
        for account in own.accounts(said.account):
            found = self._said.get(account, ())
            left = () if said.dataset == EVERY_DATASET else found
            self._said[account] = tuple(one for one in left if one.dataset != said.dataset)
        self._named.add(said.account)

    def _blocks_now(self) -> Mapping[str, tuple[Block, ...]]:
        """Return the blocks of each person: what either account was blocked from."""
        found: dict[str, dict[str, Block]] = {}
        for account, blocks in self._said.items():
            own = found.setdefault(self._linked.person(account), {})
            for block in blocks:
                own[block.dataset] = replace(block, account=self._linked.person(account))
        return {person: tuple(blocks.values()) for person, blocks in found.items()}


def _united(
    by_person: Mapping[str, tuple[str, ...]], linked: Linked
) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for account, ids in by_person.items():
        known = found.get(linked.person(account), ())
        found[linked.person(account)] = (*known, *(id for id in ids if id not in known))
    return found
