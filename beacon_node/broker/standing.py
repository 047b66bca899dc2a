"""How the network stands: each member's condition since when, and what its operator should know."""

from datetime import datetime

from beacon_node.broker.broker import Broker
from beacon_node.broker.health import Change, MemberHealth, silent
from beacon_node.model.federation import Member

_SHOWN_CHANGES = 20


def health_document(broker: Broker) -> dict:
    """Return the health of the broker and its network. `status` is `ok`, or `warning` where its
    operator must do something; that a member is away is the member's to mend, and is listed."""
    members = broker.registry.members()
    all_health = broker.state.health.all_health(member.id for member in members)
    warnings = warnings_of(broker)
    return {
        "status": "warning" if warnings else "ok",
        "warnings": warnings,
        "silent": silent(all_health),
        "members": [
            member_document(member, health)
            for member, health in zip(members, all_health, strict=True)
        ],
    }


def warnings_of(broker: Broker) -> list[str]:
    """Return what the operator should mend, in sentences."""
    found = [broker.registry.problem()]
    found += [
        f"{kept.member} left a checkpoint that does not go on from those before: {kept.problem}"
        for kept in broker.state.checkpoints.problems()
    ]
    return [problem for problem in found if problem]


def member_document(member: Member, health: MemberHealth) -> dict:
    recent = health.recent
    return {
        "id": member.id,
        "name": member.name,
        "condition": health.condition,
        "since": _text(health.since),
        "lastAnswer": _text(health.last_answer),
        "lastFailure": _text(health.last_failure),
        "lastReason": health.last_reason or None,
        "recent": {
            "answers": recent.answers,
            "failures": recent.failures,
            "late": recent.late,
            "medianMs": recent.within_ms(0.5),
            "slow95Ms": recent.within_ms(0.95),
            "slowestMs": recent.slowest_ms if recent.answers else None,
        },
        "history": [_change(change) for change in health.changes[:_SHOWN_CHANGES]],
    }


def _change(change: Change) -> dict:
    return {
        "condition": change.condition,
        "since": change.since.isoformat(),
        "reason": change.reason or None,
    }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
