"""The committee's work where accounts turned out to be one person's: each person is in it once.

What was done before a link was done by the accounts as they stood then; from the link on they are
one. So events are taken one after the other, and whatever names people is renamed at each link.
"""

from collections.abc import Iterable
from dataclasses import replace

from beacon_node.model.application import (
    AddMember,
    Application,
    Command,
    Committee,
    Event,
    RemoveMember,
    RequestReview,
)
from beacon_node.model.linked import Linked

NOBODY = Linked()  # is anybody else


def named_in(application: Application) -> frozenset[str]:
    """Return every account that an application names."""
    listed = (application.reviews, application.votes, application.terms)
    said = {who for pairs in listed for who, _ in pairs}
    return application.people | application.reviewers | said | frozenset(application.judges)


def accounts_of(event: Event) -> frozenset[str]:
    """Return the accounts that an event names."""
    did = event.did
    if isinstance(did, AddMember | RemoveMember):
        return frozenset({event.by, did.account})
    if isinstance(did, RequestReview):
        return did.reviewers | {event.by}
    return frozenset({event.by})


def event_as(event: Event, linked: Linked) -> Event:
    """Return an event with everybody named by the account that they count as."""
    if not linked.links:
        return event
    return replace(event, by=linked.person(event.by), did=command_as(event.did, linked))


def command_as(command: Command, linked: Linked) -> Command:
    if isinstance(command, AddMember | RemoveMember):
        return replace(command, account=linked.person(command.account))
    if isinstance(command, RequestReview):
        return replace(command, reviewers=linked.persons(command.reviewers))
    return command


def committee_as(committee: Committee, linked: Linked) -> Committee:
    """Return a committee in which each person sits once."""
    return replace(committee, members=linked.persons(committee.members))


def application_as(application: Application, linked: Linked) -> Application:
    """Return an application with everybody named by the account that they count as.

    One person has one vote: the one that was cast last. An award for which somebody was who turns
    out to be one of its people, or to have been for it twice, was decided by fewer than it seemed.
    """
    if not linked.links:
        return application
    person = linked.person
    applicant = person(application.applicant)
    members = linked.persons(application.members) - {applicant}
    judges = tuple(dict.fromkeys(map(person, application.judges)))
    own = linked.persons(application.people & set(application.judges))
    is_short = len(judges) < len(application.judges) or bool(
        set(judges) & (members | {applicant}) - own
    )
    return replace(
        application,
        applicant=applicant,
        members=members,
        reviewers=linked.persons(application.reviewers),
        reviews=tuple((person(who), review) for who, review in application.reviews),
        votes=_last(application.votes, linked),
        terms=_last(application.terms, linked),
        judges=judges,
        is_short=application.is_short or is_short,
    )


def _last(pairs: Iterable[tuple], linked: Linked) -> tuple[tuple, ...]:
    """Return the last of what each person said, in the order in which it was said."""
    found: dict = {}
    for who, said in pairs:
        found.pop(linked.person(who), None)
        found[linked.person(who)] = said
    return tuple(found.items())
