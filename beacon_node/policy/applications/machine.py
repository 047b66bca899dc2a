"""Who may do what to an application in which state: one table, and what each deed needs besides."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from beacon_node.errors import Conflict, InvalidRequest, NotPermitted
from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Application,
    Approve,
    Close,
    Command,
    Committee,
    Event,
    Extend,
    Form,
    Opinion,
    Reject,
    Remark,
    RemoveMember,
    RequestReview,
    Return,
    Review,
    Revoke,
    Role,
    SaveDraft,
    State,
    Submit,
    Vote,
    Withdraw,
)

_APPLICANT, _COMMITTEE = frozenset({Role.APPLICANT}), frozenset({Role.COMMITTEE})
_TEAM = frozenset({Role.APPLICANT, Role.MEMBER})
_ADVISERS = frozenset({Role.REVIEWER, Role.COMMITTEE})
_EITHER = _APPLICANT | _COMMITTEE

_EDITABLE = (State.DRAFT, State.RETURNED)
_OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED)

Allowed = Mapping[State, frozenset[Role]]


def _in(states: tuple[State, ...], roles: frozenset[Role]) -> Allowed:
    return dict.fromkeys(states, roles)


_TABLE: Mapping[type, Allowed] = {
    SaveDraft: _in(_EDITABLE, _APPLICANT),
    Submit: _in(_EDITABLE, _APPLICANT),
    Withdraw: _in(_OPEN, _APPLICANT),
    Return: _in((State.SUBMITTED,), _COMMITTEE),
    RequestReview: _in((State.SUBMITTED,), _COMMITTEE),
    Review: _in((State.SUBMITTED,), _ADVISERS),
    Vote: _in((State.SUBMITTED, State.APPROVED), _COMMITTEE),
    Approve: _in((State.SUBMITTED,), _COMMITTEE),
    Reject: _in((State.SUBMITTED,), _COMMITTEE),
    Extend: _in((State.APPROVED,), _COMMITTEE),
    Close: _in((State.SUBMITTED, State.RETURNED), _COMMITTEE) | _in((State.APPROVED,), _EITHER),
    Revoke: _in((State.APPROVED, State.CLOSED), _COMMITTEE),
    AddMember: _in(_EDITABLE, _APPLICANT) | _in((State.SUBMITTED, State.APPROVED), _COMMITTEE),
    RemoveMember: _in(_EDITABLE, _APPLICANT) | _in((State.SUBMITTED, State.APPROVED), _EITHER),
    AcceptTerms: _in((*_OPEN, State.APPROVED), _TEAM),
    Remark: _in(tuple(State), _ADVISERS) | _in((*_OPEN, State.APPROVED), _ADVISERS | _TEAM),
}


def roles_of(application: Application, account: str, committee: Committee) -> frozenset[Role]:
    """Return what somebody is to an application. Nobody decides on, or reviews, their own."""
    if account == application.applicant:
        return _APPLICANT
    if account in application.members:
        return frozenset({Role.MEMBER})
    found = {Role.COMMITTEE} if account in committee.members else set()
    if account in application.reviewers:
        found.add(Role.REVIEWER)
    return frozenset(found)


def allowed(application: Application, account: str, committee: Committee) -> frozenset[type]:
    """Return the kinds of commands that somebody may give an application as it stands."""
    roles = roles_of(application, account, committee)
    return frozenset(
        kind for kind, states in _TABLE.items() if roles & states.get(application.state, _NOBODY)
    )


_NOBODY: frozenset[Role] = frozenset()


def decide(
    application: Application, command: Command, event_of: tuple[str, datetime], committee: Committee
) -> Event:
    """Return the event to record if `event_of` (who, when) may do this now.

    Raises NotPermitted for who may never do it, Conflict for what the state forbids,
    InvalidRequest for what is not well formed. Whether somebody without any role may know that
    there is such an application is for the caller to say.
    """
    who, at = event_of
    roles = roles_of(application, who, committee)
    states = _TABLE[type(command)]
    if not any(roles & granted for granted in states.values()):
        raise NotPermitted(f"{_word(command)}: only {_who(states)} of an application may do this")
    if not roles & states.get(application.state, _NOBODY):
        raise Conflict(f"{_word(command)}: the application is {application.state.value}")
    check = _CHECKS.get(type(command))
    if check:
        check(application, command, event_of, committee)
    return Event(at, who, command)


def _word(command: Command) -> str:
    """Return `request review` for RequestReview."""
    name = type(command).__name__
    return "".join(f" {c.lower()}" if c.isupper() else c for c in name).strip()


def _who(states: Allowed) -> str:
    roles = sorted({role.value for roles in states.values() for role in roles})
    return " or ".join(f"the {role}" for role in roles)


# ---- what each deed needs besides ----------------------------------------------------------------

Check = Callable[[Application, Command, tuple[str, datetime], Committee], None]


def check_form(form: Form, committee: Committee) -> None:
    """Raises InvalidRequest, naming the field, for a form that a committee cannot decide on."""
    if not form.title.strip():
        raise InvalidRequest("title: a title is expected")
    if not form.datasets:
        raise InvalidRequest("datasets: at least one is expected")
    if strange := sorted(form.datasets - committee.datasets):
        raise InvalidRequest(f"datasets: this committee does not decide about {strange[0]!r}")
    if not form.purpose.categories:
        raise InvalidRequest("purpose.categories: what the research is for is expected")


def _check_submission(
    application: Application, _: Submit, event_of: tuple[str, datetime], committee: Committee
) -> None:
    check_form(application.form, committee)
    if application.form.until and application.form.until <= event_of[1]:
        raise InvalidRequest("until: the end that is wished for has passed")
    if application.accepted(application.applicant) != committee.terms_version:
        raise Conflict("submit: accept the present terms of use first")


def _check_reviewers(application: Application, command: RequestReview, *_: object) -> None:
    if not command.reviewers:
        raise InvalidRequest("reviewers: at least one is expected")
    if command.reviewers & application.people:
        raise Conflict("reviewers: nobody reviews their own application")


def _check_award(
    application: Application,
    command: Approve,
    event_of: tuple[str, datetime],
    committee: Committee,
) -> None:
    award, form = command.award, application.form
    if not award.datasets or award.datasets - form.datasets:
        raise InvalidRequest("award.datasets: some of those that were applied for are expected")
    if award.datasets - committee.datasets:
        raise Conflict("award.datasets: this committee does not decide about all of them any more")
    if award.granularity > form.granularity:
        raise InvalidRequest("award.granularity: it is more than was applied for")
    _check_end(award.until, event_of[1], committee)
    _check_votes(application, event_of[0], committee)


def _check_extension(
    application: Application,
    command: Extend,
    event_of: tuple[str, datetime],
    committee: Committee,
) -> None:
    _check_end(command.until, event_of[1], committee)
    _check_votes(application, event_of[0], committee)


def _check_end(until: datetime, at: datetime, committee: Committee) -> None:
    latest = at + timedelta(days=committee.longest_days)
    if not at < until <= latest:
        raise InvalidRequest(
            f"until: an end after now and within {committee.longest_days} days is expected"
        )


def _check_votes(application: Application, who: str, committee: Committee) -> None:
    """Only votes of present members count, and of nobody who is of the applicants."""
    favour = (application.votes_for(Opinion.APPROVE) | {who}) & committee.members
    count = len(favour - application.people)
    if count < committee.votes_needed:
        raise Conflict(
            f"{committee.votes_needed} members of the committee must be for it; {count} are"
        )


def _check_new_member(
    application: Application,
    command: AddMember,
    event_of: tuple[str, datetime],
    committee: Committee,
) -> None:
    """Whoever is of an application does not judge it: no applicant chooses their judges so."""
    if not command.account:
        raise InvalidRequest("account: whom to add is expected")
    if command.account in committee.members and event_of[0] not in committee.members:
        raise Conflict("account: only the committee can add this person")
    if command.account in application.people:
        raise Conflict("account: they are of this application already")


def _check_old_member(application: Application, command: RemoveMember, *_: object) -> None:
    if command.account not in application.members:
        raise Conflict("account: they are no member of this application")


def _check_terms(
    _: Application, command: AcceptTerms, __: tuple[str, datetime], committee: Committee
) -> None:
    if not committee.terms_version:
        raise Conflict("accept terms: there are none to accept")
    if command.version != committee.terms_version:
        raise Conflict("version: the present version of the terms is another one")


def _check_revocation(application: Application, command: Revoke, *more: object) -> None:
    if application.award is None:
        raise Conflict("revoke: nothing was ever granted")
    _check_words(application, command, *more)


def _check_words(_: Application, command: Command, *__: object) -> None:
    words = getattr(command, "comment", "") or getattr(command, "reason", "")
    words = words or getattr(command, "text", "")
    if not words.strip():
        raise InvalidRequest(f"{_word(command)}: say why, in words")


_CHECKS: Mapping[type, Check] = {
    Submit: _check_submission,
    RequestReview: _check_reviewers,
    Approve: _check_award,
    Extend: _check_extension,
    AddMember: _check_new_member,
    RemoveMember: _check_old_member,
    AcceptTerms: _check_terms,
    Revoke: _check_revocation,
    **dict.fromkeys((Return, Reject, Close, Remark, Review), _check_words),
}
