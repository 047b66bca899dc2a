"""Who may be counted in an answer: the people of a release who consented to what is needed.

How everybody stands to a release is remembered (`actions.consent_standings`) and brought up to date
by whoever's consents were recorded, began or ended since. The sets of numbers that follow from it
are remembered for each kind of question, and are the same object as long as they are the same sets.
"""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from pathlib import Path

from beacon_node.actions.consent_standings import (
    OUT,
    Rule,
    Standing,
    Standings,
    changes_at,
    standings_at,
)
from beacon_node.actions.diseases import loaded_mondo
from beacon_node.actions.whole_ledger import consent_hash, require_ledger_of
from beacon_node.errors import ReleasedAnew
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType, UseKind
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.data_use import Use
from beacon_node.model.decision import NeededConsent
from beacon_node.model.ledger import Moment
from beacon_node.model.people import EVERYBODY, Consented, People
from beacon_node.node import Node
from beacon_node.policy.consent_profiles import (
    Approval,
    approved_types,
    profile_document,
    read_profile,
)
from beacon_node.ports import Dataset
from beacon_node.store.ledger import Ledger
from beacon_node.store.people import individual_count, numbers_of
from beacon_node.store.records import ReleaseRecord, published
from beacon_node.store.snapshots import Group, Origin, read_snapshot, write_snapshot

_MOST_ANSWERS = 64  # kinds of questions whose people are remembered for a release
_RELEASES = 2  # of one dataset: the current one, and the one before in questions under way


def consented(
    node: Node, dataset: Dataset, needed: NeededConsent | None, moment: Moment
) -> People | None:
    """Return who in a release may be counted at `moment`; None if nobody may, whoever is in it.

    `needed` None: the dataset is open data, and everybody is in who did not say no since. While
    nothing changes it is the same object. What is recorded after `moment` may have been seen:
    the audit entry of the question is refused then, and it is decided anew.
    Raises StoreUnavailable if ledger or index cannot be read, or the release is no longer kept,
    LedgerBroken if the release was made from another ledger.
    """
    if not _can_be_counted(dataset, needed):
        return None
    release = _release(node, dataset, is_open_data=needed is None)
    known = release.known
    if known is None or not known.covers(moment):
        known = release.bring_up_to_date(node, moment)
    asked = needed, dataset.use
    answer = release.answers.get(asked)
    if answer is None or not answer.holds(known, node, moment.at):
        answer = release.answer(node, asked, known, moment.at)
    return answer.people


def take_snapshot(node: Node, dataset_id: str, number: int, moment: Moment, index: Path) -> str:
    """Write down who permits what in release `number`, made from the consents of `moment`.

    Of open data: who said no. Returns the name of the file, beside `index`. Whatever is recorded
    later is looked up when it is asked for.
    """
    is_open_data = node.catalogue.dataset(dataset_id).is_open_data
    rule = Rule(dataset_id, moment.at, is_open_data)
    standings = standings_at(node.ledger, index, rule, moment.at)
    groups = [Group(_document(one), members) for one, members in standings.groups.items()]
    path = index.with_name(f"{index.stem}-{number}.consents")
    write_snapshot(path, _origin(node.ledger, rule, index, moment.consent_version), groups)
    return path.name


def _document(standing: Standing) -> list:
    """Return how people stand as a snapshot has it: who is out permits nothing."""
    return [] if standing is OUT else profile_document(standing)


def _standing(document: list) -> Standing:
    return read_profile(document) if document else OUT


def _can_be_counted(dataset: Dataset, needed: NeededConsent | None) -> bool:
    """Closed by default: without terms, purpose or a release made from consents nobody is in."""
    if needed is None:
        return dataset.is_open_data
    if needed.purpose is None and needed.use is not UseKind.PUBLIC_DISCOVERY:
        return False
    return dataset.use is not None and dataset.consented_at is not None


