"""What a login proves: who somebody is and, from a passport broker, their visas."""

import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.prove import Proved, prove_holder
from beacon_node.identity.provider import OidcProvider
from beacon_node.identity.sessions import Sessions
from beacon_node.model.identities import short
from beacon_node.model.login import Login, Session
from beacon_node.model.passport import Passport, TokenRefused
from beacon_node.policy.visas.passports import passport_in_userinfo
from beacon_node.policy.visas.standing import Standing

_LOG = logging.getLogger("beacon_node.identity")


def up_to_date(
    sessions: Sessions, providers: Mapping[str, OidcProvider], session: Session, at: datetime
) -> Session:
    """Return a session with what its provider says now, asked at most once an hour for each
    session, over all processes, and later after failures."""
    provider = providers.get(session.login.provider)
    if provider is None or not session.login.userinfo.is_due(at):
        return session
    if not sessions.takes_turn(session):
        return session
    login = provider.asked_anew(session.login)
    sessions.keep(session, login)
    return replace(session, login=login)


def prove_session(house: Clearinghouse, session: Session, at: datetime) -> Standing:
    """Return what a session proves at `at`. Raises as `prove_login` does."""
    return prove_session_and_keep(house, session, at).standing


def prove_session_and_keep(house: Clearinghouse, session: Session, at: datetime) -> Proved:
    """Return what a session proves at `at`, and the visas that it has from its provider."""
    return prove_login(house, session.login, session.until, at)


def prove_login(house: Clearinghouse, login: Login, until: datetime, at: datetime) -> Proved:
    """Return what a login proves at `at`; it holds until `until` at most.

    Visas count if the provider is listed as a passport broker, and go through the same checks as
    those of a passport. Otherwise somebody is known by iss and sub, and nothing else is proved.
    Raises NotPermitted for a blocked researcher, StoreUnavailable while the list of trusted issuers
    cannot be used.
    """
    passport, said = Passport(login.subject, (), until, short(login.name)), login.userinfo
    if login.subject.iss in house.trusted.trust().brokers and said.counts(at):
        try:
            ends = min(until, said.until)
            found = passport_in_userinfo(said.body.encode(), login.subject, ends)
            passport = replace(found, name=found.name or passport.name)
        except TokenRefused as refused:
            _LOG.warning("userinfo of provider %s: %s", login.provider, refused.rule.words)
    return prove_holder(house, passport, at)
