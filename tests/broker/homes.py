"""Homes of brokers on disk, opened, with a clock and members that a test moves."""

from dataclasses import replace
from pathlib import Path

from beacon_node.broker.broker import Broker, open_broker
from beacon_node.broker.home import NewBroker, init_broker
from beacon_node.broker.network_edit import add_member
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.federation.messages import Signer
from beacon_node.model.federation import Member
from beacon_node.randomness import SystemRandomness
from tests.broker.world import FixedClock

BROKER = "org.example.broker"


def open_home(folder: Path, clock: FixedClock, **parts: object) -> Broker:
    """Return a new broker whose time is `clock`'s; `parts` replace others of its parts."""
    home = folder / "broker"
    init_broker(home, NewBroker(public_url="https://broker.example"), SystemRandomness())
    opened = open_broker(home, {})
    signer = replace(opened.signer, clock=clock)
    return replace(opened, clock=clock, signer=signer, **parts)


def signer_of(member_id: str, clock: FixedClock, secret: int = 1) -> Signer:
    """Return who signs as a node; the same secret is the same key."""
    return Signer(member_id, SigningKey(bytes([secret]) * 32), clock, SystemRandomness())


def member_of(signer: Signer, url: str = "https://node.example", **told: object) -> Member:
    return Member(signer.id, "Node", url, keys=(signer.key.public.x,), **told)


def add(broker: Broker, member: Member) -> None:
    add_member(broker.registry.path, member, broker.settings.broker.id)
