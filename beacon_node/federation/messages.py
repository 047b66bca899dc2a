"""Signed messages of the network, as they are made.

A message is the header `Beacon-Message` of an ordinary HTTP request or response, bound by what it
says to that request's method, path and body, or to that response's status and body.
`federation.checks` checks them.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.crypto.messages import write_message
from beacon_node.federation.claims import about_claims, base64url, question_claims, reply_claims
from beacon_node.model.federation import (
    LONGEST_LIFE,
    MESSAGE_HEADER,
    Asserted,
    Member,
    Question,
    Reply,
)
from beacon_node.model.requester import Tier
from beacon_node.ports import Clock, Randomness, Sent

QUESTION, REPLY, JOIN = "beacon-question+jwt", "beacon-reply+jwt", "beacon-join+jwt"
CHECKPOINT = "beacon-checkpoint+jwt"
_NUMBER_BYTES = 16  # nobody guesses a number, and none comes twice


@dataclass(frozen=True, slots=True, repr=False)
class Signer:
    """Who signs: a broker its questions, a node its replies. `id` is their own."""

    id: str
    key: SigningKey
    clock: Clock
    randomness: Randomness

    def question(
        self, member: Member, sent: Sent, asserted: Asserted = Asserted()
    ) -> tuple[Sent, Question]:
        """Return a request to `member` with its message, and the question that this is.

        It is made for one sending: its number is used up where it may have arrived.
        """
        question = self._about(member.id, sent, asserted)
        message = write_message(self.key, QUESTION, question_claims(question))
        return _with_message(sent, message), question

    def join(self, broker: str, sent: Sent) -> Sent:
        """Return a request to become a member of the network of `broker`, with its message: it is
        signed by the key that its body names, so whoever sends it has that key."""
        about = self._about(broker, sent, Asserted())
        return _with_message(sent, write_message(self.key, JOIN, about_claims(about)))

    def checkpoint(self, broker: str, sent: Sent) -> Sent:
        """Return a request that leaves a checkpoint with `broker`, with its message."""
        about = self._about(broker, sent, Asserted())
        return _with_message(sent, write_message(self.key, CHECKPOINT, about_claims(about)))

    def reply(self, question: Question, tier: Tier, *, status: int, body: bytes) -> str:
        """Return the message of an answer to `question`, which was answered at `tier`."""
        at = self._now()
        reply = Reply(
            node=self.id,
            broker=question.broker,
            at=at,
            until=at + LONGEST_LIFE,
            number=question.number,
            status=status,
            digest=hashlib.sha256(body).digest(),
            tier=tier,
        )
        return write_message(self.key, REPLY, reply_claims(reply))

    def _about(self, to: str, sent: Sent, asserted: Asserted) -> Question:
        at = self._now()
        return Question(
            broker=self.id,
            node=to,
            at=at,
            until=at + LONGEST_LIFE,
            number=base64url(self.randomness.bytes(_NUMBER_BYTES)),
            method=sent.method,
            path=sent.path,
            digest=hashlib.sha256(sent.body).digest(),
            asserted=asserted,
        )

    def _now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)


def _with_message(sent: Sent, message: str) -> Sent:
    return replace(sent, headers={**sent.headers, MESSAGE_HEADER: message})
