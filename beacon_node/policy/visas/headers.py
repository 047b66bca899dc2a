"""Whose key must have signed a token? Decided from its header before anything is fetched."""

from dataclasses import dataclass

from beacon_node.model.passport import Rule, TokenRefused
from beacon_node.model.tokens import Token
from beacon_node.model.trust import Broker, Trust, VisaIssuer

ALGORITHMS = frozenset({"RS256", "ES256"})
LONGEST_ID = 255
ONLY_KEY = ""  # as an id: the only key of its kind in a set; no key has this id


@dataclass(frozen=True, slots=True)
class WantedKey:
    """The one key that may have signed a token. `url` is a configured address, never a token's."""

    url: str
    kid: str
    algorithm: str


def broker_of(token: Token, trust: Trust) -> tuple[Broker, WantedKey]:
    """Return the broker that a passport or access token must come from. Raises TokenRefused."""
    algorithm, kid = _signed_with(token)
    broker = trust.brokers.get(token.iss)
    if broker is None:
        raise TokenRefused(Rule.BROKER)
    _refuse_blocked_key(trust, iss=broker.iss, kid=kid)
    return broker, WantedKey(broker.keys, kid, algorithm)


def issuer_of(token: Token, trust: Trust) -> tuple[VisaIssuer, WantedKey]:
    """Return the issuer that a visa must come from. Raises TokenRefused.

    Its `jku` is compared, not followed: the key comes from the configured address.
    """
    algorithm, kid = _signed_with(token)
    issuer = trust.issuers.get(token.iss)
    if issuer is None:
        raise TokenRefused(Rule.ISSUER)
    _refuse_access_token(token)
    if token.header.get("jku") != issuer.jku:
        raise TokenRefused(Rule.JKU)
    _refuse_blocked_key(trust, iss=issuer.iss, kid=kid)
    return issuer, WantedKey(issuer.jku, kid, algorithm)


def key_at(url: str, token: Token) -> WantedKey:
    """Return the key of a configured key set that must have signed an ID token. One that names no
    key means the only one of its kind there (OpenID Connect Core 10.1). Raises TokenRefused."""
    if "kid" not in token.header:
        return WantedKey(url, ONLY_KEY, _algorithm(token))
    algorithm, kid = _signed_with(token)
    return WantedKey(url, kid, algorithm)


def _signed_with(token: Token) -> tuple[str, str]:
    """Return the algorithm and key id; keys in the header (jwk, x5u, x5c) are never looked at."""
    algorithm, kid = _algorithm(token), token.header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= LONGEST_ID:
        raise TokenRefused(Rule.KEY_ID)
    return algorithm, kid


def _algorithm(token: Token) -> str:
    algorithm = token.header.get("alg")
    if not isinstance(algorithm, str) or algorithm not in ALGORITHMS:
        raise TokenRefused(Rule.ALGORITHM)
    if "crit" in token.header or "b64" in token.header:
        raise TokenRefused(Rule.CRITICAL)
    return algorithm


def _refuse_access_token(token: Token) -> None:
    """Refuse a visa access token: `at+jwt`, or `openid` in its scope (deprecated by AAI 1.2)."""
    scope = token.claims.get("scope", "")
    if not isinstance(scope, str):
        raise TokenRefused(Rule.CLAIMS)
    if token.header.get("typ") == "at+jwt" or "openid" in scope.split():
        raise TokenRefused(Rule.VISA_ACCESS_TOKEN)


def _refuse_blocked_key(trust: Trust, *, iss: str, kid: str) -> None:
    if (iss, kid) in trust.blocked.keys:
        raise TokenRefused(Rule.REVOKED)
