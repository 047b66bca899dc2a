"""Seals what lies on disk or at a browser and is only for this program (AES-256-GCM)."""

from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from beacon_node.crypto.keys import ensure_key
from beacon_node.ports import Randomness

SESSION_KEY = "session.key"
_NONCE_BYTES = 12  # chosen by chance: good for 2**32 seals under one key (NIST SP 800-38D 8.3)


class Seal:
    """Closes and opens under one secret key. Secret: has no text of its own."""

    __slots__ = ("_key", "_randomness")

    def __init__(self, key: bytes, randomness: Randomness) -> None:
        self._key, self._randomness = AESGCM(key), randomness

    def close(self, content: bytes, about: bytes) -> bytes:
        """Return `content`, unreadable and unchangeable; `about` is where it belongs, and must be
        said again to open it: what is sealed for one place opens at no other."""
        nonce = self._randomness.bytes(_NONCE_BYTES)
        return nonce + self._key.encrypt(nonce, content, about)

    def open(self, sealed: bytes, about: bytes) -> bytes | None:
        """Return what was sealed, None for what this key did not seal for `about`."""
        try:
            return self._key.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError):
            return None


def open_seal(folder: Path, randomness: Randomness) -> Seal:
    """Return the seal whose key is in a folder of keys, made now if it has none."""
    return Seal(ensure_key(folder, SESSION_KEY, randomness), randomness)
