"""What a message of the network must stand up to before anybody looks at what came with it.

In this order: shape and size, who may have signed it, whether they did, whom it is for and when,
what it is about. Whether its number was used before is for whoever keeps the numbers.
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from urllib.parse import unquote_to_bytes

from beacon_node.crypto.ed25519 import PublicKey
from beacon_node.crypto.messages import check_signer, read_message
from beacon_node.errors import InvalidInput, NotAuthentic
from beacon_node.federation.claims import (
    read_about_claims,
    read_question_claims,
    read_reply_claims,
)
from beacon_node.federation.messages import CHECKPOINT, JOIN, QUESTION, REPLY
from beacon_node.model.federation import (
    LEEWAY,
    LONGEST_LIFE,
    MESSAGE_HEADER,
    Member,
    PinnedBroker,
    Question,
    Reply,
)
from beacon_node.model.message import Fault, MessageRefused
from beacon_node.model.passport import TokenRefused
from beacon_node.model.tokens import read_json
from beacon_node.ports import Received, Sent

Brokers = Mapping[str, PinnedBroker]
"""The brokers that a node knows, by their ids."""


# ---- questions -----------------------------------------------------------------------------------


def read_question(arrived: Sent, brokers: Brokers, own_id: str, now: datetime) -> Question:
    """Return the question that a request with a message is; it may be used once.

    `arrived.path` lies below the url of whoever is asked, `own_id`. Raises MessageRefused.
    """
    question = signed_question(arrived.headers.get(MESSAGE_HEADER), brokers)
    check_address(question, own_id, now)
    check_request(question, arrived.method, arrived.path)
    check_body(question, arrived.body)
    return question


def signed_question(message: str | None, brokers: Brokers) -> Question:
    """Return the question that a pinned broker signed, to whomever and about whatever it is."""
    token = read_message(message, QUESTION)
    broker = brokers.get(token.iss)
    if broker is None:
        raise MessageRefused(Fault.SIGNER, aside="no broker with its id is pinned")
    check_signer(token, map(PublicKey.from_x, broker.keys))
    return read_question_claims(token.claims)


def check_address(question: Question, own_id: str, now: datetime) -> None:
    """Refuse a question that is for somebody else, or not one of now."""
    if question.node != own_id:
        raise MessageRefused(Fault.AUDIENCE)
    if not timedelta(0) < question.until - question.at <= LONGEST_LIFE:
        raise MessageRefused(Fault.LIFE)
    if question.at > now + LEEWAY:
        raise MessageRefused(Fault.EARLY, clock_words(question.at - now))
    if now >= question.until + LEEWAY:
        raise MessageRefused(Fault.LATE, clock_words(question.at - now))


def check_request(question: Question, method: str, path: str) -> None:
    """Refuse a question that is about another method or path.

    Paths are compared as servers understand them: `%2C` or a plain comma is the same.
    """
    if question.method != method:
        raise MessageRefused(Fault.METHOD)
    if _understood(question.path) != _understood(path):
        raise MessageRefused(Fault.PATH)


def check_body(question: Question, body: bytes) -> None:
    if not hmac.compare_digest(question.digest, hashlib.sha256(body).digest()):
        raise MessageRefused(Fault.BODY)


def clock_words(ahead: timedelta) -> str:
    """Say by how much the sender's clock differs, as far as a message made just now can tell.

    >>> clock_words(timedelta(seconds=-93))
    "it was made 93 s before this server's time: is a clock wrong, or was it long on its way?"
    """
    seconds = round(abs(ahead.total_seconds()))
    if ahead > timedelta(0):
        return f"it was made {seconds:,} s after this server's time: one of the clocks is wrong"
    return (
        f"it was made {seconds:,} s before this server's time: is a clock wrong, or was it long on "
        "its way?"
    )


def _understood(path: str) -> tuple[bytes, str]:
    plain, _, asked = path.partition("?")
    return unquote_to_bytes(plain), asked


# ---- replies -------------------------------------------------------------------------------------


def check_reply(member: Member, question: Question, received: Received) -> Reply:
    """Return what `member` signed of its answer to `question`: that it is this one.

    Raises NotAuthentic. An answer is as new as its question, whose number it bears and which nobody
    knew before: its own times are told (`Reply.at`), not judged, so that a member with a wrong
    clock can say so.
    """
    try:
        return _reply(member, question, received)
    except MessageRefused as refused:
        raise NotAuthentic(f"what {member.id} answered is not authentic: {refused}") from refused


def _reply(member: Member, question: Question, received: Received) -> Reply:
    token = read_message(received.headers.get(MESSAGE_HEADER.lower()), REPLY)
    if token.iss != member.id:
        raise MessageRefused(Fault.SIGNER)
    check_signer(token, map(PublicKey.from_x, member.keys))
    reply = read_reply_claims(token.claims)
    if reply.broker != question.broker or member.id != question.node:
        raise MessageRefused(Fault.AUDIENCE)
    if not timedelta(0) < reply.until - reply.at <= LONGEST_LIFE:
        raise MessageRefused(Fault.LIFE)
    if reply.number != question.number:
        raise MessageRefused(Fault.NUMBER)
    if reply.status != received.status:
        raise MessageRefused(Fault.STATUS)
    if not hmac.compare_digest(reply.digest, hashlib.sha256(received.body).digest()):
        raise MessageRefused(Fault.BODY)
    return reply


# ---- joining -------------------------------------------------------------------------------------


def read_join(arrived: Sent, own_id: str, now: datetime) -> Mapping:
    """Return the body of a request to join, `{"member": {"id", "keys": […]}, …}`, which the one
    key that it names signed in the name that it names. All else in it is for the caller to judge.

    Raises MessageRefused; like a question it is used once, if that matters to the caller.
    """
    token = read_message(arrived.headers.get(MESSAGE_HEADER), JOIN)
    body, member = _candidate(arrived.body)
    check_signer(token, _keys(member.get("keys")))
    about = read_about_claims(token.claims)
    if about.broker != member.get("id"):
        raise MessageRefused(Fault.CLAIMS, "iss is not the id of the member")
    check_address(about, own_id, now)
    check_request(about, arrived.method, arrived.path)
    check_body(about, arrived.body)
    return body


def read_left(
    arrived: Sent, members: Mapping[str, Member], own_id: str, now: datetime
) -> tuple[Member, Mapping]:
    """Return which member leaves a checkpoint, and the body that it signed, a JSON object.

    Raises MessageRefused.
    """
    token = read_message(arrived.headers.get(MESSAGE_HEADER), CHECKPOINT)
    member = members.get(token.iss)
    if member is None:
        raise MessageRefused(Fault.SIGNER, aside="no member has its id")
    check_signer(token, map(PublicKey.from_x, member.keys))
    about = read_about_claims(token.claims)
    check_address(about, own_id, now)
    check_request(about, arrived.method, arrived.path)
    check_body(about, arrived.body)
    return member, _object(arrived.body)


def _candidate(raw: bytes) -> tuple[Mapping, Mapping]:
    body = _object(raw)
    member = body.get("member")
    if not isinstance(member, dict):
        raise MessageRefused(Fault.BODY, "an object with a member is expected")
    return body, member


def _object(raw: bytes) -> Mapping:
    try:
        body = read_json(raw)
    except TokenRefused as refused:
        raise MessageRefused(Fault.BODY, "it is no JSON") from refused
    if not isinstance(body, dict):
        raise MessageRefused(Fault.BODY, "a JSON object is expected")
    return body


def _keys(found: object) -> Iterable[PublicKey]:
    """Return the key in a list of one JWK or its `x`. Of a second one nobody would have shown that
    it is theirs, and whoever compares fingerprints finds the one that they were told of."""
    if not isinstance(found, list) or len(found) != 1:
        raise MessageRefused(Fault.CLAIMS, "member.keys: the one key that signs is expected")
    texts = [key.get("x") if isinstance(key, dict) else key for key in found]
    try:
        return [PublicKey.from_x(text) for text in texts]
    except (InvalidInput, TypeError) as error:
        raise MessageRefused(Fault.CLAIMS, "member.keys: an Ed25519 key is expected") from error
