"""One visa document whose signature holds: what does it claim, and may its issuer claim it?"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from beacon_node.model.passport import By, Rule, Subject, TokenRefused, Visa, VisaType
from beacon_node.model.tokens import Token
from beacon_node.model.trust import Trust, VisaIssuer
from beacon_node.policy.visas import claims
from beacon_node.policy.visas.own import read_stated_grant
from beacon_node.policy.visas.passports import VISA_CLAIM

VISA_TYPES = (None, "vnd.ga4gh.visa+jwt", "JWT")
LONGEST_LINKS = 8_192  # characters of a LinkedIdentities value, which is no URL claim
_NEED_BY = frozenset({VisaType.TERMS, VisaType.GRANT})
_BYS = frozenset(By)
_TYPES = frozenset(VisaType)


def read_visa(token: Token, issuer: VisaIssuer, trust: Trust, at: datetime) -> Visa:
    """Return the visa that a verified token is, with number 0. Raises TokenRefused.

    It ends at its `exp`, or where what it asserts is too old to count (Passport: Visa Expiry,
    option A), whichever comes first.
    """
    if token.header.get("typ") not in VISA_TYPES:
        raise TokenRefused(Rule.TYPE)
    until, who = claims.lifetime(token, at), claims.subject(token)
    about = Subject(issuer.subjects_of or issuer.iss, who.sub)
    claims.check_not_blocked(token, who, trust)
    claims.check_not_blocked(token, about, trust)
    stated = _object(token)
    kind, source = _kind(stated), claims.text(stated.get("source"), Rule.VISA_CLAIM)
    if source not in issuer.sources.get(kind, frozenset()):
        raise TokenRefused(Rule.SOURCE)
    said = read_stated_grant(token.claims)
    return Visa(
        number=0,
        issuer=issuer.iss,
        subject=about,
        type=kind,
        value=_value(kind, stated),
        source=source,
        by=_by(kind, stated),
        until=min(until, _counts_until(stated, trust, at)),
        conditions=_conditions(stated),
        purpose=said and said.purpose,
        ceiling=said and said.ceiling,
        made=claims.moment(token.claims.get("iat"), Rule.CLAIMS),
    )


def _object(token: Token) -> Mapping[str, Any]:
    found = token.claims.get(VISA_CLAIM)
    if not isinstance(found, dict):
        raise TokenRefused(Rule.VISA_CLAIM)
    return found


def _kind(stated: Mapping[str, Any]) -> VisaType:
    found = claims.text(stated.get("type"), Rule.VISA_CLAIM)
    if found not in _TYPES:
        raise TokenRefused(Rule.CUSTOM_TYPE)
    return VisaType(found)


def _value(kind: VisaType, stated: Mapping[str, Any]) -> str:
    longest = LONGEST_LINKS if kind is VisaType.LINK else claims.LONGEST_TEXT
    value = claims.text(stated.get("value"), Rule.VISA_CLAIM, longest)
    if kind is VisaType.AFFILIATION and "@" not in value:
        raise TokenRefused(Rule.AFFILIATION)
    return value


def _by(kind: VisaType, stated: Mapping[str, Any]) -> By | None:
    found = stated.get("by")
    if "by" not in stated:
        if kind in _NEED_BY:
            raise TokenRefused(Rule.BY)
        return None
    if not isinstance(found, str) or found not in _BYS:
        raise TokenRefused(Rule.BY)
    return By(found)


def _counts_until(stated: Mapping[str, Any], trust: Trust, at: datetime) -> datetime:
    asserted = claims.moment(stated.get("asserted"), Rule.VISA_CLAIM)
    if asserted > at + claims.LEEWAY:
        raise TokenRefused(Rule.ASSERTED)
    if asserted <= at - trust.max_age:
        raise TokenRefused(Rule.ASSERTED_LONG_AGO)
    return asserted + trust.max_age


def _conditions(stated: Mapping[str, Any]) -> list | None:
    """Return the conditions, None for none; an empty list counts as none (Passport: conditions)."""
    found = stated.get("conditions", [])
    if not isinstance(found, list):
        raise TokenRefused(Rule.CONDITIONS_FORM)
    return found or None
