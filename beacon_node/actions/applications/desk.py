"""What is done at the committee's desk: each deed is decided and recorded in one transaction."""

from base64 import b32encode
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from beacon_node.actions.applications.views import UNKNOWN, View, role_at, view
from beacon_node.actions.applications.work import Work, present_work
from beacon_node.actions.sign_out import sign_out
from beacon_node.errors import Conflict, InvalidRequest, NotFound, NotPermitted, QuotaExceeded
from beacon_node.model.application import (
    Application,
    Block,
    Command,
    Committee,
    Event,
    Form,
    Role,
    SaveDraft,
    State,
    Submit,
    Withdraw,
)
from beacon_node.model.dac import (
    Actor,
    Done,
    Terms,
    Unblock,
    check_block,
    check_committee,
    check_name,
    check_terms,
)
from beacon_node.node import Node
from beacon_node.policy.applications import decide, fold
from beacon_node.policy.applications.persons import command_as, committee_as, event_as
from beacon_node.policy.applications.rights import EVERY_DATASET

# The ledger is kept for ever, and anybody with a passport may write to it here.
MOST_OPEN = 10  # applications of one account that wait for a decision, or for being submitted
MOST_A_DAY = 10  # that one account begins
MOST_DEEDS = 100  # of one person, who is not of the committee, to one application
_OPEN = (State.DRAFT, State.SUBMITTED, State.RETURNED)
_TEAM = frozenset({Role.APPLICANT, Role.MEMBER})


def open_application(node: Node, form: Form, by: str, *, through: str = "") -> View:
    """Begin an application, a draft that its people alone see, and return the applicant's view.

    Raises Conflict while the node has no committee, QuotaExceeded for too many of one account.
    """
    check_name(by, "by")
    work = present_work(node)
    by = work.person(by)
    if not work.committee.members:
        raise Conflict("this node has no data access committee yet")
    _check_number(work, by, node.clock.now())
    if not form.title.strip():
        raise InvalidRequest("title: a title is expected")
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        id = f"A-{b32encode(node.randomness.bytes(10)).decode()}"
        deciding.add(Done(id, SaveDraft(form)), Actor(by, through))
    return view(node, id, by)


def _check_number(work: Work, by: str, at: datetime) -> None:
    held = (work.applications[id] for id in work.by_person.get(by, ()))
    mine = [one for one in held if one.application.applicant == by]
    if sum(one.application.state in _OPEN for one in mine) >= MOST_OPEN:
        raise QuotaExceeded(f"an account has at most {MOST_OPEN} open applications")
    if sum(one.begun_at > at - timedelta(days=1) for one in mine) >= MOST_A_DAY:
        raise QuotaExceeded(f"an account begins at most {MOST_A_DAY} applications a day")


def copy_application(node: Node, id: str, by: str, *, through: str = "") -> View:
    """Begin an application with the form of one of one's own, whatever became of that one."""
    found = view(node, id, by)
    if not found.roles & _TEAM:
        raise NotPermitted("copy: only the applicant or a member of an application may do this")
    return open_application(node, found.application.form, by, through=through)


def act(node: Node, id: str, command: Command, by: str, *, through: str = "") -> View:
    """Do something to an application, and return what `by` sees of it afterwards.

    Two at once are decided one after the other, each on what is on record then. Raises NotFound,
    NotPermitted, Conflict or InvalidRequest (`policy.applications.decide`), and QuotaExceeded for
    somebody who did too much to it.
    """
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        linked, recorded = deciding.linked, deciding.events(id)
        by, command = linked.person(by), command_as(command, linked)
        committee = committee_as(deciding.committee(), linked)
        application = fold(id, recorded, linked) if recorded else None
        events = [event_as(event, linked) for event in recorded]
        if application is None or not role_at(application, by, committee, _was_submitted(events)):
            raise NotFound(UNKNOWN)
        _check_pace(application, command, events, by, committee)
        event = decide(application, command, (by, deciding.at), committee)
        deciding.add(Done(id, event.did), Actor(by, through))
    return view(node, id, by)


def _was_submitted(events: Sequence[Event]) -> bool:
    return any(isinstance(event.did, Submit) for event in events)


def _check_pace(
    application: Application,
    command: Command,
    events: Sequence[Event],
    by: str,
    committee: Committee,
) -> None:
    """Who withdraws has the last word."""
    is_free = by in committee.members - application.people or isinstance(command, Withdraw)
    if not is_free and sum(event.by == by for event in events) >= MOST_DEEDS:
        raise QuotaExceeded(f"one person may do {MOST_DEEDS} things to an application at most")


# ---- the committee itself ------------------------------------------------------------------------


def set_committee(node: Node, committee: Committee, by: Actor) -> None:
    """Say who decides about which datasets, and how, instead of what was said before.

    Raises InvalidRequest for a committee that could not decide, NotFound for a dataset that is not
    declared here. Only the administrator may; who that is, is for the caller to know.
    """
    check_committee(committee)
    for dataset in sorted(committee.datasets):
        node.catalogue.dataset(dataset)
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        named = committee_as(committee, deciding.linked)
        check_committee(named)  # one person has one vote
        deciding.add(named, by)


def set_terms(node: Node, terms: Terms, by: Actor) -> None:
    """Set the terms of use that hold from now on; everybody must accept them anew.

    Raises Conflict for a version that had another text before: it was accepted as it was.
    """
    check_terms(terms)
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        if deciding.text_of(terms.version) not in (None, terms.text):
            raise Conflict(
                "version: it had another text before, which people accepted; name it anew"
            )
        if deciding.terms() != terms:
            deciding.add(terms, by)


def block(node: Node, said: Block | Unblock, by: Actor) -> None:
    """Block somebody, or take it back; it holds from the next request on.

    Who is blocked from everything is logged out. Raises NotPermitted unless `by` is of the
    committee, and not about themselves, or acts through the administrator.
    """
    check_block(said)
    with node.ledger.deciding(now=node.clock.now()) as deciding:
        linked = deciding.linked
        committee = committee_as(deciding.committee(), linked)
        said = replace(said, account=linked.person(said.account))
        by = replace(by, account=linked.person(by.account))
        is_member = by.account in committee.members and by.account != said.account
        if not (is_member or by.through):
            raise NotPermitted("block: only the committee may do this, and nobody about themselves")
        deciding.add(said, by)
    if isinstance(said, Block) and said.dataset == EVERY_DATASET:
        sign_out(node, said.account)
