"""Signed tokens as texts (RFC 7515): read strictly, before any claim in them is believed."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from beacon_node.model.passport import Rule, TokenRefused

MAX_TOKEN_BYTES = 256 * 1024
_PART = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_NO_NUMBER = "NaN and Infinity are no JSON"


@dataclass(frozen=True, slots=True, repr=False)
class Token:
    """A token in three parts. Nothing in it is proved until its signature is."""

    text: str
    header: Mapping[str, Any]
    claims: Mapping[str, Any]

    @property
    def iss(self) -> str:
        """The issuer it names, to choose whose keys to ask; empty if it names none."""
        found = self.claims.get("iss")
        return found if isinstance(found, str) else ""


def read_token(text: object) -> Token:
    """Return a token's parts. Raises TokenRefused: SIZE, SHAPE or DUPLICATE.

    Stricter than JWT libraries, which take the last of two equal claims, skip characters that are
    not base64url, and recurse as deep as a document does: what we check is what we read.
    """
    if not isinstance(text, str):
        raise TokenRefused(Rule.SHAPE)
    if len(text) > MAX_TOKEN_BYTES:
        raise TokenRefused(Rule.SIZE)
    parts = text.split(".")
    if len(parts) != 3 or not all(_PART.fullmatch(part) for part in parts):
        raise TokenRefused(Rule.SHAPE)
    return Token(text, _object(_decoded(parts[0])), _object(_decoded(parts[1])))


def _decoded(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error as error:
        raise TokenRefused(Rule.SHAPE) from error


def _object(raw: bytes) -> Mapping[str, Any]:
    found = read_json(raw)
    if not isinstance(found, dict):
        raise TokenRefused(Rule.SHAPE)
    return found


def read_json(raw: bytes) -> object:
    """Return a JSON document in UTF-8. Raises TokenRefused: SHAPE, or DUPLICATE for equal keys."""
    try:
        return json.loads(
            raw.decode("utf-8"), object_pairs_hook=_once, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
        raise TokenRefused(Rule.SHAPE) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise TokenRefused(Rule.DUPLICATE)
    return found


def _refuse_constant(_: str) -> Any:
    raise ValueError(_NO_NUMBER)
