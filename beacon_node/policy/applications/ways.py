"""What would help somebody whom a dataset does not answer: log in, apply, accept, wait, ask."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beacon_node.model.application import Application, Committee, State
from beacon_node.policy.applications.rights import EVERY_DATASET


class Step(StrEnum):
    """What to do next."""

    LOG_IN = "log in"
    APPLY = "apply"
    SUBMIT = "submit"
    ACCEPT = "accept the terms"
    WAIT = "wait for a decision"
    CHANGE = "change the application"
    EXTEND = "ask for longer"
    ASK = "ask the committee"


@dataclass(frozen=True, slots=True)
class Way:
    """One thing that would help. `path` lies below the node's address, empty: only words help."""

    step: Step
    words: str
    path: str = ""


@dataclass(frozen=True, slots=True)
class Standpoint:
    """Who asks, as far as it matters here. `account` is empty for nobody in particular; `blocked`
    are the datasets that the account is blocked from; `applications` those that it is of.

    `login` is where people of this node show who they are, empty where nobody can.
    """

    committee: Committee
    at: datetime
    account: str = ""
    applications: tuple[Application, ...] = ()
    blocked: frozenset[str] = frozenset()
    login: str = ""


_DESK = "/dac/applications"
_OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED, State.APPROVED)


def ways(dataset: str, who: Standpoint) -> tuple[Way, ...]:
    """Return what would help somebody whom `dataset` does not answer, the first step first; empty
    where nothing here would. It depends on nobody's data, and on nobody else's applications."""
    return tuple(_ways(dataset, who))


def _ways(dataset: str, who: Standpoint) -> Iterator[Way]:
    decides = dataset in who.committee.datasets
    if not who.account:
        if who.login:
            yield Way(Step.LOG_IN, "Show who you are: log in, or bring a passport.", who.login)
        if who.login and decides:
            yield Way(Step.APPLY, "Then apply to the data access committee.", _DESK)
    elif {dataset, EVERY_DATASET} & who.blocked:
        words = "The committee has blocked this account from the dataset; only the committee can "
        yield Way(Step.ASK, words + "take that back.", "/dac/committee")
    elif decides:
        mine = [_of_application(one, who) for one in _about(dataset, who.applications)]
        yield from mine or [Way(Step.APPLY, "Apply to the data access committee.", _DESK)]


def _about(dataset: str, applications: Iterable[Application]) -> list[Application]:
    found = [one for one in applications if one.state in _OPEN and dataset in _datasets(one)]
    return sorted(found, key=lambda one: _OPEN.index(one.state), reverse=True)[:1]


def _datasets(application: Application) -> frozenset[str]:
    award = application.award
    return award.datasets if award else application.form.datasets


def _of_application(application: Application, who: Standpoint) -> Way:
    """Return the next step of the application that has come furthest."""
    path, id = f"{_DESK}/{application.id}", application.id
    if application.state is State.DRAFT:
        return Way(Step.SUBMIT, f"Application {id} is a draft: submit it.", path)
    if application.state is State.SUBMITTED:
        return Way(Step.WAIT, f"Application {id} waits for the committee's decision.", path)
    if application.state is State.RETURNED:
        words = f"Application {id} came back to you: change it, and submit it again."
        return Way(Step.CHANGE, words, path)
    if application.award.until <= who.at:
        ended = f"{application.award.until:%Y-%m-%d}"
        words = f"The grant of application {id} ended on {ended}: ask the committee to extend it."
        return Way(Step.EXTEND, words, path)
    if application.accepted(who.account) != who.committee.terms_version:
        words = f"Accept the present terms of use of application {id}."
        return Way(Step.ACCEPT, words, path)
    return Way(Step.ASK, f"Application {id} was approved; ask the committee about it.", path)
