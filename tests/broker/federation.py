"""Whole federations in one process: a broker, and members that are functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import orjson
from flask import Flask

from beacon_node.broker.app import create_app
from beacon_node.broker.ask import Desk
from beacon_node.broker.broker import Broker, make_crew
from beacon_node.broker.library import Library
from beacon_node.broker.settings import Settings
from beacon_node.broker.state import State
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.crypto.messages import read_message
from beacon_node.errors import NotFound, Unreachable
from beacon_node.federation.claims import read_question_claims
from beacon_node.federation.messages import QUESTION, Signer
from beacon_node.identity.brokers_file import with_broker
from beacon_node.identity.clearinghouse import Clearinghouse, open_clearinghouse
from beacon_node.model.federation import (
    MESSAGE_HEADER,
    Member,
    MemberKind,
    PinnedBroker,
    Question,
)
from beacon_node.model.requester import Tier
from beacon_node.node import Node
from beacon_node.node_web.network import membership_of
from beacon_node.ports import Clock, Received, Sent
from beacon_node.randomness import SystemClock, SystemRandomness
from tests.node_web.networked import app_of, pin

BROKERS_FILE = "brokers.toml"
Handler = Callable[[Sent], Received]


@dataclass
class Wire:
    """`ports.Transport` in memory; keeps what was sent to whom."""

    handlers: dict[str, Handler] = field(default_factory=dict)
    sent: list[tuple[str, Sent]] = field(default_factory=list)

    def send(self, member: Member, sent: Sent, *, timeout_s: float) -> Received:
        self.sent.append((member.id, sent))
        handler = self.handlers.get(member.id)
        if handler is None:
            raise Unreachable("connection refused")
        return handler(sent)

    def to(self, member_id: str) -> list[Sent]:
        return [sent for name, sent in self.sent if name == member_id]


def served_by(app: Flask) -> Handler:
    """Return a member that is a Flask application."""
    client = app.test_client()

    def handle(sent: Sent) -> Received:
        answer = client.open(sent.path, method=sent.method, data=sent.body, headers=sent.headers)
        return Received(answer.status_code, answer.data, lower(answer.headers))

    return handle


def lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


class Members:
    """A registry of members who were named to it."""

    def __init__(self, *members: Member) -> None:
        self.listed = members

    def members(self) -> tuple[Member, ...]:
        return self.listed

    def member(self, member_id: str) -> Member:
        for one in self.listed:
            if one.id == member_id:
                return one
        raise NotFound(f"there is no member {member_id!r} in this network")

    def problem(self) -> str:
        return ""


@dataclass
class Federation:
    broker: Broker
    wire: Wire
    library: Library
    app: Flask

    @property
    def client(self):
        return self.app.test_client()

    @property
    def desk(self) -> Desk:
        return Desk(self.broker, self.library)


def federation(
    folder: Path,
    members: Mapping[Member, Handler],
    *,
    id: str = "org.example.hub",
    settings: Settings | None = None,
    house: Clearinghouse | None = None,
    clock: Clock | None = None,
    learn: bool = True,
) -> Federation:
    """Return a broker over `members`, of whom it has learned what they say of themselves."""
    broker = make_broker(folder, Members(*members), id, settings)
    broker = replace(
        broker, clearinghouse=house or broker.clearinghouse, clock=clock or broker.clock
    )
    wire = broker.transport
    wire.handlers = {member.id: handler for member, handler in members.items()}
    library = Library(wire, broker.clock, broker.state.learned)
    if learn:
        library.refresh(members)
        wire.sent.clear()
    return Federation(broker, wire, library, create_app(broker, library))


class _Forgets:
    """Keeps no health, so that nothing writes into a folder that the test has left."""

    def add_health(self, seen, now, *, enough) -> None:
        return None


def make_broker(
    folder: Path,
    registry: Members,
    id: str,
    settings: Settings | None = None,
) -> Broker:
    folder.mkdir(parents=True, exist_ok=True)
    clock, randomness = SystemClock(), SystemRandomness()
    settings = settings or Settings()
    settings = replace(
        settings,
        broker=replace(settings.broker, id=id, environment="test"),
        access=replace(settings.access, brokers=BROKERS_FILE),
    )
    state = State.open(folder / "data" / "broker.sqlite")
    key = SigningKey(id.encode().ljust(32, b"x")[:32])
    return Broker(
        home=folder,
        settings=settings,
        registry=registry,
        state=state,
        transport=Wire(),
        crew=make_crew(settings, SimpleNamespace(health=_Forgets()), clock, randomness),
        signer=Signer(id, key, clock, randomness),
        clearinghouse=open_clearinghouse(None, settings.public_url, None, clock),
        clock=clock,
        randomness=randomness,
        pseudonym_key=b"p" * 32,
    )


def at_5050() -> Settings:
    """Return settings of a broker that says it is reached where nodes are by default."""
    return replace(Settings(), server=replace(Settings().server, port=5050))


# ---- members of ours -----------------------------------------------------------------------------


def node_member(node: Node, name: str, **told) -> Member:
    """Return a node as a network's file names it."""
    own = membership_of(node)
    keys = (own.signer.key.public.x,)
    return Member(node.settings.node.id, name, f"https://{name.lower()}.example", keys=keys, **told)


