"""Become a member of a broker's network, and leave it: on the node's side, both at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.crypto.keys import ensure_key
from beacon_node.crypto.messages import NETWORK_KEY
from beacon_node.errors import BeaconNodeError, ConfigurationError, Conflict, InvalidRequest
from beacon_node.federation import joining
from beacon_node.federation.direct import DirectTransport, Reach
from beacon_node.federation.joining import Standing, fingerprints
from beacon_node.federation.messages import Signer
from beacon_node.identity.brokers_file import (
    BrokersFile,
    is_network_id,
    with_broker,
    without_broker,
)
from beacon_node.identity.toml_table import is_address
from beacon_node.model.federation import Member, PinnedBroker
from beacon_node.model.requester import Tier
from beacon_node.node import Node
from beacon_node.ports import Transport
from beacon_node.settings import Identity
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import write_whole
from beacon_node.storage.used_numbers import Heard, UsedNumbers

NUMBERS_FILE = "network.sqlite"
_ANSWER_BYTES = 100_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def signer_of(node: Node) -> Signer:
    """Return who signs for the node in networks; its key is made if there is none."""
    key = SigningKey(ensure_key(node.home / "keys", NETWORK_KEY, node.randomness))
    return Signer(node.settings.node.id, key, node.clock, node.randomness)


def brokers_file(node: Node) -> Path:
    return node.home / node.settings.network.brokers


def numbers_of(node: Node) -> UsedNumbers:
    """Return which questions of brokers were used; the file is made if there is none."""
    return UsedNumbers(node.data / NUMBERS_FILE, now=node.clock.now())


def transport_of(node: Node) -> DirectTransport:
    """Return how brokers are reached. ConfigurationError for certificates that cannot be read."""
    told = node.settings.network
    ca_file = str(node.home / told.ca_file) if told.ca_file else ""
    return DirectTransport(Reach(_ANSWER_BYTES, 1, ca_file=ca_file, proxy=told.proxy))


# ---- joining -------------------------------------------------------------------------------------


def broker_at(transport: Transport, url: str) -> PinnedBroker:
    """Return who answers at a broker's address. Raises InvalidRequest for what is no address, else
    what `federation.joining.broker_at` does."""
    if not is_address(url) or "?" in url:
        raise InvalidRequest(
            "URL: an https address without user, query and fragment is expected; http only on this "
            "machine"
        )
    return joining.broker_at(transport, url.rstrip("/"))


@dataclass(frozen=True, slots=True)
class Approval:
    """What the node's operator approves: this broker, believed up to this tier."""

    broker: PinnedBroker
    ceiling: Tier
    contact: str = ""

    @property
    def pinned(self) -> PinnedBroker:
        return replace(self.broker, ceiling=self.ceiling)


def join(node: Node, transport: Transport, approval: Approval) -> Standing:
    """Ask to become a member, pin the broker, and return how the request stands.

    The broker's questions are answered once its own operator approves too. Asked again, nothing
    changes here. Raises ConfigurationError for a node without id or address of its own, Conflict
    for a broker that is pinned with another key.
    """
    member, path = _own(node), brokers_file(node)
    known = BrokersFile(path).check().get(approval.broker.id)
    if known is not None and known.keys != approval.broker.keys:
        raise Conflict(f"{known.id} is pinned with another key in {path}: leave it first")
    text = "" if known else with_broker(path, approval.pinned)
    signer = signer_of(node)
    standing = joining.ask_to_join(transport, signer, approval.broker, member, approval.contact)
    if text:
        _write(path, text)
    return standing


def _own(node: Node) -> Member:
    """Return the node as a member."""
    told, organization = node.settings.node, node.settings.organization
    if told.id == Identity().id or not is_network_id(told.id):
        raise ConfigurationError("node.toml: node.id: give the node an id of its own first")
    if not told.public_url or not is_address(node.settings.public_url):
        raise ConfigurationError(
            "node.toml: node.public_url: an https address at which brokers reach the node is "
            "expected"
        )
    return Member(
        id=told.id,
        name=told.name,
        url=node.settings.public_url,
        organization=organization.name,
        organization_url=organization.url,
    )


def leave(node: Node, id: str) -> None:
    """Answer a broker no more, from its next question on. Raises NotFound if it is not pinned."""
    path = brokers_file(node)
    _write(path, without_broker(path, id))


def _write(path: Path, text: str) -> None:
    with told_plainly(path):
        write_whole(path, text.encode())


# ---- what is known -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class KnownBroker:
    """A pinned broker: the fingerprints of its keys, what was heard of it, and how the request to
    join stands there (None: nobody asked; else its word, or why there is none)."""

    broker: PinnedBroker
    fingerprints: tuple[str, ...]
    heard: Heard | None
    standing: str | None = None


def known_brokers(node: Node, ask: Transport | None = None) -> tuple[KnownBroker, ...]:
    """Return the pinned brokers by id; with `ask` each is asked how the request to join stands."""
    numbers = numbers_of(node)
    try:
        heard: Mapping[str, Heard] = numbers.heard()
    finally:
        numbers.close()
    brokers = BrokersFile(brokers_file(node)).check()
    stands: Callable[[PinnedBroker], str | None] = (
        (lambda one: _standing(node, ask, one)) if ask else lambda _: None
    )
    return tuple(
        KnownBroker(one, fingerprints(one), heard.get(id), stands(one))
        for id, one in sorted(brokers.items())
    )


def network_problems(node: Node) -> Iterator[str]:
    """Yield a sentence for each broker that is not answered, and why."""
    try:
        known = known_brokers(node) if brokers_file(node).exists() else ()
    except BeaconNodeError as error:
        yield f"no broker is answered: {error}"
        return
    for one in known:
        heard = one.heard
        if heard and heard.refused_at and heard.refused_at > (heard.asked_at or _LONG_AGO):
            when = f"{heard.refused_at:%Y-%m-%d %H:%M} UTC"
            yield f"what {one.broker.id} sent last is not answered ({when}): {heard.refused}"


def _standing(node: Node, transport: Transport, broker: PinnedBroker) -> str:
    """Return in a word how the request to join stands, or in a sentence why there is no telling."""
    try:
        told = joining.standing_at(transport, broker, node.settings.node.id)
    except BeaconNodeError as error:
        return str(error)
    return f"{told.standing}: {told.reason}" if told.reason else told.standing
