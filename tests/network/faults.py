"""A network in memory that loses, delays, repeats, exchanges and spoils what passes over it."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.errors import Unreachable
from beacon_node.federation.checks import read_question
from beacon_node.federation.messages import REPLY, Signer
from beacon_node.model.federation import MESSAGE_HEADER, Member, PinnedBroker
from beacon_node.model.message import Fault as Refused
from beacon_node.model.message import MessageRefused
from beacon_node.model.requester import Tier
from beacon_node.model.tokens import read_token
from beacon_node.ports import Clock, Received, Sent
from beacon_node.randomness import SystemRandomness

_HEADER = MESSAGE_HEADER.lower()


@dataclass(frozen=True, slots=True)
class SkewedClock:
    """A machine's clock that is wrong by so much."""

    right: Clock
    by: timedelta

    def now(self) -> datetime:
        return self.right.now() + self.by


@dataclass
class Node:
    """A node of which only the network's side is there: it checks, records, answers and signs.

    `ledger` has the number of every question that it recorded, before it answered.
    """

    signer: Signer
    brokers: dict[str, PinnedBroker]
    carries: bool
    ledger: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def id(self) -> str:
        return self.signer.id

    def member(self) -> Member:
        keys = (self.signer.key.public.x,)
        return Member(self.id, self.id.upper(), f"https://{self.id}.example", keys=keys)

    def answer(self, sent: Sent) -> Received:
        now = self.signer.clock.now()
        try:
            question = read_question(sent, self.brokers, self.id, now)
        except MessageRefused as refused:
            return _document(401, {"error": {"errorCode": 401, "errorMessage": str(refused)}})
        with self.lock:
            if question.number in self.ledger:
                refused = str(MessageRefused(Refused.USED))
                received = _document(401, {"error": {"errorCode": 401, "errorMessage": refused}})
            else:
                self.ledger.append(question.number)
                received = _document(200, self._beacon_answer())
        tier = min(question.asserted.tier, Tier.PUBLIC)
        reply = self.signer.reply(question, tier, status=received.status, body=received.body)
        return replace(received, headers={_HEADER: reply})

    def _beacon_answer(self) -> dict:
        return {
            "meta": {
                "beaconId": self.id,
                "apiVersion": "v2.0.0",
                "returnedSchemas": [],
                "returnedGranularity": "boolean",
                "receivedRequestSummary": {
                    "apiVersion": "v2.0.0",
                    "requestedSchemas": [],
                    "pagination": {},
                    "requestedGranularity": "boolean",
                },
            },
            "responseSummary": {"exists": self.carries},
        }


def _document(status: int, document: dict) -> Received:
    return Received(status, json.dumps(document).encode(), {})


class Fault(StrEnum):
    """What happens to one question and its answer on their way."""

    NONE = "all is well"
    REQUEST_LOST = "the question is lost"
    REPLY_LOST = "the answer is lost"
    UNREACHABLE = "nothing listens"
    LATE = "the answer comes when nobody waits any more"
    TWICE = "the question arrives twice, the first answer comes back"
    TWICE_LAST = "the question arrives twice, the second answer comes back"
    ALTERED_QUESTION = "the question is altered on its way"
    RAISED = "the question's message is exchanged for another member's"
    OLDER_REPLY = "an answer to an earlier question comes back"
    OTHERS_REPLY = "another member's answer comes back"
    TRUNCATED = "the answer breaks off"
    GARBAGE = "the body is garbage"
    TAMPERED = "yes becomes no and no becomes yes"
    OTHER_STATUS = "the status is another one"
    UNSIGNED = "the answer has no message"
    GARBAGE_SIGNED = "the message is garbage"
    FORGED = "somebody else signed the answer"


HARMLESS = frozenset({Fault.NONE, Fault.TWICE})
"""What an answer still comes through."""


