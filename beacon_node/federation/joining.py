"""What a node says to a broker to become a member of its network, and what it hears.

Nothing that a broker says of itself is believed before somebody compared its key's fingerprint.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from beacon_node.crypto.ed25519 import PublicKey
from beacon_node.errors import InvalidInput, NotFound, Unreachable
from beacon_node.federation.messages import Signer
from beacon_node.model.federation import Member, MemberKind, PinnedBroker
from beacon_node.model.passport import TokenRefused
from beacon_node.model.tokens import read_json
from beacon_node.ports import Received, Sent, Transport

TIMEOUT_S = 15.0
_LONGEST = 255  # characters of a text
_JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True)
class Standing:
    """How a request to join stands at a broker, in its words; `reason`: why it was refused."""

    standing: str
    reason: str = ""


def broker_at(transport: Transport, url: str) -> PinnedBroker:
    """Return who answers at a broker's address; believed nothing yet.

    Raises Unreachable, InvalidInput for an answer that is not a broker's, or another address's.
    """
    found = _document(transport, url, Sent("GET", "/network/identity"))
    if (told := _text(found, "url", url).rstrip("/")) != url:
        raise InvalidInput(f"this broker's address is {told}: name that", file=url)
    id = _text(found, "id", url)
    return PinnedBroker(id, _text(found, "name", url), url, _keys(found, url))


def ask_to_join(
    transport: Transport, signer: Signer, broker: PinnedBroker, member: Member, contact: str
) -> Standing:
    """Ask to become a member as `member`, whose key is that of `signer`."""
    key = signer.key.public.jwk()
    told = {"id": member.id, "name": member.name, "url": member.url, "keys": [key]}
    told["organization"] = {"name": member.organization, "url": member.organization_url}
    body = orjson.dumps({"member": told, "contact": contact})
    sent = signer.join(broker.id, Sent("POST", "/network/joins", body, _JSON))
    return _standing(_document(transport, broker.url, sent), broker.url)


def standing_at(transport: Transport, broker: PinnedBroker, own_id: str) -> Standing:
    """Return how one's request to join stands. Raises NotFound if there is none."""
    sent = Sent("GET", f"/network/joins/{own_id}")
    return _standing(_document(transport, broker.url, sent), broker.url)


def fingerprints(broker: PinnedBroker) -> tuple[str, ...]:
    """Return the thumbprints of a broker's keys (RFC 7638), which people compare."""
    return tuple(PublicKey.from_x(key).id for key in broker.keys)


# ---- what comes back -----------------------------------------------------------------------------


def _document(transport: Transport, url: str, sent: Sent) -> Mapping[str, Any]:
    """Return the JSON object that a broker answers with; its own words where it refuses."""
    broker = Member("", "", url, MemberKind.BROKER)
    received = transport.send(broker, sent, timeout_s=TIMEOUT_S)
    found = _object(received)
    if received.status == 404 and found:
        raise NotFound(f"{url}: {_problem(found)}")
    if received.status >= 400:
        problem = _problem(found) or "it says no more"
        raise Unreachable(f"{url} refused with status {received.status}: {problem}")
    if not found:
        raise InvalidInput("it does not answer as the broker of a network", file=url)
    return found


def _object(received: Received) -> Mapping[str, Any]:
    try:
        found = read_json(received.body)
    except TokenRefused:
        return {}
    return found if isinstance(found, dict) else {}


def _problem(found: Mapping[str, Any]) -> str:
    error = found.get("error")
    words = error.get("errorMessage") if isinstance(error, dict) else None
    return words[:_LONGEST] if isinstance(words, str) and words.isprintable() else ""


def _standing(found: Mapping[str, Any], url: str) -> Standing:
    reason = _text(found, "reason", url) if found.get("reason") else ""
    return Standing(_text(found, "standing", url), reason)


def _keys(found: Mapping[str, Any], url: str) -> tuple[str, ...]:
    keys = found.get("keys")
    if not isinstance(keys, list) or len(keys) != 1:  # a second one nobody would compare
        raise InvalidInput("the one key of its questions is expected", file=url, field="keys")
    texts = [key.get("x") if isinstance(key, dict) else None for key in keys]
    if not all(isinstance(text, str) for text in texts):
        raise InvalidInput("an Ed25519 key is expected", file=url, field="keys")
    return tuple(sorted({PublicKey.from_x(text).x for text in texts}))


def _text(found: Mapping[str, Any], field: str, url: str) -> str:
    text = found.get(field)
    if not isinstance(text, str) or not 0 < len(text) <= _LONGEST or not text.isprintable():
        raise InvalidInput(
            f"a text of 1 to {_LONGEST} characters is expected", file=url, field=field
        )
    return text