# ---- what is remembered of a release -------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Known:
    """How people stand, from `at` until the next date of a statement, by a consent version."""

    standings: Standings
    version: int
    at: datetime
    until: datetime | None

    def covers(self, moment: Moment) -> bool:
        """A question that began a little earlier may see what a later one found."""
        is_recorded = moment.consent_version <= self.version
        return is_recorded and (self.until is None or moment.at < self.until)


_Asked = tuple[NeededConsent | None, Use | None]


@dataclass(frozen=True, slots=True, repr=False)
class _Answer:
    """People, and what they follow from. `knowledge` is the version of the disease ontology and
    `day` the day they hold for; None where they depend on none."""

    people: People
    standings: Standings
    knowledge: int | None = None
    day: date | None = None
    approval: Approval | None = None

    def holds(self, known: _Known, node: Node, at: datetime) -> bool:
        return (
            self.standings is known.standings
            and (self.day is None or self.day == at.date())
            and (self.knowledge is None or self.knowledge == node.knowledge.version)
        )


class _Release:
    """What this process knows of one release. Readers take what is there, which never changes;
    whoever finds it out of date holds the lock and puts something new in its place."""

    def __init__(self, node: Node, dataset: Dataset, rule: Rule) -> None:
        self._catalogue, self._dataset, self._rule = node.catalogue, dataset, rule
        self._lock = threading.Lock()
        self.known: _Known | None = None
        self.answers: dict[_Asked, _Answer] = {}

    # ---- how everybody stands ----------------------------------------------------------------

    def bring_up_to_date(self, node: Node, moment: Moment) -> _Known:
        with self._lock:
            known = self.known
            if known is None or not known.covers(moment):
                known = self._advanced(node.ledger, known or self._first(node, moment), moment)
                self.known = known
            return known

    def _first(self, node: Node, moment: Moment) -> _Known:
        """Return what the snapshot says or else what the ledger says now."""
        groups = self._snapshot(node.ledger)
        if groups is not None:
            version = self._dataset.consent_version
            return _Known(Standings(groups, {}), version, self._rule.consented_at, None)
        return _Known(self._all(node.ledger, moment.at), moment.consent_version, moment.at, None)

    def _all(self, ledger: Ledger, at: datetime) -> Standings:
        if not self._rule.is_open_data:
            return standings_at(ledger, self._index, self._rule, at)
        histories = ledger.histories(self._rule.dataset_id)
        out = [who for who, history in histories if self._rule.standing(history, at) is OUT]
        if not out:
            return Standings({}, {})
        numbers = numbers_of(self._index, out).values()
        return Standings({OUT: NumberSet.of(self._people, numbers)}, {})

    def _snapshot(self, ledger: Ledger) -> Mapping[Standing, NumberSet] | None:
        if self._rule.consented_at is None or not self._record.consents:
            return None
        version = self._dataset.consent_version
        origin = _origin(ledger, self._rule, self._index, version)
        path = self._index.with_name(self._record.consents)
        groups = read_snapshot(path, origin)
        if groups is None:
            require_ledger_of(ledger, self._dataset, path)
            return None
        return {_standing(g.permitted): g.members for g in groups}

    def _advanced(self, ledger: Ledger, known: _Known, moment: Moment) -> _Known:
        """Look again at whoever's consents were recorded, began or ended since."""
        at = max(known.at, moment.at)
        about = self._rule.dataset_id
        changed = ledger.changed_since(known.version, about)
        changed |= ledger.dated_between(known.at, at, about)
        return _Known(
            self._changed(ledger, known.standings, changed, at),
            max(known.version, moment.consent_version),
            at,
            ledger.next_boundary(at),
        )

    def _changed(
        self, ledger: Ledger, standings: Standings, changed: frozenset[str], at: datetime
    ) -> Standings:
        numbers = numbers_of(self._index, changed) if changed else {}
        if not numbers:
            return standings
        if len(numbers) * 2 > self._people:  # one pass over all is faster
            return self._all(ledger, at)
        return standings.with_changes(changes_at(ledger, numbers, self._rule, at), self._people)

    # ---- whom that lets be counted -----------------------------------------------------------

    def answer(self, node: Node, asked: _Asked, known: _Known, at: datetime) -> _Answer:
        with self._lock:
            before = self.answers.pop(asked, None)
            if before is not None and before.holds(known, node, at):
                found = before
            elif self._rule.is_open_data:
                found = self._open_answer(known.standings, before)
            else:
                found = self._answer(node, asked, known.standings, at, before)
            while len(self.answers) >= _MOST_ANSWERS:
                del self.answers[next(iter(self.answers))]
            self.answers[asked] = found
            return found

    def _open_answer(self, standings: Standings, before: _Answer | None) -> _Answer:
        people: People = EVERYBODY
        if standings.kinds():
            out = standings.members((OUT,), self._people)
            everyone = NumberSet.everyone(self._people)
            if out:
                people = Consented(dict.fromkeys(DataType, everyone - out))
        return _Answer(_same(people, before), standings)

    def _answer(
        self,
        node: Node,
        asked: _Asked,
        standings: Standings,
        at: datetime,
        before: _Answer | None,
    ) -> _Answer:
        needed, dataset_use = asked
        # Read first: if another ontology is loaded meanwhile, the next question decides again.
        version = node.knowledge.version
        approval = before and before.approval
        if approval is None or before.knowledge not in (None, version):
            approval = Approval(needed, dataset_use, loaded_mondo(node.knowledge), at.date())
        approval = approval.on(at.date())
        people = _approved(standings, approval, self._people)
        version = version if approval.depends_on_diseases else None
        day = at.date() if approval.depends_on_day else None
        return _Answer(_same(people, before), standings, version, day, approval)

    # ---- where it is -------------------------------------------------------------------------

    @cached_property
    def _record(self) -> ReleaseRecord:
        dataset = self._catalogue.dataset(self._dataset.id)
        for record in self._catalogue.releases(self._dataset.id):
            if published(dataset, record).fingerprint == self._dataset.fingerprint:
                return record
        raise ReleasedAnew(self._dataset.id)

    @cached_property
    def _index(self) -> Path:
        return self._catalogue.folder(self._dataset.id) / "releases" / self._record.path

    @cached_property
    def _people(self) -> int:
        return individual_count(self._index)


