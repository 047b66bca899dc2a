"""`beacon-node broker joins|approve|refuse|settle`: who becomes a member, and what they left."""

from typing import TYPE_CHECKING

import click

from beacon_node.cli.broker import BrokerSession, with_broker
from beacon_node.errors import NotPermitted

if TYPE_CHECKING:
    from beacon_node.broker.join_request import JoinRequest


@click.command()
@click.option("--all", "show_all", is_flag=True, help="Those that are decided too.")
@with_broker
def joins(session: BrokerSession, show_all: bool) -> None:
    """Show who asks to become a member.

    Ask the node's operator, by another way than this network, for the fingerprint that
    `beacon-node network key` shows there: only if it is the same, it is them.
    """
    from beacon_node.broker.join_request import JoinStanding
    from beacon_node.broker.joins import join_document

    wanted = None if show_all else JoinStanding.WAITING
    found = session.open_broker().state.joins.requests(wanted)
    documents = [
        join_document(one) | {"url": one.member.url, "contact": one.contact} for one in found
    ]

    def show() -> None:
        if not found:
            session.output.sentence("Nobody asks to join.")
        for number, one in enumerate(found):
            if number:
                session.output.sentence("")
            session.output.facts(_facts(one))

    session.output.result({"joins": documents}, show)


@click.command()
@click.argument("member_id", metavar="ID")
@click.option("--fingerprint", help="As the node's operator told it; asks for nothing then.")
@with_broker
def approve(session: BrokerSession, member_id: str, fingerprint: str | None) -> None:
    """Make a member of who asked: it stands in network.toml then and is asked at once."""
    from beacon_node.broker.joins import approve as approve_join
    from beacon_node.broker.joins import join_document

    opened = session.open_broker()
    request = opened.state.joins.request(member_id)
    if fingerprint is None:
        for name, value in _facts(request):
            session.output.note(f"{name:<12}  {value}")
        click.confirm("Did its operator tell you this fingerprint?", abort=True, err=True)
    elif request.fingerprints != (fingerprint.strip(),):
        raise NotPermitted(
            f"the fingerprint is not that of {member_id}, which is "
            f"{' '.join(request.fingerprints)}: do not approve it"
        )
    approved = approve_join(opened, request)
    session.output.result(
        join_document(approved),
        lambda: session.output.sentence(
            f"{member_id} is a member and is asked from the next question on."
        ),
    )


def _facts(request: "JoinRequest") -> list[tuple[str, object]]:
    """Return what a person looks at: one line each, so that a fingerprint is never broken."""
    return [
        ("member", f"{request.member.name} ({request.member.id})"),
        ("organization", request.member.organization),
        ("address", request.member.url),
        ("contact", request.contact),
        ("asked", f"{request.asked_at:%Y-%m-%d %H:%M} UTC"),
        ("standing", request.standing),
        *(("fingerprint", one) for one in request.fingerprints),
    ]


@click.command()
@click.argument("member_id", metavar="ID")
@click.option("--reason", default="", help="Told to the node.")
@with_broker
def refuse(session: BrokerSession, member_id: str, reason: str) -> None:
    """Refuse who asked to become a member. It may ask again."""
    from beacon_node.broker.joins import join_document
    from beacon_node.broker.joins import refuse as refuse_join

    opened = session.open_broker()
    refused = refuse_join(opened, opened.state.joins.request(member_id), reason)
    session.output.result(
        join_document(refused), lambda: session.output.sentence(f"{member_id} was refused.")
    )


@click.command()
@click.argument("member_id", metavar="ID")
@click.option("--found", required=True, help="What you found out; it stays on record.")
@click.option("--new-key", is_flag=True, help="Its next checkpoint may bring a new key.")
@with_broker
def settle(session: BrokerSession, member_id: str, found: str, new_key: bool) -> None:
    """Note what you found out about a member's checkpoints that do not go on from earlier ones.

    After a restore from a backup a ledger goes back, and its operator can say when and why. What
    came before stays on record; from now on checkpoints are compared with those since.
    """
    state = session.open_broker().state.checkpoints
    settled = state.settle(member_id, found)
    if new_key:
        state.forget_key(member_id)
    session.output.result(
        {"member": member_id, "settled": settled},
        lambda: session.output.sentence(f"Settled {settled} of {member_id}."),
    )
