"""Key sets of issuers (JWKS, RFC 7517) and signatures under them (RS256, ES256)."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import jwt
import jwt.utils
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from beacon_node.errors import InvalidInput
from beacon_node.model.passport import TokenRefused
from beacon_node.model.tokens import Token, read_json

MAX_KEYS = 100
_RSA_BITS = range(2_048, 8_193)
_ALGORITHM_OF = {("RSA", None): "RS256", ("EC", "P-256"): "ES256"}

Key = jwt.PyJWK
KeySet = Mapping[tuple[str, str], Key]
"""An issuer's public keys by (key id, algorithm); the algorithm follows from the key alone."""


def read_key_set(document: bytes) -> KeySet:
    """Return the usable keys of a JWKS. InvalidInput if it is none.

    Keys of other kinds, for encryption, without id, too short, or unreadable are left out; so are
    two of one id and kind, because nobody knows which is meant.
    """
    try:
        found = read_json(document)
    except TokenRefused as error:
        raise InvalidInput("it is not valid JSON") from error
    keys = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(keys, list) or len(keys) > MAX_KEYS:
        raise InvalidInput(f"it is no JWKS of at most {MAX_KEYS} keys")
    named = [(name, key) for key in keys if isinstance(key, dict) and (name := _name(key))]
    times = Counter(name for name, _ in named)
    read = {name: _key(key, name[1]) for name, key in named if times[name] == 1}
    return {name: key for name, key in read.items() if key}


def is_signed(token: Token, key: Key, algorithm: str) -> bool:
    """Say whether `key`, which is for `algorithm`, signed the token, which must name that one."""
    if not token.header.get("alg") == algorithm == key.algorithm_name:
        return False
    signed, _, signature = token.text.rpartition(".")
    try:
        raw = jwt.utils.base64url_decode(signature)
        return key.Algorithm.verify(signed.encode("ascii"), key.key, raw)
    except (jwt.PyJWTError, TypeError, ValueError):
        return False


def _name(key: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return a key's id and algorithm, None for a key that is not for signatures we take."""
    kind, curve, kid = key.get("kty"), key.get("crv"), key.get("kid")
    if not all(isinstance(text, str) for text in (kind, kid)) or not kid:
        return None
    algorithm = _ALGORITHM_OF.get((kind, curve if isinstance(curve, str) else None))
    operations = key.get("key_ops", ["verify"])
    is_to_verify = isinstance(operations, list) and "verify" in operations
    if algorithm is None or key.get("use", "sig") != "sig" or not is_to_verify:
        return None
    return (kid, algorithm) if key.get("alg", algorithm) == algorithm else None


def _key(key: Mapping[str, Any], algorithm: str) -> Key | None:
    public = {name: value for name, value in key.items() if name in _PUBLIC}
    try:
        found = jwt.PyJWK(public, algorithm=algorithm)
    except (jwt.PyJWTError, TypeError, ValueError, AttributeError):
        return None
    if isinstance(found.key, RSAPublicKey) and found.key.key_size not in _RSA_BITS:
        return None
    return found


_PUBLIC = frozenset({"kty", "kid", "n", "e", "crv", "x", "y"})  # never a private part
