"""`beacon-node broker members|check`: who is asked, and how each of them does."""

from datetime import datetime
from typing import TYPE_CHECKING

import click

from beacon_node.cli.broker import BrokerSession, with_broker

if TYPE_CHECKING:
    from beacon_node.broker.broker import Broker
    from beacon_node.broker.checking import Checked
    from beacon_node.broker.health import MemberHealth
    from beacon_node.model.federation import Member

SOME_WRONG = 5  # exit code, as of a network that does not answer
_NOBODY = "There are no members yet: beacon-node broker joins"


@click.command()
@click.argument("member_id", metavar="[ID]", required=False)
@with_broker
def members(session: BrokerSession, member_id: str | None) -> None:
    """Show who is asked and how each of them does; with ID, all that is known of one.

    Conditions are those that questions met with; times are UTC, numbers those of the last 7 days.
    """
    opened = session.open_broker()
    if member_id is not None:
        _one(session, opened, opened.registry.member(member_id))
        return
    from beacon_node.broker.standing import member_document, warnings_of

    found = opened.registry.members()
    all_health = opened.state.health.all_health(one.id for one in found)
    pairs = list(zip(found, all_health, strict=True))
    warnings = warnings_of(opened)

    def show() -> None:
        if pairs:
            session.output.table(_COLUMNS, (_row(*pair) for pair in pairs))
        else:
            session.output.sentence(_NOBODY)
        for warning in warnings:
            session.output.sentence(f"! {warning}")

    documents = [member_document(*pair) for pair in pairs]
    session.output.result({"members": documents, "warnings": warnings}, show)


_COLUMNS = ("member", "kind", "condition", "since", "last answer", "median", "answers#", "failed#")


def _row(member: "Member", health: "MemberHealth") -> tuple[object, ...]:
    median = health.recent.within_ms(0.5)
    return (
        *(member.id, member.kind, health.condition, _at(health.since), _at(health.last_answer)),
        f"{median} ms" if median is not None else "",
        *(health.recent.answers, health.recent.failures),
    )


def _one(session: BrokerSession, opened: "Broker", member: "Member") -> None:
    from beacon_node.broker.standing import member_document

    health = opened.state.health.health(member.id)
    kept = opened.state.checkpoints.checkpoints(member.id)

    def show() -> None:
        session.output.facts([*_who(member), *_how(health), ("checkpoints", len(kept))])
        if health.changes:
            session.output.sentence("")
            changes = ((_at(one.since), one.condition, one.reason) for one in health.changes)
            session.output.table(("since", "condition", "reason"), changes)
        for one in kept:
            if one.problem:
                done = f" Settled: {one.settled}" if one.settled else ""
                session.output.sentence(f"! {_at(one.received_at)}: {one.problem}.{done}")

    document = member_document(member, health)
    checkpoints = [
        {"sequence": one.sequence, "hash": one.hash, "madeAt": one.made_at, "problem": one.problem}
        for one in kept
    ]
    session.output.result(document | {"checkpoints": checkpoints}, show)


def _who(member: "Member") -> list[tuple[str, object]]:
    from beacon_node.broker.join_request import fingerprints

    return [
        ("member", f"{member.name} ({member.id})"),
        ("kind", member.kind),
        ("address", member.url),
        ("organization", member.organization),
        *(("fingerprint", one) for one in fingerprints(member)),
    ]


def _how(health: "MemberHealth") -> list[tuple[str, object]]:
    recent = health.recent
    return [
        ("condition", health.condition),
        ("since", _at(health.since)),
        ("last answer", _at(health.last_answer)),
        ("last failure", _at(health.last_failure)),
        ("its reason", health.last_reason),
        ("answers", recent.answers),
        ("failed", recent.failures),
        ("too late", recent.late),
        ("half within", _ms(recent.within_ms(0.5))),
        ("95 % within", _ms(recent.within_ms(0.95))),
    ]


@click.command()
@click.argument("member_ids", metavar="[ID]…", nargs=-1)
@with_broker
def check(session: BrokerSession, member_ids: tuple[str, ...]) -> int:
    """Ask each member who it is, and say in plain words what is wrong: name, TLS, key, clock.

    Nothing is asked of anybody's data. The exit code is 5 if something is wrong anywhere.
    """
    from beacon_node.broker.checking import check_members

    opened = session.open_broker()
    wanted = tuple(map(opened.registry.member, member_ids)) or opened.registry.members()
    found = sorted(check_members(opened, wanted), key=lambda one: wanted.index(one.member))
    problem = opened.registry.problem()

    def show() -> None:
        if found:
            session.output.table(_CHECKED, map(_checked_row, found))
        else:
            session.output.sentence(_NOBODY)
        for one in found:
            for sentence in one.problems:
                session.output.sentence(f"! {one.member.id}: {sentence}")
        if problem:
            session.output.sentence(f"! {problem}")

    documents = [_checked_document(one) for one in found]
    session.output.result({"members": documents, "problem": problem or None}, show)
    return SOME_WRONG if problem or not all(one.is_well for one in found) else 0


_CHECKED = ("member", "address", "well", "version", "Beacon", "clock", "time")


def _checked_row(one: "Checked") -> tuple[object, ...]:
    return (
        *(one.member.id, one.member.url, one.is_well, one.version, one.api_version),
        _clock(one.clock_ahead_s),
        _ms(None if one.elapsed_s is None else round(one.elapsed_s * 1_000)),
    )


def _clock(ahead_s: float | None) -> str:
    if ahead_s is None:
        return ""
    return f"{ahead_s:+,.0f} s" if abs(ahead_s) >= 1.5 else "right"  # told in whole seconds


def _checked_document(one: "Checked") -> dict:
    return {
        "id": one.member.id,
        "well": one.is_well,
        "problems": list(one.problems),
        "version": one.version or None,
        "apiVersion": one.api_version or None,
        "clockAheadSeconds": one.clock_ahead_s,
        "elapsedMs": None if one.elapsed_s is None else round(one.elapsed_s * 1_000),
    }


def _at(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


def _ms(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:,} ms"
