"""Leave signed checkpoints of the ledger with others, and find those that a folder keeps."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from glob import escape
from itertools import islice
from pathlib import Path

from beacon_node.actions.audit import make_checkpoint, public_key
from beacon_node.actions.join_network import brokers_file, signer_of, transport_of
from beacon_node.actions.mail import mailer_of, open_outbox
from beacon_node.errors import BeaconNodeError, ConfigurationError, StoreUnavailable
from beacon_node.federation.leaving import leave_with
from beacon_node.identity.brokers_file import BrokersFile
from beacon_node.model.checkpoint import checkpoint_text, read_checkpoint
from beacon_node.model.checkpoint_places import Place, PlaceKind, read_places
from beacon_node.model.mail import Mail, MailFailed
from beacon_node.node import Node
from beacon_node.storage.files import sync

EVERY = timedelta(days=1)
_NEW_ENOUGH = timedelta(hours=20)  # of one that was made for another place, not to verify twice
_LATEST = "checkpoint.json"
_MOST_FILES = 5_000  # of a folder; the newest ones


def places(node: Node) -> tuple[Place, ...]:
    """Return where the node leaves checkpoints. Raises ConfigurationError."""
    return read_places(node.settings.audit.checkpoints_to)


@dataclass(frozen=True, slots=True)
class Left:
    """What became of leaving a checkpoint in one place; `problem` empty: it is there."""

    place: str
    sequence: int
    problem: str = ""


def deliver(node: Node) -> tuple[Left, ...]:
    """Sign how far the ledger has come and leave that in every place, whatever becomes of others.

    Raises LedgerBroken for a ledger that is not whole or not the newest.
    """
    text = checkpoint_text(make_checkpoint(node))
    _keep_latest(node, text)
    return tuple(_left(node, place, text) for place in places(node))


def leave(node: Node, place: Place) -> None:
    """Leave a checkpoint of today in one place. Raises BeaconNodeError, saying why not."""
    _leave(node, place, _latest(node))


def _left(node: Node, place: Place, text: str) -> Left:
    sequence, problem = read_checkpoint(text.encode()).checkpoint.head.sequence, ""
    try:
        _leave(node, place, text)
    except BeaconNodeError as error:
        problem = str(error)
    now = node.clock.now()
    due = now if problem else now + EVERY
    open_outbox(node).done(job_name(place), now=now, due=due, problem=problem)
    return Left(place.label, sequence, problem)


def job_name(place: Place) -> str:
    """Return how the task of leaving checkpoints in a place is called."""
    return f"leaving a checkpoint with {place.label}"


def _leave(node: Node, place: Place, text: str) -> None:
    _WAYS[place.kind](node, place.where, text)


# ---- the ways ------------------------------------------------------------------------------------


def _to_folder(node: Node, where: str, text: str) -> None:
    """The file is there whole or not at all; a folder is never made: it may be a share that is not
    mounted."""
    said = read_checkpoint(text.encode()).checkpoint
    name = f"{said.node}.{said.at:%Y-%m-%dT%H%M%SZ}.{said.head.sequence}.json"
    path, temporary = Path(where) / name, Path(where) / f".{name}.{os.getpid()}"
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        with suppress(OSError):  # some shares let no folder be waited for
            sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink()
        raise StoreUnavailable(
            f"{where}: {(error.strerror or 'it cannot be used').lower()}; is the share mounted?"
        ) from error


def _by_mail(node: Node, where: str, text: str) -> None:
    mailer = mailer_of(node)
    if mailer is None:
        raise ConfigurationError("node.toml: mail.host names no mail server")
    said = read_checkpoint(text.encode()).checkpoint
    head = f"{said.node}: checkpoint of entry {said.head.sequence:,}, {said.at:%Y-%m-%d}"
    name = f"{said.node}.{said.at:%Y-%m-%dT%H%M%SZ}.{said.head.sequence}.json"
    id = f"{said.head.hash.hex()[:32]}.{said.at:%Y%m%d%H%M%S}"
    try:
        mailer.send(Mail(where, head, _LETTER.format(name=name), id, (name, text)))
    except MailFailed as failed:
        raise StoreUnavailable(failed.reason) from failed


_LETTER = """Good day,

please keep the attached file, {name}, as it is. It shows how far the ledger of this
node had come, signed by the node. Nobody can cut off or rewrite what was recorded before
it without that being found, as long as one such file is kept where the node cannot write.

To look: beacon-node audit verify --checkpoint {name}
"""


def _with_broker(node: Node, where: str, text: str) -> None:
    broker = BrokersFile(brokers_file(node)).current().get(where)
    if broker is None:
        raise ConfigurationError(f"no broker {where!r} is pinned: beacon-node network join URL")
    body = {"checkpoint": json.loads(text), "key": public_key(node).jwk()}
    if problem := leave_with(transport_of(node), signer_of(node), broker, body):
        raise StoreUnavailable(f"the broker {where} says: {problem}")


_WAYS: Mapping[PlaceKind, Callable[[Node, str, str], None]] = {
    PlaceKind.FOLDER: _to_folder,
    PlaceKind.MAIL: _by_mail,
    PlaceKind.BROKER: _with_broker,
}


# ---- the newest one ------------------------------------------------------------------------------


def _latest(node: Node) -> str:
    """Return a checkpoint of today, made now unless another place got one already."""
    now = node.clock.now()
    with suppress(BeaconNodeError, OSError):
        raw = (node.data / _LATEST).read_bytes()
        said = read_checkpoint(raw).checkpoint
        if said.node == node.settings.node.id and timedelta() <= now - said.at < _NEW_ENOUGH:
            return raw.decode().strip()
    text = checkpoint_text(make_checkpoint(node))
    _keep_latest(node, text)
    return text


def _keep_latest(node: Node, text: str) -> None:
    temporary = node.data / f"{_LATEST}.{os.getpid()}"
    with suppress(OSError):  # then it is made anew for the next place
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(node.data / _LATEST)


# ---- what folders keep ---------------------------------------------------------------------------


def kept_files(node: Node) -> Iterator[Path]:
    """Yield the checkpoints of this node that its folders keep, the newest of each first."""
    pattern = f"{escape(node.settings.node.id)}.*.json"
    for place in places(node):
        if place.kind is PlaceKind.FOLDER:
            found = sorted(Path(place.where).glob(pattern), reverse=True)
            yield from islice(found, _MOST_FILES)


def place_problems(node: Node) -> Iterator[str]:
    """Yield in sentences what keeps checkpoints from being evidence."""
    home = _device(node.data)
    for place in places(node):
        if place.kind is PlaceKind.FOLDER and _device(Path(place.where)) == home:
            yield (
                f"{place.where} of audit.checkpoints_to is on the same disk as the ledger: whoever "
                "can write there can exchange both"
            )


def _device(path: Path) -> int | None:
    try:
        return path.stat().st_dev
    except OSError:
        return None
