"""Ed25519 keys (RFC 8032): what signs, and the public half that says whether it did."""

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Self

import jwt
import orjson
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from beacon_node.errors import InvalidInput

_FIELD = 2**255 - 19
# Heights of the points of order 1, 2, 4 and 8 (RFC 7748, section 7, warns of them), and how else
# they can be written: signatures under such a "key" can be made without any secret.
_EIGHTH = 0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7
_SMALL_ORDER = frozenset({0, 1, _FIELD - 1, _FIELD, _FIELD + 1, _EIGHTH, _FIELD - _EIGHTH})
_X = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 bytes

ALGORITHM = "EdDSA"
_JWS = jwt.PyJWS(algorithms=[ALGORITHM])


class PublicKey:
    """Says whether its other half signed something; may be shown to everybody."""

    def __init__(self, key: Ed25519PublicKey) -> None:
        self._key = key

    @classmethod
    def from_x(cls, x: str) -> Self:
        """Return the key that a text of RFC 8037 names: 43 characters of base64url. Raises
        InvalidInput for a text that is none."""
        if not _X.fullmatch(x):
            raise InvalidInput("it is no Ed25519 key: 43 characters of base64url are expected")
        try:
            found = cls(Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x + "=")))
        except ValueError as error:
            raise InvalidInput("it is no Ed25519 key") from error
        if _height(x) in _SMALL_ORDER:
            raise InvalidInput("it is no Ed25519 key that could be anybody's: it is a weak one")
        if found.x != x:  # the last character has four bits that say nothing
            raise InvalidInput("it is no Ed25519 key: its last character is not as it is written")
        return found

    @property
    def x(self) -> str:
        """The key in base64url, as files and messages name it."""
        return self._members()["x"]

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

    def signed_token(self, text: str) -> bool:
        """Say whether a compact JWS (RFC 7515) is signed by this key with EdDSA (RFC 8037)."""
        try:
            _JWS.decode(text, self._key, algorithms=[ALGORITHM])
        except jwt.PyJWTError:
            return False
        return True

    def _members(self) -> dict[str, str]:
        raw = self._key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(raw)}


class SigningKey:
    """Signs. Secret: has no text of its own."""

    __slots__ = ("_key", "public")

    def __init__(self, secret: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(secret)
        self.public = PublicKey(self._key.public_key())

    def sign(self, message: bytes) -> bytes:
        return self._key.sign(message)

    def sign_token(self, typ: str, claims: Mapping[str, Any]) -> str:
        """Return claims as a compact JWS of type `typ`, with this key's id as `kid`."""
        header = {"typ": typ, "kid": self.public.id}
        return _JWS.encode(orjson.dumps(claims), self._key, ALGORITHM, header)


def _height(x: str) -> int:
    """Return a point's y as it is written, without the sign of its other coordinate."""
    return int.from_bytes(base64.urlsafe_b64decode(x + "="), "little") & (2**255 - 1)


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
