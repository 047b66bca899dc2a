"""Logins and the sessions that they begin: who somebody is at this program's own pages."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from beacon_node.errors import BeaconNodeError, NotAuthenticated
from beacon_node.model.passport import Subject

KEPT = timedelta(hours=1)  # AAI: Access Token Polling, at most once per hour
GRACE = timedelta(minutes=1)  # while one process asks anew, the others go on with what it said
RETRY = timedelta(minutes=1)  # after a failure that may pass; doubles with each until KEPT


class LoginRefused(NotAuthenticated):
    """A login that fails a check; the message says which, and quotes nothing of what was sent."""


class ProviderUnavailable(BeaconNodeError):
    """The identity provider gives no answer; the message may be shown."""

    http_status = 503
    exit_code = 6


@dataclass(frozen=True, slots=True, repr=False)
class Tokens:
    """What a provider gave for asking it again; never leaves the server."""

    access: str
    refresh: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Userinfo:
    """What a provider said of a person when it was last asked with success (`body`, JSON), and when
    it may be asked again. It counts until `until`, whatever happens meanwhile."""

    body: str = ""
    said_at: datetime | None = None
    again_at: datetime | None = None  # None: never
    failures: int = 0

    @property
    def until(self) -> datetime | None:
        return self.said_at + KEPT + GRACE if self.said_at else None

    def counts(self, at: datetime) -> bool:
        return self.said_at is not None and self.said_at <= at + GRACE and at < self.until

    def is_due(self, at: datetime) -> bool:
        """Whether the provider may, and should, be asked anew."""
        return self.again_at is not None and self.again_at <= at


@dataclass(frozen=True, slots=True, repr=False)
class Login:
    """What a login proved. `provider` is its id in the settings, `name` what the provider calls the
    person, for greeting them alone: nothing is decided by it."""

    provider: str
    subject: Subject
    name: str = ""
    tokens: Tokens | None = None
    userinfo: Userinfo = Userinfo()


@dataclass(frozen=True, slots=True, repr=False)
class BegunLogin:
    """A login on its way to a provider and back. `state` and `nonce` tie what comes back to it,
    `verifier` proves that we began it (PKCE, RFC 7636); `next` is where the person wanted to go, a
    path of ours."""

    provider: str
    state: str
    nonce: str
    verifier: str
    next: str
    until: datetime


@dataclass(frozen=True, slots=True, repr=False)
class CameBack:
    """What a provider sent the browser back with: a code, or an error. `issuer` is empty where it
    does not say who it is (RFC 9207)."""

    code: str = ""
    issuer: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Session:
    """A session that holds now. `digest` names it, `csrf_token` must come with every change that
    its holder asks for; its id is at the browser alone."""

    digest: bytes
    csrf_token: str
    account: str
    login: Login
    begun_at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long sessions last, and how many there may be; the oldest make room."""

    longest: timedelta = timedelta(hours=8)
    idle: timedelta = timedelta(hours=1)
    of_one_account: int = 20
    most: int = 20_000


class LoginDeed(StrEnum):
    """What is recorded of logins."""

    LOGIN = "login"
    REFUSED = "login refused"
    LOGOUT = "logout"
    LOGOUT_EVERYWHERE = "logout everywhere"


@dataclass(frozen=True, slots=True)
class LoginEvent:
    """Something that happened at the door: no token, no name, no address in it.

    `account` is empty where nobody proved who they are; `why` says what failed.
    """

    deed: LoginDeed
    provider: str
    account: str = ""
    why: str = ""