def broker_member(broker: Broker, name: str) -> Member:
    """Return a broker as the file of a network above names it."""
    id, keys = broker.settings.broker.id, (broker.signer.key.public.x,)
    return Member(id, name, f"https://{name.lower()}.example", MemberKind.BROKER, keys)


def pinned(broker: Broker, ceiling: Tier = Tier.REGISTERED) -> PinnedBroker:
    """Return a broker as its members' files name it."""
    told, keys = broker.settings.broker, (broker.signer.key.public.x,)
    return PinnedBroker(told.id, told.name, "https://hub.example", keys, ceiling)


def over_nodes(folder: Path, nodes: Mapping[str, Node], **told) -> Federation:
    """Return a broker over real nodes, each of which pins it."""
    members = {node_member(node, name): served_by(app_of(node)) for name, node in nodes.items()}
    made = federation(folder, members, **told)
    for node in nodes.values():
        pin(node, pinned(made.broker))
    return made


def over_broker(folder: Path, below: Federation, **told) -> Federation:
    """Return a broker whose one member is the broker `below`, which pins it."""
    member = broker_member(below.broker, "Hub")
    made = federation(folder, {member: served_by(below.app)}, **told)
    path = below.broker.home / BROKERS_FILE
    path.write_text(with_broker(path, pinned(made.broker)))
    return made


class Double:
    """A node of ours that says what it is told to say, signed, and keeps what it was asked."""

    def __init__(self, name: str, answer: object, kind: MemberKind = MemberKind.NODE, **told):
        key = SigningKey(name.encode().ljust(32, b"-"))
        id = f"org.example.{name.lower()}"
        self.signer = Signer(id, key, SystemClock(), SystemRandomness())
        url = f"https://{name.lower()}.example"
        self.member = Member(id, name, url, kind, (key.public.x,), **told)
        self.answer, self.tier, self.status = answer, Tier.REGISTERED, 200
        self.questions: list[Question] = []

    def __call__(self, sent: Sent) -> Received:
        message = sent.headers.get(MESSAGE_HEADER)
        if message is None:
            return Received(404, b"{}")
        question = read_question_claims(read_message(message, QUESTION).claims)
        self.questions.append(question)
        body = self.answer if isinstance(self.answer, bytes) else orjson.dumps(self.answer)
        told = self.signer.reply(question, self.tier, status=self.status, body=body)
        return Received(self.status, body, {MESSAGE_HEADER.lower(): told})


def other_member(name: str) -> Member:
    """Return somebody else's beacon."""
    id = f"org.example.{name.lower()}"
    return Member(id, name, f"https://{name.lower()}.example/beacon", MemberKind.BEACON)
