"""The key a node signs checkpoints of its ledger with (Ed25519, RFC 8032), and its public half."""

import base64
import hashlib
from pathlib import Path
from typing import Self

import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from beacon_node.crypto.keys import ensure_key, read_key
from beacon_node.errors import InvalidInput
from beacon_node.ports import Randomness

SIGNING_KEY = "ledger-signing.key"


class PublicKey:
    """Says whether the node signed something; may be shown to everybody."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @property
    def id(self) -> str:
        """The key's thumbprint (RFC 7638, as RFC 8037 has it for Ed25519)."""
        said = orjson.dumps(self._members(), option=orjson.OPT_SORT_KEYS)
        return _base64url(hashlib.sha256(said).digest())

    def jwk(self) -> dict[str, str]:
        return {**self._members(), "kid": self.id, "use": "sig", "alg": "EdDSA"}

    def pem(self) -> str:
        found = self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return found.decode()

    def signed(self, message: bytes, signature: bytes) -> bool:
        """Say whether the signature is this key's, over exactly these bytes."""
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def _members(self) -> dict[str, str]:
        raw = self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}


class SigningKey:
    """Signs for the node. Secret: has no text of its own."""

    __slots__ = ("_key", "public")

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = PublicKey(self._key.public_key())

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the key in a node's folder of keys, None if there is none. Raises
        ConfigurationError for one that others can read, or that is damaged."""
        if not (folder / SIGNING_KEY).exists():
            return None
        return cls(read_key(folder, SIGNING_KEY))

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)


def ensure_signing_key(folder: Path, randomness: Randomness) -> SigningKey:
    """Return the node's key, made now if it has none."""
    return SigningKey(ensure_key(folder, SIGNING_KEY, randomness))


def read_public_key(text: bytes, file: str = "") -> PublicKey:
    """Return the key of a PEM or JWK text. Raises InvalidInput if it holds no Ed25519 key."""
    try:
        key = _from_jwk(text) if text.lstrip().startswith(b"{") else load_pem_public_key(text)
    except (ValueError, TypeError, KeyError, AttributeError, UnsupportedAlgorithm) as error:
        raise InvalidInput("it is no public key in PEM or JWK", file=file) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidInput("it is no Ed25519 key", file=file)
    return PublicKey(key)


def _from_jwk(text: bytes) -> Ed25519PublicKey:
    found = orjson.loads(text)
    if (found["kty"], found["crv"]) != ("OKP", "Ed25519"):
        raise ValueError("another kind of key")
    x = found["x"].encode("ascii")
    return Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + b"=" * (-len(x) % 4)))


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
