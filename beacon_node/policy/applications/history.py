"""From events to the application that they amount to."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial, reduce

from beacon_node.model.application import (
    AcceptTerms,
    AddMember,
    Application,
    Approve,
    Close,
    Event,
    Extend,
    Opinion,
    Reject,
    RemoveMember,
    RequestReview,
    Return,
    Review,
    Revoke,
    SaveDraft,
    State,
    Submit,
    Vote,
    Withdraw,
)
from beacon_node.model.linked import Linked
from beacon_node.policy.applications.persons import (
    NOBODY,
    accounts_of,
    application_as,
    event_as,
    named_in,
)


def fold(id: str, events: Iterable[Event], linked: Linked = NOBODY) -> Application:
    """Return the application that events amount to; the first one is a SaveDraft.

    Nothing is decided again: what is on record was allowed when it was recorded. People are named
    by the account as which `linked` says that they count.
    """
    first, *rest = events
    begun = Application(id, first.by, first.did.form, changed_at=first.at)
    folded = reduce(partial(after, linked=linked), rest, begun)
    return application_as(folded, linked)


def after(application: Application, event: Event, linked: Linked = NOBODY) -> Application:
    """Return the application as one more event leaves it; remarks change nothing but the time."""
    if linked.links:
        named = named_in(application) | accounts_of(event)
        known = linked.among(named).as_of(event.at)
        application, event = application_as(application, known), event_as(event, known)
    step = _STEPS.get(type(event.did))
    changed = step(application, event) if step else application
    return replace(changed, changed_at=event.at)


def _saved(application: Application, event: Event) -> Application:
    return replace(application, form=event.did.form)


def _submitted(application: Application, event: Event) -> Application:
    return _anew(application, State.SUBMITTED)


def _anew(application: Application, state: State) -> Application:
    """What was advised and voted was about what was asked before."""
    return replace(application, state=state, reviewers=frozenset(), reviews=(), votes=())


def _asked_reviewers(application: Application, event: Event) -> Application:
    return replace(application, reviewers=application.reviewers | event.did.reviewers)


def _reviewed(application: Application, event: Event) -> Application:
    return replace(application, reviews=(*application.reviews, (event.by, event.did)))


def _voted(application: Application, event: Event) -> Application:
    return _with_vote(application, event.by, event.did.opinion)


def _with_vote(application: Application, who: str, opinion: Opinion) -> Application:
    others = [(other, voted) for other, voted in application.votes if other != who]
    return replace(application, votes=(*others, (who, opinion)))


def _approved(application: Application, event: Event) -> Application:
    return _decided(replace(application, state=State.APPROVED, award=event.did.award), event)


def _extended(application: Application, event: Event) -> Application:
    award = replace(application.award, until=event.did.until)
    return _decided(replace(application, award=award), event)


def _decided(application: Application, event: Event) -> Application:
    """Who was for it is kept: some may turn out to be one person."""
    favour = application.votes_for(Opinion.APPROVE) | {event.by}
    judges = tuple(sorted(favour - application.people))
    return replace(application, votes=(), judges=judges, is_short=False)


def _joined(application: Application, event: Event) -> Application:
    return replace(application, members=application.members | {event.did.account})


def _left(application: Application, event: Event) -> Application:
    return replace(application, members=application.members - {event.did.account})


def _accepted(application: Application, event: Event) -> Application:
    others = [(who, version) for who, version in application.terms if who != event.by]
    return replace(application, terms=(*others, (event.by, event.did.version)))


def _to(state: State) -> Callable[[Application, Event], Application]:
    return lambda application, _: replace(application, state=state)


_STEPS: dict[type, Callable[[Application, Event], Application]] = {
    SaveDraft: _saved,
    Submit: _submitted,
    Withdraw: _to(State.CLOSED),
    Return: _to(State.RETURNED),
    RequestReview: _asked_reviewers,
    Review: _reviewed,
    Vote: _voted,
    Approve: _approved,
    Reject: _to(State.REJECTED),
    Extend: _extended,
    Close: _to(State.CLOSED),
    Revoke: _to(State.REVOKED),
    AddMember: _joined,
    RemoveMember: _left,
    AcceptTerms: _accepted,
}
