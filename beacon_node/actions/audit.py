"""Sign how far the ledger has come, and find by what others kept whether it still holds it all."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from beacon_node.actions.whole_ledger import ledger_problems
from beacon_node.crypto.checkpoints import ensure_signing_key, read_signing_key
from beacon_node.crypto.ed25519 import PublicKey, read_public_key
from beacon_node.errors import ConfigurationError, Conflict, InvalidInput, LedgerBroken
from beacon_node.model.checkpoint import (
    LARGEST_BYTES,
    Checkpoint,
    SignedCheckpoint,
    Standing,
    read_checkpoint,
    signed_bytes,
)
from beacon_node.model.ledger import Head, Verification, broken
from beacon_node.node import Node
from beacon_node.store.ledger import Ledger


def make_checkpoint(node: Node) -> SignedCheckpoint:
    """Return how far the ledger has come, signed; a node without a key gets one.

    Raises LedgerBroken for a ledger that is not whole or not the newest: nothing is vouched for.
    """
    verification = node.ledger.verify_or_halt()
    verification.require_whole()
    for problem in ledger_problems(node):
        raise problem
    key = ensure_signing_key(node.home / "keys", node.randomness)
    checkpoint = Checkpoint(
        node=node.settings.node.id,
        head=verification.head,
        at=node.clock.now(),
        counts=_counts(node.ledger, verification.head),
        key=key.public.id,
    )
    return SignedCheckpoint(checkpoint, key.sign(signed_bytes(checkpoint)))


def _counts(ledger: Ledger, until: Head) -> dict[str, int]:
    found: Counter[str] = Counter()
    for entry in ledger.entries():
        if entry.sequence > until.sequence:
            break
        found[entry.kind] += 1
    return dict(found)


def keep_checkpoint(path: Path, text: str) -> None:
    """Write a checkpoint to a new file, on disk when it returns. Conflict if there is one: what was
    kept is not replaced."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(f"{text}\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise Conflict(f"{path} exists already; a checkpoint is never replaced") from error
    except OSError as error:
        raise InvalidInput(f"it cannot be written: {error.strerror}", file=str(path)) from error


def public_key(node: Node) -> PublicKey:
    """Return the node's public key, made with its secret half if it has none."""
    return ensure_signing_key(node.home / "keys", node.randomness).public


# ---- verifying -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kept:
    """A checkpoint that somebody kept, and what its file is called."""

    name: str
    signed: SignedCheckpoint


@dataclass(frozen=True, slots=True)
class Judged:
    """How the ledger stands to a kept checkpoint; `sentence` says it, and what to do."""

    name: str
    standing: Standing
    sentence: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file in the place of a kept checkpoint that holds none."""

    name: str
    problem: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What following the ledger found: its chain and tables, why it is not the newest (in
    sentences; empty: nothing shows that), and each checkpoint."""

    verification: Verification
    older: tuple[str, ...]
    checkpoints: tuple[Judged, ...]

    @property
    def is_good(self) -> bool:
        held = all(one.standing is Standing.HELD for one in self.checkpoints)
        return self.verification.is_whole and not self.older and held

    @property
    def problem(self) -> str:
        """Which link of the chain is broken, and the way out; empty if it is whole."""
        found = self.verification
        return "" if found.broken_at is None else str(broken(found.broken_at, found.problem))


def kept_checkpoint(path: Path) -> Kept:
    """Return the checkpoint of a file. Raises InvalidInput."""
    return Kept(str(path), read_checkpoint(_content(path), str(path)))


def kept_in_folder(path: Path) -> "Kept | Unreadable":
    """Return the checkpoint of a file that a folder keeps, or why it is none: one bad file among
    many is told, and the others are looked at."""
    try:
        return kept_checkpoint(path)
    except InvalidInput as error:
        return Unreadable(str(path), str(error))


def kept_key(path: Path) -> PublicKey:
    """Return the public key of a file, in PEM or JWK. Raises InvalidInput."""
    return read_public_key(_content(path), str(path))


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_BYTES + 1)
    except OSError as error:
        raise InvalidInput(f"it cannot be read: {error.strerror}", file=str(path)) from error


