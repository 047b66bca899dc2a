"""What the committee granted and decided, as tables for other programs, and whom to remind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beacon_node.actions.applications.documents import moment
from beacon_node.actions.applications.views import ADMINISTRATOR, Viewer, judged
from beacon_node.actions.applications.work import present_work
from beacon_node.model.application import (
    Approve,
    Close,
    Extend,
    Reject,
    Return,
    Revoke,
    Withdraw,
)
from beacon_node.model.application_documents import command_name
from beacon_node.model.dac import DacEntry, Done
from beacon_node.node import Node
from beacon_node.policy.applications import grants_of
from beacon_node.policy.applications.attention import (
    WAITING_DAYS,
    Cause,
    Notice,
    Surroundings,
    notices,
)

GRANTS = ("account", "dataset", "application", "title", "granularity", "until")
DECISIONS = ("at", "application", "decision", "by", "through", "datasets", "until", "comment")
_DECIDING = (Approve, Reject, Return, Extend, Close, Revoke, Withdraw)
_REMINDED = frozenset({Cause.WAITING, Cause.ENDING, Cause.TERMS})


def grants_table(node: Node, by: Viewer) -> list[Sequence[str]]:
    """Return who may ask for what now, by account and dataset. Raises NotPermitted for who is not
    of the committee."""
    work, at = present_work(node), node.ledger.present(node.clock.now())
    rows = [
        (who, grant.dataset_id, grant.reference, held.application.form.title, grant.ceiling.word)
        + (moment(grant.until),)
        for held in judged(work, by)
        for who in sorted(held.application.people)
        for grant in grants_of(who, [held.application], work.committee, work.blocks_of(who), at=at)
    ]
    return sorted(rows)


def decisions_table(node: Node, by: Viewer) -> list[Sequence[str]]:
    """Return what was decided, in its order. Raises NotPermitted like `grants_table`."""
    work = present_work(node)
    among = {held.application.id for held in judged(work, by)}
    found = (entry for entry in _decisions(node) if entry.said.application in among)
    return [_decision(entry, work.person(entry.by.account)) for entry in found]


def _decisions(node: Node) -> Iterator[DacEntry]:
    for entry in node.ledger.dac_entries():
        if isinstance(entry.said, Done) and isinstance(entry.said.command, _DECIDING):
            yield entry


def _decision(entry: DacEntry, by: str) -> Sequence[str]:
    command = entry.said.command
    award = getattr(command, "award", None)
    until = award.until if award else getattr(command, "until", None)
    return (
        moment(entry.at),
        entry.said.application,
        command_name(type(command)),
        by,
        entry.by.through,
        " ".join(sorted(award.datasets)) if award else "",
        moment(until) or "",
        getattr(command, "comment", "") or getattr(command, "reason", ""),
    )


# ---- reminders -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reminder:
    """Something that people should be reminded of (`notice.to`)."""

    application: str
    title: str
    notice: Notice


def reminders(node: Node, *, waiting_days: int = WAITING_DAYS) -> tuple[Reminder, ...]:
    """Return whom the administrator should remind now: of grants that end within 30 or 7 days, of
    terms to accept, and of applications that wait for more than some days."""
    work, at = present_work(node), node.ledger.present(node.clock.now())
    found = []
    for held in judged(work, ADMINISTRATOR):
        application = held.application
        around = Surroundings(work.committee, {}, held.submitted_at)
        for one in notices(application, around, at, waiting_days=waiting_days):
            if one.cause in _REMINDED and one.to:
                found.append(Reminder(application.id, application.form.title, one))
    return tuple(found)
