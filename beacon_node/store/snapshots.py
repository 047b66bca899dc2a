"""What the people of a release permitted when it was made, in a file beside its index; of open
data, who had said no (and so permits nothing).

A snapshot only saves reading the whole ledger when a node starts: one that is not there, is damaged
or does not fit is passed over. The first line is the SHA-256 of the rest, which is JSON.
"""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from beacon_node.model.carriers import NumberSet
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private, seal, temporary_name

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Origin:
    """What a snapshot was made of; it fits only where all of this is the same.

    `consented_at` is a moment as text, `consent_version` the newest consent then and `consent_hash`
    the hash of its entry in the ledger (hex); `index` is the file name of the index, `people` how
    many individuals it has.
    """

    dataset_id: str
    index: str
    people: int
    consented_at: str
    consent_version: int
    consent_hash: str
    is_open_data: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Group:
    """The individuals (by number) who permit the same; `permitted` is what, as a document."""

    permitted: list
    members: NumberSet

    def __repr__(self) -> str:
        return "Group(…)"


def write_snapshot(path: Path, origin: Origin, groups: Sequence[Group]) -> None:
    """Write a snapshot, whole and on disk when it returns; raises StoreUnavailable."""
    body = orjson.dumps(
        {"format": _FORMAT, "origin": origin, "groups": [_document(group) for group in groups]}
    )
    with told_plainly(path):
        temporary = temporary_name(path)
        make_private(temporary)
        temporary.write_bytes(_digest(body) + b"\n" + body)
        seal(temporary, path)


def read_snapshot(path: Path, origin: Origin) -> tuple[Group, ...] | None:
    """Return the groups of a snapshot; None if there is none that is whole and made of `origin`."""
    found = _whole(path)
    if found is None or found["origin"] != orjson.loads(orjson.dumps(origin)):
        return None
    return tuple(_group(document, origin.people) for document in found["groups"])


def origin_of(path: Path) -> Origin | None:
    """Return what a snapshot was made of; None if there is none that is whole."""
    found = _whole(path)
    return Origin(**found["origin"]) if found else None


def _whole(path: Path) -> dict | None:
    """Return the content of a snapshot that is as it was written, and of this format."""
    try:
        digest, _, body = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if digest != _digest(body):
        return None
    found = orjson.loads(body)
    return found if found["format"] == _FORMAT else None


def _document(group: Group) -> dict:
    members = base64.b64encode(group.members.store() or b"").decode()
    return {"permitted": group.permitted, "members": members}


def _group(document: dict, people: int) -> Group:
    members = NumberSet.stored(people, base64.b64decode(document["members"]))
    return Group(document["permitted"], members)


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode()
