"""The key a node signs checkpoints of its ledger with."""

from pathlib import Path

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.crypto.keys import ensure_key, read_key
from beacon_node.ports import Randomness

SIGNING_KEY = "ledger-signing.key"


def read_signing_key(folder: Path) -> SigningKey | None:
    """Return the key in a node's folder of keys, None if there is none. Raises ConfigurationError
    for one that others can read, or that is damaged."""
    return SigningKey(read_key(folder, SIGNING_KEY)) if (folder / SIGNING_KEY).exists() else None


def ensure_signing_key(folder: Path, randomness: Randomness) -> SigningKey:
    """Return the node's key, made now if it has none."""
    return SigningKey(ensure_key(folder, SIGNING_KEY, randomness))
