"""A broker, a node, and messages of any form between them, also such as nobody honest writes."""

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.federation.messages import Signer
from beacon_node.model.data_use import read_purpose
from beacon_node.model.federation import MESSAGE_HEADER, Asserted, Member, PinnedBroker, Question
from beacon_node.model.requester import Tier
from beacon_node.ports import Sent

NOW = datetime(2030, 1, 7, 12, tzinfo=UTC)
BROKER, NODE = "org.network", "org.hospital"
KEYS = [SigningKey(bytes([number]) * 32) for number in range(6)]
BROKER_KEY, NODE_KEY, OTHER_KEY, NEXT_KEY, STRANGER, NODE_NEXT = KEYS
BODY = b'{"query": {"requestParameters": {"geneId": "BRCA2"}}}'
PATH = "/api/g_variants"
SENT = Sent("POST", PATH, BODY, {"Content-Type": "application/json"})
PURPOSE = read_purpose({"categories": ["biomedical"]})
ASSERTED = Asserted(Tier.REGISTERED, "r-1", "https://uni.example", PURPOSE)
PINNED = PinnedBroker(BROKER, "Network", "https://network.example", (BROKER_KEY.public.x,))
BROKERS = {
    BROKER: replace(PINNED, ceiling=Tier.REGISTERED),
    "org.other": replace(PINNED, id="org.other", keys=(OTHER_KEY.public.x,)),
}
MEMBER = Member(NODE, "Hospital", "https://hospital.example", keys=(NODE_KEY.public.x,))


@dataclass
class Time:
    """A clock that stands where it is put."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Chance:
    """Numbers one after the other, none twice."""

    def __init__(self, begin: int = 0) -> None:
        self._last = begin

    def bytes(self, count: int) -> bytes:
        self._last += 1
        return self._last.to_bytes(count)


def broker(time: Time | None = None, chance: Chance | None = None) -> Signer:
    return Signer(BROKER, BROKER_KEY, time or Time(), chance or Chance())


def node(time: Time | None = None) -> Signer:
    return Signer(NODE, NODE_KEY, time or Time(), Chance())


def asked(sent: Sent = SENT, asserted: Asserted = ASSERTED) -> tuple[Sent, Question]:
    return broker().question(MEMBER, sent, asserted)


def parts(message: str) -> tuple[dict, dict]:
    """Return the header and the claims of a message."""
    header, claims, _ = message.split(".")
    return json.loads(_decoded(header)), json.loads(_decoded(claims))


def written(header: object, claims: object, key: SigningKey | None = BROKER_KEY) -> str:
    """Return a message of any header and claims (texts are taken as they stand)."""
    signed = f"{encoded(_text(header))}.{encoded(_text(claims))}"
    return f"{signed}.{encoded(key.sign(signed.encode())) if key else ''}"


def with_message(message: str, sent: Sent = SENT) -> Sent:
    return replace(sent, headers={**sent.headers, MESSAGE_HEADER: message})


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _text(value: object) -> bytes:
    return value.encode() if isinstance(value, str) else json.dumps(value).encode()
