"""Messages of the network as signed texts: compact JWS with EdDSA (RFC 7515, RFC 8037).

What a message says is read first, strictly and without believing it; then its signature is checked
over the same characters.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from beacon_node.crypto.ed25519 import ALGORITHM, PublicKey, SigningKey
from beacon_node.model.message import MAX_MESSAGE_CHARACTERS, Fault, MessageRefused
from beacon_node.model.passport import Rule, TokenRefused
from beacon_node.model.tokens import Token, read_token

NETWORK_KEY = "network.key"
_HEADER = frozenset({"alg", "typ", "kid"})
_FAULTS = {Rule.SIZE: Fault.SIZE, Rule.SHAPE: Fault.SHAPE, Rule.DUPLICATE: Fault.DUPLICATE}


def write_message(key: SigningKey, typ: str, claims: Mapping[str, Any]) -> str:
    """Return a message of type `typ`, signed."""
    return key.sign_token(typ, claims)


def read_message(text: object, typ: str) -> Token:
    """Return what a message of type `typ` says. Nothing of it is proved yet.

    Raises MessageRefused: SIZE, SHAPE, DUPLICATE, ALGORITHM, CRITICAL or TYPE. A header may name
    algorithm, type and key alone: whatever else stands there is meant to be obeyed.
    """
    if isinstance(text, str) and len(text) > MAX_MESSAGE_CHARACTERS:
        raise MessageRefused(Fault.SIZE)
    try:
        token = read_token(text)
    except TokenRefused as refused:
        raise MessageRefused(_FAULTS[refused.rule]) from refused
    header = token.header
    if header.get("alg") != ALGORITHM:
        raise MessageRefused(Fault.ALGORITHM)
    if not header.keys() <= _HEADER:
        raise MessageRefused(Fault.CRITICAL)
    if header.get("typ") != typ:
        raise MessageRefused(Fault.TYPE)
    return token


def check_signer(token: Token, keys: Iterable[PublicKey]) -> None:
    """Raise MessageRefused (SIGNER) unless the one of `keys` that a message names signed it."""
    named = [key for key in keys if key.id == token.header.get("kid")]
    if not named:
        raise MessageRefused(Fault.SIGNER, aside="it names another key than those pinned")
    if not named[0].signed_token(token.text):
        raise MessageRefused(Fault.SIGNER, aside="its signature is not that key's")
