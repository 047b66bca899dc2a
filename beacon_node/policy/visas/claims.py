"""The claims that every token has: who, from when, until when, for whom."""

import math
from collections.abc import Collection
from datetime import UTC, datetime, timedelta

from beacon_node.model.passport import Rule, Subject, TokenRefused
from beacon_node.model.tokens import Token
from beacon_node.model.trust import Trust

LEEWAY = timedelta(seconds=60)  # of clocks, for what must not lie in the future; none for the end
LONGEST_TEXT = 255  # characters of a subject and of a URL claim (Passport: URL Claims)
_LAST_SECOND = 253_402_300_799  # of the year 9999


def lifetime(token: Token, at: datetime) -> datetime:
    """Return when a token ends. Raises TokenRefused if it is not one of now.

    `exp` and `iat` are required; a token is of its last second no more (`at < exp`).
    """
    claims = token.claims
    until, issued = moment(claims.get("exp"), Rule.CLAIMS), moment(claims.get("iat"), Rule.CLAIMS)
    begins = moment(claims["nbf"], Rule.CLAIMS) if "nbf" in claims else issued
    if at >= until:
        raise TokenRefused(Rule.EXPIRED)
    if max(issued, begins) > at + LEEWAY:
        raise TokenRefused(Rule.NOT_YET)
    return until


def moment(value: object, rule: Rule) -> datetime:
    """Return a NumericDate (RFC 7519 2): seconds since 1970, with or without a fraction."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(rule)
    if not 0 <= value <= _LAST_SECOND or not math.isfinite(value):
        raise TokenRefused(rule)
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)


def subject(token: Token) -> Subject:
    return Subject(token.iss, text(token.claims.get("sub"), Rule.CLAIMS))


def text(value: object, rule: Rule, longest: int = LONGEST_TEXT) -> str:
    """Return a text of 1 to `longest` characters that UTF-8 can write (no lone surrogates)."""
    if not isinstance(value, str) or not 0 < len(value) <= longest:
        raise TokenRefused(rule)
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise TokenRefused(rule)
    return value


def check_audience(token: Token, ours: Collection[str]) -> None:
    """Refuse a token that says whom it is meant for (`aud`) and does not name us."""
    if "aud" not in token.claims:
        return
    named = token.claims["aud"]
    named = [named] if isinstance(named, str) else named
    if not isinstance(named, list) or not any(isinstance(n, str) and n in ours for n in named):
        raise TokenRefused(Rule.AUDIENCE)


def check_not_blocked(token: Token, who: Subject, trust: Trust) -> None:
    jti = token.claims.get("jti")
    is_token = isinstance(jti, str) and (token.iss, jti) in trust.blocked.tokens
    if is_token or who in trust.blocked.subjects:
        raise TokenRefused(Rule.REVOKED)