def verify_audit(
    node: Node, kept: Sequence[Kept | Unreadable] = (), witnessed: PublicKey | None = None
) -> AuditCheck:
    """Return what following the whole ledger found, and how it stands to checkpoints.

    `witnessed` is the node's public key as somebody else kept it: whoever could write the ledger
    anew could have made a new key as well. Raises ConfigurationError if there are checkpoints and
    no key to verify them by.
    """
    key = witnessed or (_own_key(node) if kept else None)
    verification = node.ledger.verify_or_halt()
    older = _older(node) if verification.is_whole else ()
    judged = tuple(_judge(node, one, key, verification) for one in kept)
    return AuditCheck(verification, older, judged)


def _own_key(node: Node) -> PublicKey:
    found = read_signing_key(node.home / "keys")
    if found is None:
        raise ConfigurationError(
            "this node has no keys/ledger-signing.key to verify checkpoints by; put it back, or "
            "name the public key that was kept with --public-key"
        )
    return found.public


def _older(node: Node) -> tuple[str, ...]:
    try:
        return tuple(map(str, ledger_problems(node)))
    except LedgerBroken as error:
        return (str(error),)


def _judge(node: Node, kept: Kept | Unreadable, key: PublicKey, found: Verification) -> Judged:
    if isinstance(kept, Unreadable):
        return Judged(kept.name, Standing.FORGED, f"{kept.problem}: it is no checkpoint any more")
    standing = _provenance(node, kept.signed, key) or _position(node, kept.signed, found)
    said = kept.signed.checkpoint
    sentence = _SENTENCES[standing].format(name=kept.name, at=said.head.sequence, node=said.node)
    return Judged(kept.name, standing, sentence)


def _provenance(node: Node, signed: SignedCheckpoint, key: PublicKey) -> Standing | None:
    """Return what is wrong with whose it is, None if the key signed it."""
    said = signed.checkpoint
    if said.key != key.id:
        is_ours = said.node == node.settings.node.id
        return Standing.OTHER_KEY if is_ours else Standing.OTHER_NODE
    return None if key.signed(signed_bytes(said), signed.signature) else Standing.FORGED


def _position(node: Node, signed: SignedCheckpoint, found: Verification) -> Standing:
    head = signed.checkpoint.head
    if head == Head():
        return Standing.HELD
    if head.sequence > node.ledger.head().sequence:
        return Standing.TRUNCATED
    if found.broken_at is not None and found.broken_at <= head.sequence:
        return Standing.BROKEN
    entry = next(node.ledger.entries(after=head.sequence - 1), None)
    return Standing.HELD if entry is not None and entry.head == head else Standing.EXCHANGED


_RECOVER = (
    "keep ledger.sqlite with its -wal and -tail as evidence, stop serving, put back the newest "
    "backup that verifies against this checkpoint, and record again the consents and withdrawals "
    "since"
)
_SENTENCES = {
    Standing.HELD: "{name}: the ledger holds everything up to entry {at}, as it was signed.",
    Standing.TRUNCATED: (
        "{name}: the ledger was cut off: it ends before entry {at}, which was signed; " + _RECOVER
    ),
    Standing.EXCHANGED: (
        "{name}: entry {at} is another one than was signed: the ledger was written anew, or "
        "another one was put in its place; " + _RECOVER
    ),
    Standing.BROKEN: (
        "{name}: the chain is broken at or before entry {at}, which was signed; " + _RECOVER
    ),
    Standing.FORGED: (
        "{name}: its signature is not this node's: it was changed or forged, and says nothing "
        "about the ledger; use another copy of it"
    ),
    Standing.OTHER_NODE: (
        "{name}: it is of another node, {node}, and says nothing about this ledger"
    ),
    Standing.OTHER_KEY: (
        "{name}: it is signed with another key than this node has: its key was exchanged, or it is "
        "forged; put back keys/ledger-signing.key, or verify with the public key that was kept "
        "(--public-key)"
    ),
}
