"""Who asks? From the tokens of a request to what they prove, with a reason for every visa."""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from beacon_node.actions.applications.grants import with_own_grants
from beacon_node.crypto.signatures import is_signed
from beacon_node.errors import InvalidRequest, NotAuthenticated
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.keys import KeysUnavailable
from beacon_node.identity.userinfo import UserinfoRefused
from beacon_node.model.passport import Passport, Rule, Subject, TokenRefused, Visa
from beacon_node.model.requester import Requester, Tier
from beacon_node.model.tokens import Token, read_token
from beacon_node.model.trust import Trust
from beacon_node.node import Node
from beacon_node.policy.visas.documents import read_visa
from beacon_node.policy.visas.headers import WantedKey, broker_of, issuer_of
from beacon_node.policy.visas.passports import (
    check_access_token,
    is_passport,
    read_passport,
    read_userinfo,
)
from beacon_node.policy.visas.standing import Findings, Standing, standing

MAX_VISAS = 200  # in one request, all passports together
MAX_PASSPORTS = 4  # in one request; several brokers may each give a person one
_BEARER = "bearer"


@dataclass(frozen=True, slots=True, repr=False)
class Identified:
    """Who asks, and what every visa did for that."""

    requester: Requester
    standing: Standing


def presented_tokens(authorization: str | None, passports: object) -> tuple[str, ...]:
    """Return the tokens that a request presents: in its header or in its body, never in both.

    `authorization` is the header, `passports` the member of that name of a JSON body (None: not
    there). Raises NotAuthenticated for a header of another scheme, InvalidRequest for a body that
    is no list of one to four texts.
    """
    if authorization is not None and passports is not None:
        raise InvalidRequest("passports: a token in the Authorization header is there already")
    if authorization is not None:
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != _BEARER or not token.strip():
            raise NotAuthenticated("Authorization: only Bearer with a passport is understood here")
        return (token.strip(),)
    if passports is None:
        return ()
    is_list = isinstance(passports, list) and 0 < len(passports) <= MAX_PASSPORTS
    if not is_list or not all(isinstance(one, str) for one in passports):
        raise InvalidRequest(f"passports: a list of 1 to {MAX_PASSPORTS} passports is expected")
    return tuple(passports)


def identify(node: Node, house: Clearinghouse, tokens: Iterable[str]) -> Identified:
    """Return who asks. `tokens` are one to four passports, or access tokens of brokers.

    Raises NotAuthenticated if one of them fails a check, which refuses the whole request;
    NotPermitted for a blocked researcher; StoreUnavailable while the list of trusted issuers
    cannot be used. A visa that fails a check is left out, with the reason in its finding.
    """
    trust, at = house.trusted.trust(), node.clock.now()
    if not trust.brokers:
        raise TokenRefused(Rule.NOBODY)
    passports = [_passport(house, token, trust, at) for token in tokens]
    if sum(len(passport.visas) for passport in passports) > MAX_VISAS:
        raise TokenRefused(Rule.TOO_MANY)
    findings = Findings()
    visas = _visas(house, passports, trust, at, findings)
    found = standing(passports, visas, trust, findings)
    return Identified(_requester(node, found, at), found)


# ---- passports -----------------------------------------------------------------------------------


def _passport(house: Clearinghouse, text: str, trust: Trust, at: datetime) -> Passport:
    token = read_token(text)
    broker, wanted = broker_of(token, trust)
    _check_signature(house, token, wanted)
    if is_passport(token):
        return read_passport(token, broker, trust, at)
    check_access_token(token, broker, trust, at)
    try:
        body = house.userinfo.ask(broker.userinfo, token=text)
    except UserinfoRefused as error:
        raise TokenRefused(Rule.USERINFO) from error
    return read_userinfo(body, token, at)


def _check_signature(house: Clearinghouse, token: Token, wanted: WantedKey) -> None:
    try:
        key = house.keys.find(wanted.url, kid=wanted.kid, algorithm=wanted.algorithm)
    except KeysUnavailable as error:
        raise TokenRefused(Rule.UNREACHABLE) from error
    if key is None:
        raise TokenRefused(Rule.KEY)
    if not is_signed(token, key, wanted.algorithm):
        raise TokenRefused(Rule.SIGNATURE)


# ---- visas ---------------------------------------------------------------------------------------


def _visas(
    house: Clearinghouse,
    passports: Iterable[Passport],
    trust: Trust,
    at: datetime,
    findings: Findings,
) -> list[Visa]:
    """Return the visas that are good on their own, none later than the passport it came in."""
    carried = [(text, one.until) for one in passports for text in one.visas]
    seen: set[str] = set()
    good = []
    for number, (text, until) in enumerate(carried, 1):
        try:
            visa = _visa(house, text, trust, at, seen)
        except TokenRefused as refused:
            findings.refuse(number, refused.rule)
            continue
        good.append(replace(visa, number=number, until=min(visa.until, until)))
    return good


def _visa(house: Clearinghouse, text: object, trust: Trust, at: datetime, seen: set[str]) -> Visa:
    if isinstance(text, str) and text in seen:
        raise TokenRefused(Rule.REPEATED)
    token = read_token(text)
    seen.add(token.text)
    issuer, wanted = issuer_of(token, trust)
    _check_signature(house, token, wanted)
    return read_visa(token, issuer, trust, at)


# ---- the requester -------------------------------------------------------------------------------


def _requester(node: Node, found: Standing, at: datetime) -> Requester:
    """Return the requester; the purpose of a registered account is the one on record, if any.

    What the node's own committee granted, revoked or blocked is looked up anew each time.
    """
    account = account_of(node.pseudonym_key, found.subject)
    proved = Requester(
        tier=Tier.REGISTERED if found.is_registered else Tier.PUBLIC,
        account=account,
        organisation=found.vouched_by,
        broker=found.subject.iss if found.is_registered else "",
        purpose=node.ledger.purpose_of(account) if found.is_registered else None,
        grants=found.grants,
    )
    return with_own_grants(node, proved, at)


def account_of(key: bytes, subject: Subject) -> str:
    """Return a researcher's id at this node: HMAC-SHA256 under its key, 128 bits in hex.

    Other nodes know the same researcher by other ids, and nobody without the key can tell whose it
    is. Both parts of the identity count: another issuer's equal `sub` is another person.
    """
    named = json.dumps(["account", subject.iss, subject.sub]).encode()
    return f"acc-{hmac.digest(key, named, 'sha256')[:16].hex()}"
