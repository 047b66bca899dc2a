"""What one person sees of applications: who asks for the data does not see how they are judged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from beacon_node.actions.applications.reports import DatasetReport, reports
from beacon_node.actions.applications.work import Held, Work, present_work
from beacon_node.actions.identities import names
from beacon_node.errors import NotFound, NotPermitted
from beacon_node.model.application import (
    Application,
    Block,
    Committee,
    Event,
    Remark,
    RequestReview,
    Review,
    Role,
    State,
    Vote,
)
from beacon_node.model.application_documents import command_name
from beacon_node.model.dac import Terms
from beacon_node.node import Node
from beacon_node.policy.applications import allowed, roles_of
from beacon_node.policy.applications.attention import (
    FOR_APPLICANTS,
    WAITING_DAYS,
    Notice,
    Surroundings,
    notices,
)
from beacon_node.policy.applications.persons import event_as

UNKNOWN = "there is no application with this id here"
THE_COMMITTEE = "committee"  # as which applicants see whoever is none of them
_ADVISERS = frozenset({Role.REVIEWER, Role.COMMITTEE})
_TEAM = frozenset({Role.APPLICANT, Role.MEMBER})
_HIDDEN = (Review, Vote, RequestReview)

ADMINISTRATOR = None  # who sees everything without an account: the file is theirs
Viewer = str | None


@dataclass(frozen=True, slots=True)
class View:
    """An application as one person sees it.

    `application` and `events` are without what that person may not see. `may` are the commands
    that its state and their roles allow. `reports` and `blocks` (of its people) are for those who
    judge it; empty for its own people, as are `names`: who is behind accounts, while it is kept.
    """

    application: Application
    roles: frozenset[Role]
    may: tuple[str, ...]
    events: tuple[Event, ...]
    submitted_at: datetime | None
    notices: tuple[Notice, ...]
    committee: Committee
    terms: Terms | None
    reports: tuple[DatasetReport, ...] = ()
    blocks: tuple[Block, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """An application in a list."""

    application: Application
    submitted_at: datetime | None
    notices: tuple[Notice, ...]


def view(node: Node, id: str, by: Viewer) -> View:
    """Return what somebody sees of an application, with all that a page about it shows.

    Raises NotFound if there is none, or none that they may know of.
    """
    entries = node.ledger.application_entries(id)
    work = present_work(node)
    by = person_of(work, by)
    held = work.applications.get(id) if entries else None
    if held is None or not can_see(held, by, work.committee):
        raise NotFound(UNKNOWN)
    shown = _shown(held, by, work, node.ledger.present(node.clock.now()))
    seen = replace(shown, events=_events(entries_of(entries, work), shown))
    if is_judge(seen.roles, by):
        return replace(
            seen,
            reports=reports(node, held.application),
            blocks=_blocks(held.application, work),
            names=names(node, {event.by for event in seen.events} | held.application.people),
        )
    changed = seen.events[-1].at if seen.events else None
    return replace(seen, application=replace(seen.application, changed_at=changed))


def entries_of(entries: Sequence, work: Work) -> tuple[Event, ...]:
    """Return the events, of whom each counts as by now."""
    return tuple(event_as(entry.event, work.linked) for entry in entries)


def person_of(work: Work, by: Viewer) -> Viewer:
    """Return as whom somebody sees the work, whichever of their accounts this is."""
    return by if by is ADMINISTRATOR else work.person(by)


def list_applications(
    node: Node,
    by: Viewer,
    *,
    states: frozenset[State] = frozenset(State),
    skip: int = 0,
    limit: int = 100,
) -> tuple[Row, ...]:
    """Return the applications in these states that somebody may see, the newest first."""
    work, at = present_work(node), node.ledger.present(node.clock.now())
    who = person_of(work, by)
    found = [held for held in visible(work, who) if held.application.state in states]
    found.sort(key=lambda held: -held.first)
    shown = (_shown(held, who, work, at) for held in found[skip : skip + limit])
    return tuple(Row(one.application, one.submitted_at, one.notices) for one in shown)


def visible(work: Work, by: Viewer) -> list[Held]:
    return [held for held in work.applications.values() if can_see(held, by, work.committee)]


def judged(work: Work, by: Viewer) -> list[Held]:
    """Return the applications that somebody judges as one of the committee, or all for the
    administrator. Raises NotPermitted for who is not of the committee."""
    by = person_of(work, by)
    if by is not ADMINISTRATOR and by not in work.committee.members:
        raise NotPermitted("only the committee may see this")
    return [
        held
        for held in visible(work, by)
        if by is ADMINISTRATOR or by not in held.application.people
    ]


# ---- who sees what -------------------------------------------------------------------------------


def role_at(
    application: Application, by: str, committee: Committee, was_submitted: bool
) -> frozenset[Role]:
    """Return what somebody is to an application, nothing if they may not know that there is one:
    until it is submitted it is its own people's."""
    roles = roles_of(application, by, committee)
    return roles if was_submitted or roles & _TEAM else frozenset()


def can_see(held: Held, by: Viewer, committee: Committee) -> bool:
    if by is ADMINISTRATOR:
        return True
    return bool(role_at(held.application, by, committee, held.submitted_at is not None))


def is_judge(roles: frozenset[Role], by: Viewer) -> bool:
    return by is ADMINISTRATOR or bool(roles & _ADVISERS)


def _shown(held: Held, by: Viewer, work: Work, at: datetime) -> View:
    application, committee = held.application, work.committee
    roles = frozenset() if by is ADMINISTRATOR else roles_of(application, by, committee)
    may = () if by is ADMINISTRATOR else allowed(application, by, committee)
    found = _notices(held, work, at)
    if not is_judge(roles, by):
        application = _without_judgement(application)
        found = tuple(one for one in found if one.cause in FOR_APPLICANTS)
        committee = replace(committee, members=frozenset())
    return View(
        application=application,
        roles=roles,
        may=tuple(sorted(command_name(kind) for kind in may)),
        events=(),
        submitted_at=held.submitted_at,
        notices=found,
        committee=committee,
        terms=work.terms,
    )


def _notices(held: Held, work: Work, at: datetime) -> tuple[Notice, ...]:
    blocked = {who: work.blocked_datasets(who) for who in held.application.people}
    around = Surroundings(work.committee, blocked, held.submitted_at)
    return notices(held.application, around, at, waiting_days=WAITING_DAYS)


def _without_judgement(application: Application) -> Application:
    """When anything was last done to it is hidden too: it may have been a vote."""
    none: frozenset[str] = frozenset()
    return replace(application, reviewers=none, reviews=(), votes=(), changed_at=None)


def _events(events: Sequence[Event], shown: View) -> tuple[Event, ...]:
    if not shown.roles & _TEAM:
        return tuple(events)
    return tuple(_anonymous(event, shown.application) for event in events if _is_open(event))


def _is_open(event: Event) -> bool:
    if isinstance(event.did, Remark):
        return event.did.is_public
    return not isinstance(event.did, _HIDDEN)


def _anonymous(event: Event, application: Application) -> Event:
    return event if event.by in application.people else replace(event, by=THE_COMMITTEE)


def _blocks(application: Application, work: Work) -> tuple[Block, ...]:
    return tuple(one for who in sorted(application.people) for one in work.blocks_of(who))
