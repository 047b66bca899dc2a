"""A passport, or an access token with its broker's userinfo, whose signature holds: is it good?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from beacon_node.model.identities import short
from beacon_node.model.passport import Passport, Rule, Subject, TokenRefused
from beacon_node.model.tokens import Token, read_json
from beacon_node.model.trust import Broker, Trust
from beacon_node.policy.visas import claims

PASSPORT_TYPE = "vnd.ga4gh.passport+jwt"
ACCESS_TOKEN_TYPES = ("JWT", "at+jwt")
PASSPORT_CLAIM, VISA_CLAIM = "ga4gh_passport_v1", "ga4gh_visa_v1"
_SCOPES = frozenset({"openid", PASSPORT_CLAIM})


def is_passport(token: Token) -> bool:
    """Say whether a token is a passport (otherwise it can only be an access token)."""
    return token.header.get("typ") == PASSPORT_TYPE


def read_passport(token: Token, broker: Broker, trust: Trust, at: datetime) -> Passport:
    """Return the passport that a verified token is. Raises TokenRefused."""
    if not is_passport(token):
        raise TokenRefused(Rule.TYPE)
    who, until = _holder(token, broker, trust, at)
    return Passport(who, _visas(token.claims.get(PASSPORT_CLAIM)), until)


def check_access_token(token: Token, broker: Broker, trust: Trust, at: datetime) -> None:
    """Refuse a verified token with which its broker should not be asked for userinfo."""
    if token.header.get("typ") not in ACCESS_TOKEN_TYPES:
        raise TokenRefused(Rule.TYPE)
    if PASSPORT_CLAIM in token.claims or VISA_CLAIM in token.claims:
        raise TokenRefused(Rule.MIXED)
    scope = token.claims.get("scope")
    if not isinstance(scope, str) or not set(scope.split()) >= _SCOPES:
        raise TokenRefused(Rule.SCOPE)
    _holder(token, broker, trust, at)
    if not broker.userinfo:
        raise TokenRefused(Rule.NO_USERINFO)


def read_userinfo(body: bytes, token: Token, at: datetime) -> Passport:
    """Return what a broker's userinfo says of the holder of a checked access token.

    It must name the same subject (OpenID Connect Core 5.3.2). No list of visas is an empty one.
    """
    return passport_in_userinfo(body, claims.subject(token), claims.lifetime(token, at))


def passport_in_userinfo(body: bytes, who: Subject, until: datetime) -> Passport:
    """Return what userinfo says of `who`, which its broker was asked about, to hold until `until`.

    Raises TokenRefused if it names somebody else, or has visas that are no list.
    """
    document = _userinfo(body)
    if document.get("sub") != who.sub or document.get("iss", who.iss) != who.iss:
        raise TokenRefused(Rule.USERINFO)
    visas = _visas(document.get(PASSPORT_CLAIM, []))
    return Passport(who, visas, until, short(document.get("name")))


def _userinfo(body: bytes) -> Mapping[str, Any]:
    try:
        found = read_json(body)
    except TokenRefused as error:
        raise TokenRefused(Rule.USERINFO) from error
    if not isinstance(found, dict):
        raise TokenRefused(Rule.USERINFO)
    return found


def _holder(token: Token, broker: Broker, trust: Trust, at: datetime) -> tuple[Subject, datetime]:
    until, who = claims.lifetime(token, at), claims.subject(token)
    claims.check_audience(token, trust.audiences | broker.audiences)
    claims.check_not_blocked(token, who, trust)
    return who, until


def _visas(found: object) -> tuple[object, ...]:
    if not isinstance(found, list):
        raise TokenRefused(Rule.PASSPORT_CLAIM)
    return tuple(found)
