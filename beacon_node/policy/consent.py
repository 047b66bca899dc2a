"""Which of an individual's statements holds, and what it permits.

`history` holds every statement of one individual on record, in any order; `at` is the moment of the
question. These functions read no clock: whoever calls them must not let `at` fall behind the last
moment on record. If the machine's clock is set back, that last moment is used instead, or else a
withdrawal recorded by the faster clock would be forgotten for a while. Questions about the past
pass `known_by(history, then)`.

The rules:
- The newest *signature* holds, in whatever order statements arrived. Of two with the same signature
  moment a refusal or withdrawal holds, otherwise the one recorded later. So only a newer signature
  consents again.
- What is given begins when it is effective and signed, ends with its date, and is a complete
  statement about its dataset: it replaces all earlier ones there. After its end nothing holds; an
  older consent does not come back.
- A refusal or withdrawal takes away what its scope names and leaves the rest. It begins when it is
  effective or recorded, whichever is earlier (nobody has to wait for a no), and has no end.
- A version entered in error never held, and a cancellation cannot be cancelled.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from beacon_node.model.consent import (
    EVERY_DATASET,
    EVERYTHING,
    Asked,
    ConsentVersion,
    Permission,
    Standing,
    State,
    Status,
    UseKind,
)
from beacon_node.model.data_use import Use
from beacon_node.model.duo_terms import NRES, PERMISSION_CHAIN

History = Sequence[ConsentVersion]


def eligible(history: History, at: datetime, asked: Asked) -> Permission | None:
    """Return what permits the use asked for at `at`, None if nothing does: closed by default."""
    standing = state_at(history, at, asked)
    if standing.state is not State.PERMITTED or standing.version is None:
        return None
    return Permission(frozenset({standing.version.use}), standing.version.open)


def visible(
    history: History, at: datetime, asked: Asked, *, released_at: datetime
) -> Permission | None:
    """Return what permits a use in answers from a release: what held all the time since.

    New, renewed and wider consents wait for the next release, in which they appear together with
    others; a withdrawal, an end or a narrower consent acts at once. So between two releases a
    person's permission can only shrink, also if she withdraws and consents again.
    `released_at` is the moment whose statements the release was made from.
    """
    found = eligible(history, at, asked)
    for moment in moments_between(history, released_at, at):
        before = eligible(known_by(history, moment), moment, asked)
        if found is None or before is None:
            return None
        found = found & before
    return found


def state_at(history: History, at: datetime, asked: Asked) -> Standing:
    """Return how the individual stands to what is asked at `at`, and by which version."""
    version = holding_version(history, at, asked)
    if version is None:
        return Standing(State.SILENT)
    if version.status.is_no:
        refused = version.status is Status.REFUSED
        return Standing(State.REFUSED if refused else State.WITHDRAWN, version)
    if version.effective_until is not None and at >= version.effective_until:
        return Standing(State.EXPIRED, version)
    return Standing(State.PERMITTED if version.scope.names(asked) else State.NOT_NAMED, version)


def holding_version(history: History, at: datetime, asked: Asked) -> ConsentVersion | None:
    """Return the newest statement that has begun by `at` and speaks of what is asked.

    It may be a refusal, or a consent that has ended or does not name what is asked (`state_at`).
    """
    begun = (
        version
        for version in _valid(history)
        if _speaks_of(version, asked) and begins(version) <= at
    )
    return max(begun, key=seniority, default=None)


def known_by(history: History, moment: datetime) -> list[ConsentVersion]:
    """Return the statements that were on record at `moment`."""
    return [version for version in history if version.recorded_at <= moment]


def next_boundary(history: History, at: datetime) -> datetime | None:
    """Return the next moment after `at` at which a date alone may change what holds.

    Until then every state of this individual stays as it is, unless something new is recorded; None
    if no date is ahead. Dates of statements that newer ones have replaced are passed over.
    """
    valid = list(_valid(history))
    ahead = (
        moment
        for version in valid
        for moment in _dates(version)
        if moment > at and not _is_replaced(version, valid, moment)
    )
    return min(ahead, default=None)


def is_replaced(version: ConsentVersion, history: History, at: datetime) -> bool:
    """Whether statements that are newer than `version` and have begun by `at` speak of all that it
    speaks of, so that it decides nothing, wherever it stands in the record."""
    return _is_replaced(version, list(_valid(history)), at)


def valid_versions(history: History) -> list[ConsentVersion]:
    """Return the statements that were not entered in error, in the order of `history`."""
    return list(_valid(history))


def uses_if_unstated(use: Use) -> frozenset[UseKind]:
    """Return the kinds of use a consent permits whose form does not speak of them.

    Research discovery; public discovery only where there is no restriction (NRES, with no narrower
    permission beside it). Never records.
    """
    ids = {term.id for term in use.terms}
    unrestricted = NRES in ids and ids.isdisjoint(set(PERMISSION_CHAIN) - {NRES})
    public = {UseKind.PUBLIC_DISCOVERY} if unrestricted else set()
    return frozenset({UseKind.RESEARCH_DISCOVERY} | public)


def _valid(history: History) -> Iterator[ConsentVersion]:
    cancelled = {version.cancels for version in history if version.cancels is not None}
    for version in history:
        if version.status is not Status.ENTERED_IN_ERROR and version.number not in cancelled:
            yield version


def _speaks_of(version: ConsentVersion, asked: Asked) -> bool:
    if version.status.is_no:
        return version.scope.names(asked)
    return version.scope.is_about(asked.dataset)


def begins(version: ConsentVersion) -> datetime:
    """Return the moment from which a statement can hold; it ends nothing before it."""
    if version.status.is_no:
        return min(version.effective_from, version.recorded_at)
    return max(version.effective_from, version.signed_on)


def seniority(version: ConsentVersion) -> tuple:
    """Return what orders statements: of those that have begun, the highest holds."""
    return (version.signed_on, version.status.is_no, version.recorded_at, version.number)


def _dates(version: ConsentVersion) -> Iterator[datetime]:
    yield begins(version)
    if version.effective_until is not None and not version.status.is_no:
        yield version.effective_until


def _is_replaced(version: ConsentVersion, valid: Iterable[ConsentVersion], by: datetime) -> bool:
    """Whether a newer statement that has begun by then speaks of all that this one speaks of."""
    return any(
        seniority(other) > seniority(version)
        and begins(other) <= by
        and _speaks_of_all(other, version)
        for other in valid
    )


def _speaks_of_all(other: ConsentVersion, version: ConsentVersion) -> bool:
    """Whether `other` speaks of all that `version` speaks of; what is given speaks of every use."""
    if other.scope.dataset not in (EVERY_DATASET, version.scope.dataset):
        return False
    spoken_of = version.scope if version.status.is_no else EVERYTHING
    return not other.status.is_no or (
        other.scope.data_types >= spoken_of.data_types and other.scope.uses >= spoken_of.uses
    )


def moments_between(history: History, start: datetime, end: datetime) -> list[datetime]:
    """Return `start` and the moments after it, before `end`, at which anything may change."""
    changes = {version.recorded_at for version in history}
    changes.update(moment for version in _stated(history) for moment in _dates(version))
    return [start, *sorted(moment for moment in changes if start < moment < end)]


def _stated(history: History) -> Iterator[ConsentVersion]:
    return (version for version in history if version.status is not Status.ENTERED_IN_ERROR)
