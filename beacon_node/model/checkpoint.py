"""Checkpoints of the ledger: how far it had come and what it held, signed by its node.

Left with others, a checkpoint shows what the ledger alone cannot: that its end was cut off, or that
all of it was written anew by somebody who could.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from beacon_node.errors import InvalidInput
from beacon_node.model.consent_documents import canonical_json, moment_text, read_moment
from beacon_node.model.ledger import Head

FORMAT = "beacon-node ledger checkpoint 1"
LARGEST_BYTES = 65_536
_FIELDS = frozenset({"format", "node", "sequence", "hash", "at", "counts", "key", "signature"})


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a node signs. `counts` are the entries up to `head` by kind; `key` is the id of the
    signing key (RFC 7638); `at` is when it was made, aware, UTC."""

    node: str
    head: Head
    at: datetime
    counts: Mapping[str, int]
    key: str


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint with an Ed25519 signature over `signed_bytes` of it."""

    checkpoint: Checkpoint
    signature: bytes


class Standing(StrEnum):
    """How a ledger stands to a checkpoint; only HELD is good."""

    HELD = "held"
    TRUNCATED = "truncated"
    EXCHANGED = "exchanged"
    BROKEN = "broken before it"
    FORGED = "forged"
    OTHER_NODE = "of another node"
    OTHER_KEY = "under another key"


def signed_bytes(checkpoint: Checkpoint) -> bytes:
    """Return what is signed: canonical JSON that names its format, so that no signature under the
    same key over anything else can stand for it."""
    return canonical_json(_document(checkpoint)).encode()


def checkpoint_text(signed: SignedCheckpoint) -> str:
    """Return the one line that `read_checkpoint` reads."""
    document = _document(signed.checkpoint) | {"signature": signed.signature.hex()}
    return canonical_json(document)


def _document(checkpoint: Checkpoint) -> dict:
    return {
        "format": FORMAT,
        "node": checkpoint.node,
        "sequence": checkpoint.head.sequence,
        "hash": checkpoint.head.hash.hex(),
        "at": moment_text(checkpoint.at),
        "counts": dict(checkpoint.counts),
        "key": checkpoint.key,
    }


def read_checkpoint(text: bytes, file: str = "") -> SignedCheckpoint:
    """Return the checkpoint that a file holds, its signature not yet looked at.

    Raises InvalidInput, naming the field, for anything that is no checkpoint.
    """
    found = _object(text, file)
    if found.get("format") != FORMAT:
        raise InvalidInput(f"{FORMAT!r} is expected", file=file, field="format")
    for name in sorted(_FIELDS ^ found.keys()):
        problem = "it is missing" if name in _FIELDS else "it is not known here"
        raise InvalidInput(problem, file=file, field=name if name in _FIELDS else "")
    try:
        return SignedCheckpoint(_read(found, file), _hex(found, "signature", 64, file))
    except ValueError as error:  # of a moment; everything else names its own field
        raise InvalidInput(str(error), file=file, field="at") from error


def _read(found: Mapping, file: str) -> Checkpoint:
    head = Head(_number(found["sequence"], "sequence", file), _hex(found, "hash", 32, file))
    counts = found["counts"]
    if not isinstance(counts, dict):
        raise InvalidInput("an object of numbers is expected", file=file, field="counts")
    for number in counts.values():
        _number(number, "counts", file)
    if sum(counts.values()) != head.sequence:
        raise InvalidInput("they do not add up to sequence", file=file, field="counts")
    names = [_text(found, name, file) for name in ("node", "key", "at")]
    return Checkpoint(names[0], head, read_moment(names[2]), counts, names[1])


def _object(text: bytes, file: str) -> Mapping:
    if len(text) > LARGEST_BYTES:
        raise InvalidInput(f"a checkpoint has at most {LARGEST_BYTES} bytes", file=file)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise InvalidInput("it is not valid JSON", file=file) from error
    if not isinstance(found, dict):
        raise InvalidInput("it is no checkpoint of a ledger", file=file)
    return found


def _text(found: Mapping, field: str, file: str) -> str:
    if not isinstance(found[field], str) or not found[field]:
        raise InvalidInput("a text is expected", file=file, field=field)
    return found[field]


def _number(value: object, field: str, file: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InvalidInput("a number from 0 is expected", file=file, field=field)
    return value


def _hex(found: Mapping, field: str, size_bytes: int, file: str) -> bytes:
    text = found[field]
    try:
        value = bytes.fromhex(text) if isinstance(text, str) else b""
    except ValueError:
        value = b""
    if len(value) != size_bytes:
        raise InvalidInput(
            f"{2 * size_bytes} hexadecimal digits are expected", file=file, field=field
        )
    return value
