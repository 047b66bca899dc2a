"""Checkpoints that members leave with the broker, so that a truncated ledger is found."""

import orjson

from beacon_node.broker.audit_heads import contradiction
from beacon_node.broker.broker import Broker
from beacon_node.broker.state.checkpoints import KeptCheckpoint
from beacon_node.crypto.ed25519 import PublicKey, read_public_key
from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.federation.checks import read_left
from beacon_node.model.checkpoint import Checkpoint, SignedCheckpoint, read_checkpoint, signed_bytes
from beacon_node.model.federation import Member
from beacon_node.ports import Sent


def leave_checkpoint(broker: Broker, arrived: Sent) -> KeptCheckpoint:
    """Keep the checkpoint that a member leaves and return it, with what contradicts it.

    The body is `{"checkpoint": {…}, "key": {JWK}}`, signed as a message by the member; the key is
    kept from the first one on and may be left out later. Raises MessageRefused, or InvalidRequest
    for what is no checkpoint of that member under that key: nothing is kept then.
    """
    now = broker.clock.now()
    own_id = broker.settings.broker.id
    member, body = read_left(arrived, broker.registry.by_id(), own_id, now)
    if unknown := sorted(body.keys() - {"checkpoint", "key"}):
        raise InvalidRequest(f"{unknown[0]}: not known here")
    document = orjson.dumps(body.get("checkpoint"), option=orjson.OPT_SORT_KEYS)
    signed = _read(document, member)
    _check_signature(broker, member, signed, body.get("key"))
    checkpoint = signed.checkpoint
    kept = KeptCheckpoint(
        member=member.id,
        sequence=checkpoint.head.sequence,
        hash=checkpoint.head.hash.hex(),
        made_at=checkpoint.at,
        document=document.decode(),
        received_at=now,
        problem=contradiction(_to_compare(broker, member), checkpoint),
    )
    broker.state.checkpoints.keep(kept)
    return kept


def checkpoint_document(kept: KeptCheckpoint) -> dict:
    """Return what the broker answers to who left a checkpoint."""
    return {
        "sequence": kept.sequence,
        "receivedAt": kept.received_at.isoformat(),
        "goesOn": not kept.problem,
        "problem": kept.problem or None,
    }


def _read(document: bytes, member: Member) -> SignedCheckpoint:
    try:
        signed = read_checkpoint(document)
    except InvalidInput as error:
        raise InvalidRequest(f"checkpoint: {error}") from error
    if signed.checkpoint.node != member.id:
        raise InvalidRequest("checkpoint.node: it is of another node")
    return signed


def _check_signature(
    broker: Broker, member: Member, signed: SignedCheckpoint, told: object
) -> None:
    """Refuse what is not signed by the key that the member left first: the one it tells now, if it
    left none yet, which is kept then."""
    kept = broker.state.checkpoints.key(member.id)
    key = read_public_key(kept.encode()) if kept else _told_key(told)
    if key.signed(signed_bytes(signed.checkpoint), signed.signature) and kept is None:
        jwk = orjson.dumps(key.jwk()).decode()
        kept = broker.state.checkpoints.keep_key(member.id, jwk, broker.clock.now())
        key = read_public_key(kept.encode())  # another process may just have kept another one
    if not key.signed(signed_bytes(signed.checkpoint), signed.signature):
        raise InvalidRequest("checkpoint.signature: it is not that of the key that was left first")


def _told_key(told: object) -> PublicKey:
    if not isinstance(told, dict):
        raise InvalidRequest("key: the public key (JWK) of the first checkpoint is expected")
    try:
        return read_public_key(orjson.dumps(told))
    except InvalidInput as error:
        raise InvalidRequest(f"key: {error}") from error


def _to_compare(broker: Broker, member: Member) -> list[Checkpoint]:
    """Return a member's checkpoints since the newest problem that is settled."""
    found: list[Checkpoint] = []
    for kept in broker.state.checkpoints.checkpoints(member.id):
        if kept.settled:
            found.clear()
        if kept.settled or not kept.problem:
            found.append(read_checkpoint(kept.document.encode()).checkpoint)
    return found
