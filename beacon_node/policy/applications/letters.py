"""Whom to tell what about an application, and in which words.

Texts name the application by its id and nobody by name: mail is read by others on its way.
Applicants are told neither votes nor reviews, nor who of the committee did what.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beacon_node.model.application import (
    AddMember,
    Application,
    Approve,
    Close,
    Committee,
    Event,
    Extend,
    Reject,
    RequestReview,
    Return,
    Revoke,
    State,
    Submit,
    Vote,
    Withdraw,
)
from beacon_node.policy.applications.attention import Cause, Notice


class Kind(StrEnum):
    """What a letter is about."""

    SUBMITTED = "submitted"
    WITHDRAWN = "withdrawn"
    REVIEW = "review asked"
    EXTENSION = "extension voted on"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    CLOSED = "closed"
    REVOKED = "revoked"
    EXTENDED = "extended"
    ADDED = "added"
    WAITING = "waiting"
    ENDING = "ending"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class Letter:
    """What some accounts are told about an application. `at` is when it happened; `until` is the
    end of the grant, `days` how long it waits or within how many it ends; None for neither.

    `once` tells apart letters of one kind about one application: each is sent once.
    """

    kind: Kind
    application: str
    to: frozenset[str]
    at: datetime
    once: str
    until: datetime | None = None
    days: int | None = None


def letters_of(
    event: Event, application: Application, committee: Committee, *, was_submitted: bool
) -> tuple[Letter, ...]:
    """Return who is told of something that was done; `application` is as it is afterwards.

    Whoever did it knows, and nobody but its people of one that was never submitted.
    """
    kind, whom = _OF_DEED.get(type(event.did), _NOBODY)
    if kind is None or (kind is Kind.WITHDRAWN and not was_submitted):
        return ()
    to = whom(event, application, committee) - {event.by}
    if not to:
        return ()
    award = application.award
    until = award.until if award and kind in (Kind.APPROVED, Kind.EXTENDED) else None
    return (Letter(kind, application.id, to, event.at, f"{event.at:%Y%m%dT%H%M%S%f}", until),)


def reminder_letter(
    notice: Notice, application: Application, committee: Committee, *, at: datetime, every: int
) -> Letter | None:
    """Return what a notice reminds of, None where nobody can do anything. An application that waits
    is reminded of again after each `every` days."""
    kind = _OF_CAUSE.get(notice.cause)
    if kind is None or not notice.to:
        return None
    award = application.award
    once = {
        Cause.WAITING: lambda: f"{(notice.days or 0) // every}",
        Cause.ENDING: lambda: f"{award.until:%Y%m%dT%H%M%S}-{notice.days}",
        Cause.TERMS: lambda: committee.terms_version,
    }[notice.cause]()
    until = award.until if award and kind is Kind.ENDING else None
    return Letter(kind, application.id, notice.to, at, once, until, notice.days)


_OF_CAUSE = {Cause.WAITING: Kind.WAITING, Cause.ENDING: Kind.ENDING, Cause.TERMS: Kind.TERMS}
_Whom = Callable[[Event, Application, Committee], frozenset[str]]


def _judges(event: Event, application: Application, committee: Committee) -> frozenset[str]:
    return committee.members - application.people


def _people(event: Event, application: Application, committee: Committee) -> frozenset[str]:
    return application.people


def _reviewers(event: Event, application: Application, committee: Committee) -> frozenset[str]:
    return event.did.reviewers


def _added(event: Event, application: Application, committee: Committee) -> frozenset[str]:
    return frozenset({event.did.account})


def _about_extension(
    event: Event, application: Application, committee: Committee
) -> frozenset[str]:
    """The first vote about extending a grant asks the others for theirs."""
    is_first = application.state is State.APPROVED and len(application.votes) == 1
    return _judges(event, application, committee) if is_first else frozenset()


_NOBODY = (None, None)
_OF_DEED: Mapping[type, tuple[Kind, _Whom]] = {
    Submit: (Kind.SUBMITTED, _judges),
    Withdraw: (Kind.WITHDRAWN, _judges),
    RequestReview: (Kind.REVIEW, _reviewers),
    Vote: (Kind.EXTENSION, _about_extension),
    Return: (Kind.RETURNED, _people),
    Approve: (Kind.APPROVED, _people),
    Reject: (Kind.REJECTED, _people),
    Close: (Kind.CLOSED, _people),
    Revoke: (Kind.REVOKED, _people),
    Extend: (Kind.EXTENDED, _people),
    AddMember: (Kind.ADDED, _added),
}


# ---- words ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sender:
    """Which node writes, where it is, and whom to ask (empty: nobody in particular)."""

    name: str
    url: str
    contact: str = ""


def letter_text(letter: Letter, sender: Sender) -> tuple[str, str]:
    """Return the subject and the body of a letter, in plain lines."""
    subject, sentence = _WORDS[letter.kind]
    facts = {
        "id": letter.application,
        "on": f"{letter.at:%Y-%m-%d}",
        "until": f"{letter.until:%Y-%m-%d %H:%M} UTC" if letter.until else "",
        "days": letter.days,
    }
    lines = [
        "Good day,",
        "",
        sentence.format(**facts),
        "",
        f"It is here, once you have shown who you are: {sender.url}/dac/applications/{facts['id']}",
        "",
        f"{sender.name}, {sender.url}",
        *([f"Questions: {sender.contact.removeprefix('mailto:')}"] if sender.contact else []),
        "A program sent this, because it was given your address. To have it forgotten, ask whoever",
        f"runs this node, or send DELETE to {sender.url}/dac/address yourself.",
    ]
    return subject.format(**facts), "\n".join(lines) + "\n"


_WORDS: Mapping[Kind, tuple[str, str]] = {
    Kind.SUBMITTED: (
        "Application {id} waits for the committee",
        "Application {id} was submitted on {on} and waits for your vote.",
    ),
    Kind.WITHDRAWN: (
        "Application {id} was withdrawn",
        "Application {id} was taken back by its applicant on {on}. There is nothing left to do.",
    ),
    Kind.REVIEW: (
        "Your advice on application {id}",
        "The committee asks for your advice on application {id}. It is advice: the committee "
        "decides.",
    ),
    Kind.EXTENSION: (
        "A longer grant for application {id}",
        "A member of the committee voted on {on} about extending the grant of application {id}. "
        "Your vote is asked for.",
    ),
    Kind.RETURNED: (
        "Application {id} came back to you",
        "The committee gave application {id} back on {on}, so that something can be changed. Its "
        "comment is with the application; submit it again when it is ready.",
    ),
    Kind.APPROVED: (
        "Application {id} was approved",
        "Application {id} was approved on {on}. The grant holds until {until}, for everybody of "
        "the application who has accepted the present terms of use.",
    ),
    Kind.REJECTED: (
        "Application {id} was not approved",
        "The committee did not approve application {id} ({on}). Its comment is with the "
        "application, which you may copy for a new one.",
    ),
    Kind.CLOSED: (
        "Application {id} was closed",
        "Application {id} was closed on {on}, without blame. Nothing is answered under it any "
        "more.",
    ),
    Kind.REVOKED: (
        "Application {id} was revoked",
        "The committee revoked application {id} on {on}. Nothing is answered under it any more; "
        "the reason is with the application.",
    ),
    Kind.EXTENDED: (
        "The grant of application {id} was extended",
        "The grant of application {id} was extended on {on}. It holds until {until}.",
    ),
    Kind.ADDED: (
        "You were added to application {id}",
        "You were added to application {id} on {on}. Please accept the terms of use: until then "
        "nothing is granted to you.",
    ),
    Kind.WAITING: (
        "Application {id} has waited for {days} days",
        "Application {id} has waited for a decision for {days} days. Your vote is asked for.",
    ),
    Kind.ENDING: (
        "The grant of application {id} ends within {days} days",
        "The grant of application {id} ends on {until}. If you need it longer, ask the committee "
        "to extend it before then.",
    ),
    Kind.TERMS: (
        "Terms of use of application {id}",
        "The terms of use of application {id} wait for you to accept them. Until then nothing is "
        "granted to you.",
    ),
}
