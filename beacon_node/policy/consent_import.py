"""What a file of consents would change in what is on record.

Nothing here decides which consent holds (`policy.consent` does): a statement that an import
brings is added to the others, and the newest signature holds, whichever file came last.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from itertools import product

from beacon_node.model.consent import (
    EVERY_DATASET,
    Asked,
    ConsentVersion,
    DataType,
    Scope,
    Source,
    State,
    Status,
    UseKind,
)
from beacon_node.model.consent_import import Cancelled, Found, Place, Reject, Stated
from beacon_node.policy.consent import History, is_replaced, state_at, valid_versions


class Kind(StrEnum):
    """What a statement of a file does to what is on record."""

    NEW = "new"  # the first statement of this person about the dataset
    CHANGED = "changed"  # a newer or corrected consent
    WITHDRAWN = "withdrawn"  # a no of somebody known
    CANCELLED = "cancelled"  # what was recorded was entered in error
    UNCHANGED = "unchanged"  # on record already
    STALE = "stale"  # newer signatures, or a cancellation, have decided already
    MISSING = "missing"  # somebody with a consent on record is not in the file
    HELD_BACK = "held_back"  # another line of the same person is rejected


CHANGING = frozenset({Kind.CHANGED, Kind.WITHDRAWN, Kind.CANCELLED})


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """One line of the difference. `version` is what would be recorded, None if nothing; `narrows`:
    it is a consent without a use, or a type of data for it, that was permitted until now."""

    kind: Kind
    individual: str
    place: Place = Place()
    version: ConsentVersion | None = None
    narrows: bool = False

    def __repr__(self) -> str:
        return f"Change({self.kind}, {self.place})"


@dataclass(frozen=True, slots=True, repr=False)
class ImportPlan:
    """What an import would do, and to how many of the `known` people the file could be about."""

    changes: tuple[Change, ...]
    rejects: tuple[Reject, ...]
    known: int
    datasets: tuple[str, ...]

    def __repr__(self) -> str:
        return f"ImportPlan({dict(self.counts)})"

    @property
    def counts(self) -> Mapping[Kind, int]:
        """Lines per kind, every kind named."""
        counts = dict.fromkeys(Kind, 0)
        for change in self.changes:
            counts[change.kind] += 1
        return counts

    @property
    def to_record(self) -> tuple[ConsentVersion, ...]:
        """Return what would be recorded, cancellations first, then by signature."""
        found = [change.version for change in self.changes if change.version is not None]
        return tuple(sorted(found, key=lambda v: (v.cancels is None, v.signed_on)))

    @property
    def narrowed(self) -> int:
        """How many consents permit less than what held until now."""
        return sum(change.narrows for change in self.changes)

    @property
    def people_changed(self) -> int:
        """How many known people would stand otherwise than before."""
        return len(
            {
                change.individual
                for change in self.changes
                if change.kind in CHANGING or (change.kind is Kind.MISSING and change.version)
            }
        )


@dataclass(frozen=True, slots=True)
class ImportRules:
    """`at` is the moment of the import. `source` (None: they are only listed) is what the
    withdrawals of missing people refer to: the file itself."""

    at: datetime
    missing: Source | None = None


def plan_import(
    histories: Mapping[str, History], found: Iterable[Found], rules: ImportRules
) -> ImportPlan:
    """Return the difference between a file and what is on record.

    `histories` must hold everybody in the file and everybody with a statement about its datasets.
    Whoever has a rejected line is held back, for the line might have been the newest one; what she
    refuses or withdraws is recorded all the same.
    """
    lines = list(found)
    rejects = tuple(line for line in lines if isinstance(line, Reject))
    planning = _Planning(
        histories=histories,
        at=rules.at,
        held_back=frozenset(reject.individual for reject in rejects) - {""},
        datasets=frozenset(
            line.version.scope.dataset for line in lines if isinstance(line, Stated)
        ),
        statements=frozenset(_said(line.version) for line in lines if isinstance(line, Stated)),
        given=_given(lines),
    )
    changes = [one for line in lines if not isinstance(line, Reject) for one in planning.of(line)]
    named = {line.individual for line in lines}
    return ImportPlan(
        changes=(*changes, *planning.missing(named, rules.missing)),
        rejects=rejects,
        known=sum(1 for history in histories.values() if planning.is_known(history)),
        datasets=tuple(sorted(planning.datasets)),
    )


@dataclass(frozen=True, slots=True)
class _Planning:
    histories: Mapping[str, History]
    at: datetime
    held_back: frozenset[str]
    datasets: frozenset[str]
    statements: frozenset[tuple]
    given: Mapping[str, list[ConsentVersion]]  # the consents of the file
    seen: set[tuple] = field(default_factory=set)  # a line that comes twice counts once

    def of(self, line: Stated | Cancelled) -> Iterator[Change]:
        if isinstance(line, Cancelled):
            yield from self._cancellations(line)
            return
        said = _said(line.version)
        if said in self.seen:
            return
        self.seen.add(said)
        history = self.histories.get(line.individual, ())
        on_record = [known for known in history if _said(known) == said]
        if on_record:
            is_valid = any(known in on_record for known in valid_versions(history))
            yield Change(Kind.UNCHANGED if is_valid else Kind.STALE, line.individual, line.place)
            return
        kind = self._kind(line.version, history)
        version = None if kind is Kind.HELD_BACK else line.version
        narrows = kind is Kind.CHANGED and self._narrows(line.version, history)
        yield Change(kind, line.individual, line.place, version, narrows)

    def _narrows(self, version: ConsentVersion, history: History) -> bool:
        """Whether something that is permitted now would not be, once a consent is recorded."""
        datasets = {version.scope.dataset}
        if version.scope.dataset == EVERY_DATASET:
            datasets |= {known.scope.dataset for known in history}
        after = (*history, self._as_recorded(version))
        return any(
            state_at(history, self.at, asked).state is State.PERMITTED
            and state_at(after, self.at, asked).state is not State.PERMITTED
            for asked in (Asked(*one) for one in product(datasets, DataType, UseKind))
        )

    def _kind(self, version: ConsentVersion, history: History) -> Kind:
        if version.individual in self.held_back and not version.status.is_no:
            return Kind.HELD_BACK
        if self._decides_nothing(version, (*history, *self._coming(version, history))):
            return Kind.STALE
        if not self._is_about(history, {version.scope.dataset}):
            return Kind.NEW
        return Kind.WITHDRAWN if version.status.is_no else Kind.CHANGED

    def _coming(self, version: ConsentVersion, history: History) -> Iterator[ConsentVersion]:
        """Yield what decides about a no besides the record: the consents that come with it."""
        if not version.status.is_no or version.individual in self.held_back:
            return
        on_record = {_said(known) for known in history}
        for given in self.given.get(version.individual, ()):
            if _said(given) not in on_record:
                yield self._as_recorded(given)

    def _decides_nothing(self, version: ConsentVersion, history: History) -> bool:
        """Whether newer statements have decided in every dataset that the person spoke of."""
        new = self._as_recorded(version)
        if version.scope.dataset != EVERY_DATASET:
            return is_replaced(new, history, self.at)
        datasets = {known.scope.dataset for known in valid_versions(history)}
        if not datasets:
            return False
        about = (replace(new, scope=replace(new.scope, dataset=one)) for one in datasets)
        return all(is_replaced(one, history, self.at) for one in about)

    def _as_recorded(self, version: ConsentVersion) -> ConsentVersion:
        """Return a version as if it were recorded now, after all others."""
        return replace(version, recorded_at=self.at, number=1 << 62)

    def _cancellations(self, line: Cancelled) -> Iterator[Change]:
        history = self.histories.get(line.individual, ())
        wrong = [
            known
            for known in valid_versions(history)
            if known.source.document == line.document and _said(known) not in self.statements
        ]
        if line.individual in self.held_back and wrong:
            yield Change(Kind.HELD_BACK, line.individual, line.place)
            return
        for known in wrong:
            version = cancellation(known, self.at)
            yield Change(Kind.CANCELLED, line.individual, line.place, version)
        if not wrong:
            yield Change(Kind.UNCHANGED, line.individual, line.place)

    def missing(self, named: Collection[str], source: Source | None) -> Iterator[Change]:
        """Yield those who have a consent about a dataset of the file but are not in it."""
        for individual, history in sorted(self.histories.items()):
            if individual in named:
                continue
            for dataset in sorted(filter(self._is_of_file, set(self._consented(history)))):
                version = source and _missing(individual, dataset, source, self.at)
                yield Change(Kind.MISSING, individual, Place(), version)

    def _consented(self, history: History) -> Iterator[str]:
        for version in valid_versions(history):
            is_given = version.status is Status.GIVEN
            if is_given and not is_replaced(version, history, self.at) and not self._ended(version):
                yield version.scope.dataset

    def _ended(self, version: ConsentVersion) -> bool:
        return version.effective_until is not None and version.effective_until <= self.at

    def is_known(self, history: History) -> bool:
        return self._is_about(history, self.datasets)

    def _is_of_file(self, dataset: str) -> bool:
        return not self.datasets.isdisjoint({EVERY_DATASET, dataset})

    def _is_about(self, history: History, datasets: Collection[str]) -> bool:
        """Whether anything on record is about one of the datasets; `*` is all there are."""
        return any(
            dataset == EVERY_DATASET or version.scope.is_about(dataset)
            for version in valid_versions(history)
            for dataset in datasets
        )


def _given(lines: Iterable[Found]) -> dict[str, list[ConsentVersion]]:
    found: dict[str, list[ConsentVersion]] = {}
    for line in lines:
        if isinstance(line, Stated) and line.version.status is Status.GIVEN:
            found.setdefault(line.individual, []).append(line.version)
    return found


def _said(version: ConsentVersion) -> tuple:
    """Return what a version states, without number and recording: equal for the same statement."""
    return (
        version.individual,
        version.status,
        version.scope,
        version.signed_on,
        version.effective_from,
        version.effective_until,
        version.source,
        version.use,
        version.open,
        version.cancels,
    )


def cancellation(known: ConsentVersion, at: datetime) -> ConsentVersion:
    """Return the version that says that `known` was entered in error."""
    return replace(
        known,
        status=Status.ENTERED_IN_ERROR,
        cancels=known.number,
        signed_on=at,
        effective_from=at,
        effective_until=None,
    )


def _missing(individual: str, dataset: str, source: Source, at: datetime) -> ConsentVersion:
    return ConsentVersion(
        number=0,
        individual=individual,
        status=Status.WITHDRAWN,
        scope=Scope(dataset, frozenset(DataType), frozenset(UseKind)),
        signed_on=at,
        effective_from=at,
        recorded_at=at,
        recorded_by="",
        source=source,
    )


def share_changed(plan: ImportPlan) -> float:
    """Return the share of the known people who would stand otherwise, 0 to 1."""
    return plan.people_changed / plan.known if plan.known else 0.0
