"""Whole federations in one process: a broker, and members that are functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from flask import Flask

from beacon_node.broker.app import create_app
from beacon_node.broker.broker import Broker, make_crew
from beacon_node.broker.library import Library
from beacon_node.broker.settings import Settings
from beacon_node.broker.state import State
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.errors import Unreachable
from beacon_node.federation.checks import signed_question
from beacon_node.federation.messages import Signer
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.model.federation import MESSAGE_HEADER, Member, MemberKind, PinnedBroker
from beacon_node.model.requester import Tier
from beacon_node.ports import Received, Sent
from beacon_node.randomness import SystemClock, SystemRandomness

Handler = Callable[[Sent], Received]


class Signatures:
    """Signs what one member answers, for the brokers that it knows."""

    def __init__(self, member_id: str, seed: int) -> None:
        key = SigningKey(bytes([seed]) * 32)
        self.signer = Signer(member_id, key, SystemClock(), SystemRandomness())
        self.keys = (key.public.x,)
        self.brokers: dict[str, PinnedBroker] = {}

    def knows(self, broker: Broker) -> None:
        told = broker.settings.broker
        keys = (broker.signer.key.public.x,)
        self.brokers[told.id] = PinnedBroker(told.id, told.name, "https://hub", keys)

    def signed(self, sent: Sent, received: Received, tier: Tier = Tier.REGISTERED) -> Received:
        message = sent.headers.get(MESSAGE_HEADER)
        if message is None:
            return received
        question = signed_question(message, self.brokers)
        reply = self.signer.reply(question, tier, status=received.status, body=received.body)
        headers = {**received.headers, MESSAGE_HEADER.lower(): reply}
        return Received(received.status, received.body, headers)


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
        return next(one for one in self.listed if one.id == member_id)

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


def federation(
    folder: Path,
    members: Mapping[Member, Handler],
    *,
    id: str = "org.example.hub",
    settings: Settings | None = None,
    trusted: Path | None = None,
    learn: bool = True,
) -> Federation:
    """Return a broker over `members`, of whom it has learned what they say of themselves."""
    broker = make_broker(folder, Members(*members), id, settings, trusted)
    wire = broker.transport
    wire.handlers = {member.id: handler for member, handler in members.items()}
    library = Library(wire, broker.clock, broker.state.learned)
    if learn:
        library.refresh(members)
        wire.sent.clear()
    return Federation(broker, wire, library, create_app(broker, library))


def make_broker(
    folder: Path,
    registry: Members,
    id: str,
    settings: Settings | None = None,
    trusted: Path | None = None,
) -> Broker:
    folder.mkdir(parents=True, exist_ok=True)
    clock, randomness = SystemClock(), SystemRandomness()
    settings = settings or Settings()
    settings = replace(settings, broker=replace(settings.broker, id=id, environment="test"))
    state = State.open(folder / "broker.sqlite")
    key = SigningKey(id.encode().ljust(32, b"x")[:32])
    return Broker(
        home=folder,
        settings=settings,
        registry=registry,
        state=state,
        transport=Wire(),
        crew=make_crew(settings, state, clock, randomness),
        signer=Signer(id, key, clock, randomness),
        clearinghouse=open_clearinghouse(trusted, settings.public_url, None, clock),
        clock=clock,
        randomness=randomness,
        pseudonym_key=b"p" * 32,
    )


def at_5050() -> Settings:
    """Return settings of a broker that says it is reached where nodes are by default."""
    return replace(Settings(), server=replace(Settings().server, port=5050))


def own_member(name: str, signatures: Signatures, kind=MemberKind.NODE, **told) -> Member:
    return Member(
        signatures.signer.id, name, f"https://{name.lower()}.example", kind, signatures.keys, **told
    )