def _release(node: Node, dataset: Dataset, *, is_open_data: bool) -> _Release:
    """Return what is remembered of a release, of this process: a lock is not for two."""
    key = dataset.id, dataset.fingerprint, dataset.consented_at, is_open_data, os.getpid()
    found = node.consented.get(key)
    if found is None:
        rule = Rule(dataset.id, dataset.consented_at, is_open_data)
        found = node.consented.setdefault(key, _Release(node, dataset, rule))
        of_this = [other for other in tuple(node.consented) if other[0] == dataset.id]
        for old in of_this[:-_RELEASES]:
            node.consented.pop(old, None)
    return found


def _approved(standings: Standings, approval: Approval, people: int) -> Consented:
    """Return the people by type of data; equal sets are one object."""
    approved = {one: approved_types(one, approval) for one in standings.kinds()}
    by_type: dict[DataType, NumberSet] = {}
    for data_type in DataType:
        wanted = {one for one, types in approved.items() if data_type in types}
        found = standings.members(wanted, people)
        by_type[data_type] = next((one for one in by_type.values() if one == found), found)
    return Consented(by_type)


def _same(people: People, before: _Answer | None) -> People:
    """Return the people of before if they are the same: what was found for them stays known."""
    if before is None or not isinstance(people, Consented):
        return people
    former = before.people
    is_same = isinstance(former, Consented) and former.by_type == people.by_type
    return former if is_same else people


def _origin(ledger: Ledger, rule: Rule, index: Path, version: int) -> Origin:
    return Origin(
        dataset_id=rule.dataset_id,
        index=index.name,
        people=individual_count(index),
        consented_at=moment_text(rule.consented_at),
        consent_version=version,
        consent_hash=consent_hash(ledger, version),
        is_open_data=rule.is_open_data,
    )
