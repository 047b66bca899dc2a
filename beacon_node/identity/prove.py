"""What the tokens of a request prove, with a reason for every visa; both programs ask here.

It keeps to the order of AAI OIDC Profile 1.2 ("Passport Clearinghouses") and Passport 1.2 §8.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from beacon_node.crypto.signatures import is_signed
from beacon_node.errors import InvalidRequest, NotAuthenticated
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.keys import KeysUnavailable
from beacon_node.identity.proved import Grounds, Looking, NotedKeys, NotedUserinfo
from beacon_node.identity.userinfo import UserinfoRefused
from beacon_node.model.passport import Passport, Rule, Subject, TokenRefused, Visa
from beacon_node.model.tokens import Token, read_token
from beacon_node.model.trust import Trust
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
FRESH = timedelta(hours=1)  # of visas that a broker of a network shows
_NOBODY = Subject("", "")
_BEARER = "bearer"


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


@dataclass(frozen=True, slots=True, repr=False)
class Proved:
    """What tokens prove, and the texts of all the visas that came with them, good or not."""

    standing: Standing
    visas: tuple[str, ...]


def prove(house: Clearinghouse, tokens: Iterable[str], at: datetime) -> Standing:
    """Return what one to four passports, or access tokens of passport brokers, prove at `at`.

    Raises NotAuthenticated if one of them fails a check, which refuses the whole request;
    NotPermitted for a blocked researcher; StoreUnavailable while the list of trusted issuers
    cannot be used. A visa that fails a check is left out, with the reason in its finding.
    """
    tokens, trust = tuple(tokens), house.trusted.trust()
    known = house.proved.find(tokens, Looking(trust, house.keys, house.userinfo), at)
    if known is not None:
        return known
    grounds = Grounds(trust, at)
    noting = replace(
        house,
        keys=NotedKeys(house.keys, grounds),
        userinfo=NotedUserinfo(house.userinfo, grounds, tokens),
    )
    found = prove_and_keep(noting, tokens, at).standing
    house.proved.keep(tokens, found, grounds)
    return found


def prove_and_keep(house: Clearinghouse, tokens: Iterable[str], at: datetime) -> Proved:
    """Return the same, and the visas themselves, for whoever passes one on to where it is read.

    Raises what `prove` does.
    """
    trust = house.trusted.trust()
    if not trust.brokers:
        raise TokenRefused(Rule.NOBODY)
    return _proved(house, [_passport(house, token, trust, at) for token in tokens], trust, at)


def prove_holder(house: Clearinghouse, passport: Passport, at: datetime) -> Proved:
    """Return what a passport proves at `at` for which its broker vouches already, as at a login.

    Raises as `prove` does, but does not ask whether its broker is trusted.
    """
    return _proved(house, [passport], house.trusted.trust(), at)


def _proved(
    house: Clearinghouse, passports: Sequence[Passport], trust: Trust, at: datetime
) -> Proved:
    carried = [visa for passport in passports for visa in passport.visas]
    if len(carried) > MAX_VISAS:
        raise TokenRefused(Rule.TOO_MANY)
    findings = Findings()
    visas = _visas(house, passports, trust, at, findings)
    found = standing(passports, visas, trust, findings)
    return Proved(found, tuple(visa for visa in carried if isinstance(visa, str)))


def prove_visas(house: Clearinghouse, visas: Sequence[object], at: datetime) -> Standing | None:
    """Return what visas prove that somebody else shows for a researcher, without a passport.

    Only those count that were made within the last hour: they are of somebody who is there now.
    None if none is good. Raises what `prove` does, NotAuthenticated also where good visas are about
    several people: nobody has the grants of two.
    """
    trust, findings = house.trusted.trust(), Findings()
    if len(visas) > MAX_VISAS:
        raise TokenRefused(Rule.TOO_MANY, "the list of visas")
    shown = Passport(_NOBODY, tuple(visas), at + FRESH)
    good = []
    for visa in _visas(house, [shown], trust, at, findings):
        if visa.made and visa.made >= at - FRESH:
            good.append(visa)
        else:
            findings.refuse(visa.number, Rule.STALE, visa)
    if not good:
        return None
    found = standing([replace(shown, subject=good[0].subject)], good, trust, findings)
    if not found.identities.issuperset(visa.subject for visa in good):
        raise TokenRefused(Rule.OTHER_PERSON, "a visa")
    return found


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
