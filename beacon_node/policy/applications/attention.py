"""What somebody should look at: applications that wait, end, or give their people nothing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from beacon_node.model.application import Application, Committee, State
from beacon_node.policy.applications.rights import EVERY_DATASET, is_undecided

WAITING_DAYS = 14
ENDING_DAYS = (7, 30)  # a reminder for each


class Cause(StrEnum):
    WAITING = "waiting"
    ENDING = "ending"
    ENDED = "ended"
    TERMS = "terms"
    BLOCKED = "blocked"
    NOT_OFFERED = "not_offered"
    UNDECIDED = "undecided"


FOR_APPLICANTS = frozenset({Cause.ENDING, Cause.ENDED, Cause.TERMS})


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about an application that somebody should do something about.

    `to` are the accounts that can; `days` how long it waits, or until it ends; None for neither.
    """

    cause: Cause
    text: str
    to: frozenset[str] = frozenset()
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an application is looked at beside: the committee, the datasets that each account is
    blocked from, since when it waits for a decision (None: it was never submitted)."""

    committee: Committee
    blocked: Mapping[str, frozenset[str]]
    submitted_at: datetime | None


def notices(
    application: Application, around: Surroundings, at: datetime, *, waiting_days: int
) -> tuple[Notice, ...]:
    """Return what should be looked at at `at`; waiting counts after more than `waiting_days`."""
    if application.state is State.SUBMITTED:
        found = (*_waiting(application, around, at, waiting_days), *_blocked(application, around))
    elif application.state is State.APPROVED:
        found = (
            *_ending(application, at),
            *_terms(application, around),
            *_blocked(application, around),
            *_not_offered(application, around),
            *_undecided(application, around),
        )
    else:
        found = ()
    return tuple(found)


def _waiting(
    application: Application, around: Surroundings, at: datetime, waiting_days: int
) -> Iterator[Notice]:
    days = (at - around.submitted_at).days
    if days > waiting_days:
        voted = {who for who, _ in application.votes}
        to = around.committee.members - voted - application.people
        yield Notice(Cause.WAITING, f"It waits for a decision for {days} days.", to, days)


def _ending(application: Application, at: datetime) -> Iterator[Notice]:
    left = application.award.until - at
    people = application.people
    if left <= timedelta():
        text = "The grant has ended: nothing is answered under it any more."
        yield Notice(Cause.ENDED, text, people, 0)
        return
    days = next((days for days in ENDING_DAYS if left <= timedelta(days=days)), None)
    if days is not None:
        text = f"The grant ends within {days} days, on {application.award.until:%Y-%m-%d}."
        yield Notice(Cause.ENDING, text, people, days)


def _terms(application: Application, around: Surroundings) -> Iterator[Notice]:
    version = around.committee.terms_version
    to = {who for who in application.people if application.accepted(who) != version}
    if to:
        text = f"Of its people {len(to)} have not accepted the present terms, and get nothing."
        yield Notice(Cause.TERMS, text, frozenset(to))


def _blocked(application: Application, around: Surroundings) -> Iterator[Notice]:
    datasets = application.award.datasets if application.award else application.form.datasets
    wanted = datasets | {EVERY_DATASET}
    found = [who for who in application.people if around.blocked.get(who, frozenset()) & wanted]
    if found:
        text = f"Of its people {len(found)} are blocked from some of its datasets."
        yield Notice(Cause.BLOCKED, text, around.committee.members)


def _undecided(application: Application, around: Surroundings) -> Iterator[Notice]:
    if is_undecided(application, around.committee):
        text = (
            "Some who were for it turned out to be one person, or one of its people: it gives "
            "nothing until enough others are for extending it."
        )
        yield Notice(Cause.UNDECIDED, text, around.committee.members - application.people)


def _not_offered(application: Application, around: Surroundings) -> Iterator[Notice]:
    for dataset in sorted(application.award.datasets - around.committee.datasets):
        text = f"The committee does not decide about {dataset} any more: it answers nobody here."
        yield Notice(Cause.NOT_OFFERED, text, around.committee.members)
