"""What an OpenID provider says of itself at its one configured address, kept for a while."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import requests

from beacon_node.errors import InvalidInput
from beacon_node.identity.fetch import FetchFailed, fetch
from beacon_node.identity.toml_table import is_address
from beacon_node.model.passport import TokenRefused
from beacon_node.model.tokens import read_json
from beacon_node.ports import Clock

FRESH = timedelta(hours=1)
STALE = timedelta(days=1)  # how long it counts while the provider cannot be reached
PAUSE = timedelta(seconds=30)  # between two requests, whatever people ask of us
_PATH = "/.well-known/openid-configuration"  # OpenID Connect Discovery 1.0, 4
_NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_OPTIONAL = ("userinfo_endpoint", "end_session_endpoint")
_LOG = logging.getLogger("beacon_node.identity")


class NoMetadata(Exception):
    """The provider cannot be reached, or says nothing that can be used."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """A provider's addresses, all https; an empty one it does not have."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    secret_in_body: bool = False  # the only way in which it takes a client's secret
    says_its_issuer: bool = False  # when it sends people back (RFC 9207)


class Discovery:
    """The document of one issuer. Nobody but the issuer can change what is asked or kept."""

    def __init__(self, issuer: str, session: requests.Session, clock: Clock) -> None:
        self._issuer, self._session, self._clock = issuer, session, clock
        self._found: Metadata | None = None
        self._found_at: datetime | None = None
        self._asked_at: datetime | None = None
        self._lock = Lock()

    def metadata(self) -> Metadata:
        """Return what the provider says of itself. Raises NoMetadata."""
        with self._lock:
            now = self._clock.now()
            if not _within(self._found_at, now, FRESH) and not _within(self._asked_at, now, PAUSE):
                self._ask(now)
            if self._found is None or not _within(self._found_at, now, STALE):
                raise NoMetadata
            return self._found

    def _ask(self, now: datetime) -> None:
        """Fetch the document anew; the one before stays where that fails."""
        self._asked_at = now
        url = self._issuer.rstrip("/") + _PATH
        try:
            self._found = read_metadata(fetch(self._session, self._clock, url), self._issuer)
            self._found_at = now
        except FetchFailed:
            _LOG.warning("%s cannot be fetched", url)
        except InvalidInput as error:
            _LOG.warning("%s cannot be used: %s", url, error)


def read_metadata(document: bytes, issuer: str) -> Metadata:
    """Return the addresses of a discovery document. InvalidInput, naming the member, for one that
    is not of exactly this issuer, or that cannot be used."""
    try:
        found = read_json(document)
    except TokenRefused as error:
        raise InvalidInput("it is not valid JSON") from error
    if not isinstance(found, dict) or found.get("issuer") != issuer:
        raise InvalidInput("issuer: it is not exactly the one in the settings")
    named = {name: found.get(name, "") for name in (*_NEEDED, *_OPTIONAL)}
    for name, url in named.items():
        if not (isinstance(url, str) and (is_address(url) or (not url and name in _OPTIONAL))):
            raise InvalidInput(f"{name}: an https address is expected")
    ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    in_body = "client_secret_basic" not in ways and "client_secret_post" in ways
    says = found.get("authorization_response_iss_parameter_supported") is True
    return Metadata(**named, secret_in_body=in_body, says_its_issuer=says)


def _within(then: datetime | None, now: datetime, span: timedelta) -> bool:
    return then is not None and timedelta() <= now - then < span
