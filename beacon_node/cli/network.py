"""`beacon-node network …`: the brokers that ask this node, and the key it signs answers with."""

from typing import TYPE_CHECKING

import click

from beacon_node.cli.common import Session, with_session
from beacon_node.errors import NotPermitted

if TYPE_CHECKING:
    from datetime import datetime

    from beacon_node.actions.join_network import KnownBroker
    from beacon_node.model.federation import PinnedBroker

_TIERS = ("public", "registered")


@click.group()
def network() -> None:
    """Join networks of nodes, and leave them."""


@network.command()
@with_session
def key(session: Session) -> None:
    """Show this node's fingerprint.

    It is that of the key by which brokers know its answers. Tell it to the broker's operator by
    another way than the network, who compares it.
    """
    from beacon_node.actions.join_network import signer_of

    signer = signer_of(session.open_node())
    public = signer.key.public
    session.output.result(
        {"id": signer.id, "fingerprint": public.id, "key": public.jwk()},
        lambda: session.output.facts(
            [("node", signer.id), ("fingerprint", public.id), ("public key", public.x)]
        ),
    )


@network.command()
@click.argument("url", metavar="URL")
@click.option(
    "--ceiling",
    type=click.Choice(_TIERS),
    default="public",
    show_default=True,
    help="The highest tier that is believed of a researcher because this broker says so.",
)
@click.option("--fingerprint", help="As the broker's operator told it; asks for nothing then.")
@click.option("--contact", default="", help="Whom the broker's operator may ask: a mail address.")
@with_session
def join(session: Session, url: str, ceiling: str, fingerprint: str | None, contact: str) -> None:
    """Become a member of a broker's network.

    Compare the fingerprint with the one that the broker's operator told you by another way, such as
    on the phone: whoever has that key may ask this node. The broker's operator approves it too.
    """
    from beacon_node.actions.join_network import Approval, broker_at, signer_of, transport_of
    from beacon_node.actions.join_network import join as join_network
    from beacon_node.federation.joining import fingerprints
    from beacon_node.model.requester import Tier

    node = session.open_node()
    transport = transport_of(node)
    broker = broker_at(transport, url)
    _compare(session, broker, fingerprint)
    approval = Approval(broker, Tier[ceiling.upper()], contact)
    found = join_network(node, transport, approval)
    told = {
        "broker": broker.id,
        "url": broker.url,
        "fingerprints": fingerprints(broker),
        "ceiling": ceiling,
        "standing": found.standing,
        "reason": found.reason,
        "own_fingerprint": signer_of(node).key.public.id,
    }

    def show() -> None:
        session.output.sentence(f"{broker.id} is pinned, up to the {ceiling} tier.")
        session.output.sentence(f"At the broker the request to join is: {_words(told)}.")
        session.output.sentence(f"Tell its operator this fingerprint: {told['own_fingerprint']}")

    session.output.result(told, show)


def _words(told: dict) -> str:
    return f"{told['standing']} ({told['reason']})" if told["reason"] else told["standing"]


def _compare(session: Session, broker: "PinnedBroker", told: str | None) -> None:
    """Let a person compare fingerprints, or compare with what they told. Raises NotPermitted."""
    from beacon_node.federation.joining import fingerprints

    own = fingerprints(broker)
    if told is not None:
        if own != (told.strip(),):
            raise NotPermitted(
                f"the fingerprint is not that of {broker.id}, which is {' '.join(own)}: do not join"
            )
        return
    facts = [("broker", f"{broker.name} ({broker.id})"), ("address", broker.url)]
    for name, value in [*facts, *(("fingerprint", one) for one in own)]:
        session.output.note(f"{name:<12}  {value}")
    click.confirm("Did its operator tell you this fingerprint?", abort=True, err=True)


@network.command()
@click.option("--ask", is_flag=True, help="Ask each how the request to join stands.")
@with_session
def brokers(session: Session, ask: bool) -> None:
    """Show whose questions are answered.

    Of each broker: how far it is believed, when it asked last, and why something of it was refused.
    """
    from beacon_node.actions.join_network import known_brokers, transport_of

    node = session.open_node()
    found = known_brokers(node, transport_of(node) if ask else None)
    session.output.result(
        {"brokers": [_document(one) for one in found]}, lambda: _show(session, found)
    )


def _document(known: "KnownBroker") -> dict:
    broker, heard = known.broker, known.heard
    asked = heard.asked_at if heard else None
    refused = heard.refused_at if heard else None
    return {
        "id": broker.id,
        "name": broker.name,
        "url": broker.url,
        "ceiling": broker.ceiling.name.lower(),
        "fingerprints": known.fingerprints,
        "standing": known.standing,
        "asked_at": asked.isoformat(timespec="seconds") if asked else None,
        "refused_at": refused.isoformat(timespec="seconds") if refused else None,
        "refused": heard.refused if heard and refused else None,
    }


def _show(session: Session, found: "tuple[KnownBroker, ...]") -> None:
    if not found:
        session.output.sentence("No broker's questions are answered; see: network join --help")
        return
    for number, one in enumerate(found):
        if number:
            print()
        broker, heard = one.broker, one.heard
        session.output.facts(
            [
                ("broker", f"{broker.name} ({broker.id})"),
                ("address", broker.url),
                ("believed up to", broker.ceiling.name.lower()),
                *(("fingerprint", text) for text in one.fingerprints),
                ("request to join", one.standing),
                ("last question", _when(heard and heard.asked_at) or "none yet"),
                ("last refused", _when(heard and heard.refused_at)),
                ("because", heard and heard.refused),
            ]
        )


def _when(moment: "datetime | None") -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else ""


@network.command()
@click.argument("broker", metavar="ID")
@with_session
def leave(session: Session, broker: str) -> None:
    """Answer a broker no more, from its next question on."""
    from beacon_node.actions.join_network import leave as leave_network

    leave_network(session.open_node(), broker)
    session.output.result(
        {"left": broker},
        lambda: session.output.sentence(
            f"{broker} is answered no more. Tell its operator, so that it stops asking."
        ),
    )