class Network:
    """`ports.Transport` over nodes in this process, with a fault for each member."""

    def __init__(self, nodes: dict[str, Node]) -> None:
        self.nodes = nodes
        self.faults: dict[str, Fault] = {}
        self.over = threading.Event()  # what is late waits for it
        self._replies: dict[str, list[Received]] = {name: [] for name in nodes}
        self._questions: dict[str, Sent] = {}

    def send(self, member: Member, sent: Sent, *, timeout_s: float) -> Received:
        fault = self.faults.get(member.id, Fault.NONE)
        node = self.nodes[member.id]
        if fault in _BEFORE:
            sent = _BEFORE[fault](self, node, sent)
        self._questions[member.id] = sent
        received = node.answer(sent)
        if fault in (Fault.TWICE, Fault.TWICE_LAST):
            again = node.answer(sent)
            received = again if fault is Fault.TWICE_LAST else received
        spoiled = _AFTER[fault](self, node, received) if fault in _AFTER else received
        self._replies[node.id].append(received)
        return spoiled

    def late(self, node: Node, received: Received) -> Received:
        self.over.wait(5)
        return received

    def older_reply(self, node: Node, received: Received) -> Received:
        older = self._replies[node.id]
        return older[0] if older else lost(self, node, received)

    def others_reply(self, node: Node, received: Received) -> Received:
        others = [
            replies[-1] for name, replies in self._replies.items() if name != node.id if replies
        ]
        return others[0] if others else lost(self, node, received)

    def others_message(self, node: Node, sent: Sent) -> Sent:
        others = [one for name, one in self._questions.items() if name != node.id]
        message = others[0].headers[MESSAGE_HEADER] if others else "a.b.c"
        return replace(sent, headers={**sent.headers, MESSAGE_HEADER: message})


def lost(network: Network, node: Node, passing: object) -> Received:
    raise Unreachable("it did not answer in time", is_timeout=True)


def refused(network: Network, node: Node, passing: object) -> Received:
    raise Unreachable("nothing listens at its address")


def _altered(network: Network, node: Node, sent: Sent) -> Sent:
    return replace(sent, body=sent.body.replace(b"17", b"13") + b" ", path=sent.path)


def _body(spoil: Callable[[bytes], bytes]) -> Callable:
    return lambda network, node, received: replace(received, body=spoil(received.body))


def _message(spoil: Callable[[Node, Received], str]) -> Callable:
    def after(network: Network, node: Node, received: Received) -> Received:
        return replace(received, headers={_HEADER: spoil(node, received)})

    return after


def _tampered(body: bytes) -> bytes:
    swapped = {b"true": b"false", b"false": b"true"}
    for word, other in swapped.items():
        if b'"exists": ' + word in body:
            return body.replace(b'"exists": ' + word, b'"exists": ' + other)
    return body + b" "


def _forged(node: Node, received: Received) -> str:
    """Return what somebody signs with another key over the claims of a genuine message."""
    claims = read_token(received.headers[_HEADER]).claims
    return SigningKey(b"thief" + bytes(27)).sign_token(REPLY, claims)


_BEFORE = {
    Fault.REQUEST_LOST: lost,
    Fault.UNREACHABLE: refused,
    Fault.ALTERED_QUESTION: _altered,
    Fault.RAISED: Network.others_message,
}
_AFTER = {
    Fault.REPLY_LOST: lost,
    Fault.LATE: Network.late,
    Fault.OLDER_REPLY: Network.older_reply,
    Fault.OTHERS_REPLY: Network.others_reply,
    Fault.TRUNCATED: _body(lambda body: body[: len(body) // 2]),
    Fault.GARBAGE: _body(lambda body: b"\x00\xff" * 50),
    Fault.TAMPERED: _body(_tampered),
    Fault.OTHER_STATUS: lambda network, node, received: replace(received, status=503),
    Fault.UNSIGNED: lambda network, node, received: replace(received, headers={}),
    Fault.GARBAGE_SIGNED: _message(lambda node, received: "eyJ.x\x00.y"),
    Fault.FORGED: _message(_forged),
}


def make_node(number: int, carries: bool, broker: Signer, clock: Clock) -> Node:
    key = SigningKey(bytes([number + 1]) * 32)
    pinned = PinnedBroker(
        broker.id, "Network", "https://network.example", (broker.key.public.x,), Tier.REGISTERED
    )
    signer = Signer(f"org.n{number}", key, clock, SystemRandomness())
    return Node(signer, {broker.id: pinned}, carries)
