"""Logins at an OpenID provider: authorization code flow with PKCE (OpenID Connect Core 1.0, 3.1).

Authlib builds the requests and judges the claims; what is fetched, from where, how long and how
much is ours. No address comes from anywhere but the provider's own discovery document.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import requests

from beacon_node.identity.discovery import Discovery, Metadata, NoMetadata
from beacon_node.identity.fetch import TIMEOUTS_S, Bearer, FetchFailed, bounded_body, fetch
from beacon_node.identity.id_token import Expected, check_id_token
from beacon_node.identity.keys import KeyCache
from beacon_node.identity.provider_file import ProviderSettings
from beacon_node.model.login import (
    KEPT,
    RETRY,
    BegunLogin,
    CameBack,
    Login,
    LoginRefused,
    ProviderUnavailable,
    Tokens,
    Userinfo,
)
from beacon_node.model.passport import TokenRefused
from beacon_node.model.tokens import read_json
from beacon_node.ports import Clock

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

LONGEST_NAME = 100
_LONGEST_TOKEN = 64 * 1024
_LOG = logging.getLogger("beacon_node.identity")
_KNOWN_ERRORS = frozenset(  # RFC 6749 4.1.2.1, 5.2; OpenID Connect Core 3.1.2.6
    (
        *("access_denied", "invalid_request", "unauthorized_client", "unsupported_response_type"),
        *("invalid_scope", "server_error", "temporarily_unavailable", "interaction_required"),
        *("login_required", "consent_required", "account_selection_required", "invalid_client"),
        *("invalid_grant", "unsupported_grant_type"),
    )
)


class OidcProvider:
    """One provider where people log in; made once per process."""

    def __init__(
        self,
        settings: ProviderSettings,
        session: requests.Session,
        keys: KeyCache,
        clock: Clock,
        redirect_uri: str,
    ) -> None:
        self.id, self.name, self.issuer = settings.id, settings.name, settings.issuer
        self._settings, self._session, self._clock = settings, session, clock
        self._keys, self._redirect_uri = keys, redirect_uri
        self._discovery = Discovery(settings.issuer, session, clock)

    def address(self, begun: BegunLogin) -> str:
        """Return where a browser goes to log in. Raises ProviderUnavailable."""
        metadata = self._metadata()
        url, _ = self._oauth(metadata).create_authorization_url(
            metadata.authorization_endpoint,
            state=begun.state,
            nonce=begun.nonce,
            code_verifier=begun.verifier,
        )
        return url

    def finish(self, begun: BegunLogin, back: CameBack) -> Login:
        """Return what a login proved, from what the browser came back with.

        Raises LoginRefused if any check fails, ProviderUnavailable if the provider does not answer.
        """
        metadata = self._metadata()
        self._check_sender(metadata, back)
        given = self._token(
            metadata,
            grant_type="authorization_code",
            code=back.code,
            code_verifier=begun.verifier,
        )
        tokens = _tokens(given)
        expected = Expected(self.issuer, self._settings.client_id, begun.nonce, tokens.access)
        subject, id_token = check_id_token(
            given.get("id_token"), metadata.jwks_uri, expected, self._keys, self._clock
        )
        login = Login(self.id, subject, _name(id_token.claims), tokens)
        return self._with_userinfo(metadata, login)

    def asked_anew(self, login: Login) -> Login:
        """Return a login with what the provider says of the person now; never raises.

        What it said before counts until it is too old. A provider that will not say it any more
        (the token was revoked or has ended, and cannot be refreshed) is not asked again.
        """
        try:
            metadata = self._metadata()
        except ProviderUnavailable:
            return _failed(login, self._clock.now(), is_final=False)
        try:
            return self._with_userinfo(metadata, login, may_refresh=True)
        except LoginRefused:
            _LOG.warning("provider %s: userinfo is of another person, and is not used", self.id)
            return _failed(replace(login, userinfo=Userinfo()), self._clock.now(), is_final=True)

    def end_session(self, back: str) -> str:
        """Return where a browser ends the session at the provider too and comes back to `back`
        (OpenID Connect RP-Initiated Logout 1.0); empty if the provider offers none."""
        try:
            url = self._metadata().end_session_endpoint
        except ProviderUnavailable:
            return ""
        told = {"client_id": self._settings.client_id, "post_logout_redirect_uri": back}
        return f"{url}{'&' if '?' in url else '?'}{urlencode(told)}" if url else ""

    # ---- inside ------------------------------------------------------------------------------

    def _metadata(self) -> Metadata:
        try:
            return self._discovery.metadata()
        except NoMetadata as error:
            raise self._unavailable() from error

    def _unavailable(self) -> ProviderUnavailable:
        return ProviderUnavailable(
            f"{self.name} cannot be reached just now, so that nobody can log in there; try again "
            "in a minute"
        )

    def _check_sender(self, metadata: Metadata, back: CameBack) -> None:
        """Refuse what another provider sent (mix-up, RFC 9207), and what is no code."""
        if back.issuer != self.issuer and (back.issuer or metadata.says_its_issuer):
            raise LoginRefused("the answer came from another provider than was asked (iss)")
        if back.error:
            word = back.error if back.error in _KNOWN_ERRORS else "an error"
            raise LoginRefused(f"{self.name} did not log you in: {word}")
        if not 0 < len(back.code) <= 4_096:
            raise LoginRefused(f"{self.name} sent no code")

    def _oauth(self, metadata: Metadata) -> "OAuth2Session":
        """Return Authlib's client, on our connections and without redirects or cookies."""
        from authlib.integrations.requests_client import OAuth2Session  # 0.2 s, only for logins

        mine = self._settings
        way = "client_secret_post" if metadata.secret_in_body else "client_secret_basic"
        oauth = OAuth2Session(
            mine.client_id,
            mine.secret or None,
            token_endpoint_auth_method=way if mine.secret else "none",
            scope=" ".join(mine.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
        )
        oauth.adapters, oauth.trust_env = self._session.adapters, self._session.trust_env
        oauth.cookies = self._session.cookies
        for moment in ("access_token_response", "refresh_token_response"):
            oauth.register_compliance_hook(moment, lambda found: _Bounded(found, self._clock))
        return oauth

    def _token(self, metadata: Metadata, **told: str) -> dict[str, Any]:
        """Return what the token endpoint gives for a code or a refresh token."""
        from authlib.common.errors import AuthlibBaseError

        oauth = self._oauth(metadata)
        how = {"stream": True, "allow_redirects": False, "timeout": TIMEOUTS_S}
        try:
            if "refresh_token" in told:
                return oauth.refresh_token(metadata.token_endpoint, **told, **how)
            return oauth.fetch_token(metadata.token_endpoint, **told, **how)
        except AuthlibBaseError as error:
            word = error.error if error.error in _KNOWN_ERRORS else "an error"
            raise LoginRefused(f"{self.name} gave no token: {word}") from error
        except FetchFailed as error:
            if error.is_final:
                raise LoginRefused(f"{self.name} gave no token") from error
            raise self._unavailable() from error
        except requests.RequestException as error:
            raise self._unavailable() from error

    def _with_userinfo(
        self, metadata: Metadata, login: Login, *, may_refresh: bool = False
    ) -> Login:
        """Return a login with the provider's userinfo; LoginRefused if it is of somebody else
        (OpenID Connect Core 5.3.2). That it cannot be had refuses nobody."""
        now = self._clock.now()
        if not metadata.userinfo_endpoint or login.tokens is None:
            return login
        try:
            auth = Bearer(login.tokens.access)
            body = fetch(self._session, self._clock, metadata.userinfo_endpoint, auth)
        except FetchFailed as failed:
            if failed.is_final and may_refresh and login.tokens.refresh:
                return self._refreshed(metadata, login)
            return _failed(login, now, is_final=failed.is_final)
        claims = _object(body)
        if claims is None:
            return _failed(login, now, is_final=True)
        if claims.get("sub") != login.subject.sub:
            raise LoginRefused("the provider's userinfo is of another person than its ID token")
        said = Userinfo(body.decode(), now, now + KEPT)
        return replace(login, name=_name(claims) or login.name, userinfo=said)

    def _refreshed(self, metadata: Metadata, login: Login) -> Login:
        now = self._clock.now()
        try:
            given = self._token(metadata, refresh_token=login.tokens.refresh)
            found = replace(login, tokens=_tokens(given))
        except ProviderUnavailable:
            return _failed(login, now, is_final=False)
        except LoginRefused:
            return _failed(login, now, is_final=True)
        return self._with_userinfo(metadata, found)


@dataclass(slots=True, repr=False)
class _Bounded:
    """An answer of a token endpoint as Authlib reads it, of which no more is read than is good."""

    _response: requests.Response
    _clock: Clock

    @property
    def status_code(self) -> int:
        return self._response.status_code

    def json(self) -> Any:
        with self._response as response:
            return _object(bounded_body(response, self._clock))

    def raise_for_status(self) -> None:
        """Raise for an answer that is no JSON object, or of a server that failed."""
        self._response.close()
        raise FetchFailed(is_final=self.status_code < 500 and self.status_code not in (408, 429))


def _tokens(given: dict[str, Any]) -> Tokens:
    access, refresh = given.get("access_token"), given.get("refresh_token") or ""
    kind = given.get("token_type")
    if not (isinstance(kind, str) and kind.lower() == "bearer"):
        raise LoginRefused("the provider gave no bearer token")
    for token in (access, refresh):
        if not isinstance(token, str) or len(token) > _LONGEST_TOKEN or not token.isascii():
            raise LoginRefused("the provider gave no token that can be used")
    if not access or not access.isprintable():
        raise LoginRefused("the provider gave no token that can be used")
    return Tokens(access, refresh)


def _failed(login: Login, now: datetime, *, is_final: bool) -> Login:
    """Return a login whose provider said nothing new; tokens that are worth nothing are dropped."""
    said = login.userinfo
    if is_final:
        return replace(login, tokens=None, userinfo=replace(said, again_at=None))
    pause = min(RETRY * 2 ** min(said.failures, 10), KEPT)
    said = replace(said, again_at=now + pause, failures=said.failures + 1)
    return replace(login, userinfo=said)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = read_json(body)
    except TokenRefused:
        return None
    return found if isinstance(found, dict) else None


def _name(claims: Any) -> str:
    """Return what to call a person on their own pages."""
    for member in ("name", "preferred_username", "nickname"):
        found = claims.get(member)
        if isinstance(found, str) and found.strip() and found.isprintable():
            return found.strip()[:LONGEST_NAME]
    return ""
