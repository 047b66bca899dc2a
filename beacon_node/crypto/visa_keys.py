"""The key a node signs visas with (ES256, RFC 7518), and the public keys that it publishes.

Files in `keys/`: `visa-signing.key` signs; `visa-retired.json` has the public halves of those
before it, each until everything it signed has ended.
"""

import base64
import fcntl
import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import jwt
import orjson
from cryptography.hazmat.primitives.asymmetric import ec

from beacon_node.crypto.keys import create_key, read_key, replace_key
from beacon_node.errors import ConfigurationError, Conflict
from beacon_node.model.consent_documents import moment_text, read_moment
from beacon_node.ports import Randomness

VISA_KEY, RETIRED = "visa-signing.key", "visa-retired.json"
VISA_TYPE = "vnd.ga4gh.visa+jwt"
PASSPORT_TYPE = "vnd.ga4gh.passport+jwt"
_LOCK = "visa-signing.lock"
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256
_BYTES = 32


class VisaKey:
    """Signs visas for the node. Secret: has no text of its own."""

    __slots__ = ("_key", "jwk")

    def __init__(self, secret: bytes) -> None:
        self._key = ec.derive_private_key(int.from_bytes(secret), ec.SECP256R1())
        self.jwk = _jwk(self._key.public_key())

    @property
    def id(self) -> str:
        return self.jwk["kid"]

    @classmethod
    def read(cls, folder: Path) -> Self | None:
        """Return the key in a node's folder of keys, None if there is none. Raises
        ConfigurationError for one that others can read, or that is damaged."""
        if not (folder / VISA_KEY).exists():
            return None
        secret = read_key(folder, VISA_KEY)
        if not _is_secret(secret):
            raise ConfigurationError(f"the key {folder / VISA_KEY} is damaged: it is no ES256 key")
        return cls(secret)

    def sign(self, claims: Mapping[str, Any], *, jku: str) -> str:
        """Return claims as a visa document whose header names this key and where it stands."""
        return self._signed(claims, {"typ": VISA_TYPE, "jku": jku})

    def sign_passport(self, claims: Mapping[str, Any]) -> str:
        """Return claims as a passport (AAI: `typ` is required)."""
        return self._signed(claims, {"typ": PASSPORT_TYPE})

    def _signed(self, claims: Mapping[str, Any], headers: Mapping[str, str]) -> str:
        named = {**headers, "kid": self.id}
        return jwt.encode(dict(claims), self._key, algorithm="ES256", headers=named)


def ensure_visa_key(folder: Path, randomness: Randomness) -> VisaKey:
    """Return the node's key for visas, made now if it has none."""
    found = VisaKey.read(folder)
    if found is not None:
        return found
    try:
        create_key(folder, VISA_KEY, _new_secret(randomness))
    except Conflict:  # another process just made it
        pass
    except OSError as error:
        problem = f"the key {folder / VISA_KEY} cannot be made: {error.strerror}"
        raise ConfigurationError(problem) from error
    return VisaKey(read_key(folder, VISA_KEY))


@dataclass(frozen=True, slots=True)
class Retired:
    """A public key that signs no more, and until when (exclusive) something may hold by it."""

    jwk: Mapping[str, str]
    until: datetime


def rotate_visa_key(
    folder: Path, randomness: Randomness, *, now: datetime, until: datetime
) -> VisaKey:
    """Make a new key sign from now on, and return it; the one before stays published `until` then.

    The old one is published before it is replaced: killed in between, both are what they were.
    """
    with _alone(folder):
        old = ensure_visa_key(folder, randomness)
        kept = [one for one in retired_keys(folder, now) if one.jwk["kid"] != old.id]
        _write_retired(folder, [*kept, Retired(old.jwk, until)])
        replace_key(folder, VISA_KEY, _new_secret(randomness))
    return VisaKey(read_key(folder, VISA_KEY))


def published_keys(folder: Path, now: datetime) -> tuple[Mapping[str, str], ...]:
    """Return the public keys (JWK) that visas of now may be signed with, the present one first."""
    present = VisaKey.read(folder)
    first = () if present is None else (present.jwk,)
    others = (one.jwk for one in retired_keys(folder, now))
    return (*first, *(jwk for jwk in others if present is None or jwk["kid"] != present.id))


def retired_keys(folder: Path, now: datetime) -> tuple[Retired, ...]:
    """Return the keys before the present one by which something may still hold."""
    path = folder / RETIRED
    try:
        told = orjson.loads(path.read_bytes())
        found = [Retired(one["jwk"], read_moment(one["until"])) for one in told]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigurationError(f"{path} is damaged; remove it if no visa is open") from error
    return tuple(one for one in found if now < one.until)


def _write_retired(folder: Path, keys: list[Retired]) -> None:
    told = [{"jwk": dict(one.jwk), "until": moment_text(one.until)} for one in keys]
    replace_key(folder, RETIRED, orjson.dumps(told))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time rotates: of two, neither loses the other's key."""
    handle = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _new_secret(randomness: Randomness) -> bytes:
    while not _is_secret(secret := randomness.bytes(_BYTES)):
        pass  # one draw in four thousand million is too large
    return secret


def _is_secret(secret: bytes) -> bool:
    return 0 < int.from_bytes(secret) < _ORDER


def _jwk(key: ec.EllipticCurvePublicKey) -> dict[str, str]:
    """Return a public key as a JWK; its id is its thumbprint (RFC 7638)."""
    point = key.public_numbers()
    members = {"crv": "P-256", "kty": "EC", "x": _base64url(point.x), "y": _base64url(point.y)}
    digest = hashlib.sha256(orjson.dumps(members, option=orjson.OPT_SORT_KEYS)).digest()
    return {**members, "kid": _text(digest), "use": "sig", "alg": "ES256"}


def _base64url(number: int) -> str:
    return _text(number.to_bytes(_BYTES))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
