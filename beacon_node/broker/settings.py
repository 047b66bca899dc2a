"""Every setting of a broker: name, default, unit, reason. An unknown key stops the start.

`broker.toml` holds them in tables; `BEACON_BROKER_<TABLE>_<KEY>` in the environment overrides one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from beacon_node.configuration import (
    Answers,
    Claim,
    Organization,
    Source,
    environment_claim,
    login_claims,
    read_tables,
    time_zone_claim,
)
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Tier

PREFIX = "BEACON_BROKER_"
SOURCE = Source("broker.toml", PREFIX)
_GRANULARITIES = {one.word: one for one in Granularity}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this broker says it is (`/api/info`, `/service-info`, and to every member)."""

    id: str = "org.example.broker"  # reversed domain name; members pin it together with its key
    name: str = "Beacon network"
    description: str = ""
    environment: str = "prod"  # prod, test, dev or staging
    public_url: str = ""  # how others reach it, without /api; empty: http://host:port
    welcome_url: str = ""
    alternative_url: str = ""
    time_zone: str = "UTC"  # IANA name; whose days its tables and pages show


@dataclass(frozen=True, slots=True)
class Server:
    """How it listens. Loopback until an operator says otherwise."""

    host: str = "127.0.0.1"
    port: int = 5060
    workers: int = 2  # processes
    threads: int = 32  # of each process: questions that it waits for at the same time
    max_body_bytes: int = 1_000_000  # larger requests are refused unread
    allowed_origins: tuple[str, ...] = ()  # web pages of other sites that may ask (CORS)


@dataclass(frozen=True, slots=True)
class Network:
    """Whom it asks, how, and how long it waits."""

    members: str = "network.toml"  # a file, relative to the broker's home
    deadline_s: float = 10.0  # for one question, over all members
    largest_answer_bytes: int = 10_000_000  # of one member; more is not read
    questions_at_once: int = 8  # to one member from one process; further ones wait their turn
    ca_file: str = ""  # PEM, relative to home: authorities trusted besides this machine's own
    client_certificate: str = ""  # PEM, relative to home: shown to members that ask (mutual TLS)
    client_key: str = ""  # PEM, mode 0600, relative to home; empty: in client_certificate
    proxy: str = ""  # http://host:port that requests to members pass through
    no_proxy: tuple[str, ...] = ()  # hosts, or domains as .example.org, reached without it


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a member that does not answer is left alone, and for how long."""

    failures: int = 3  # in a row
    pause_s: float = 15.0  # after them; doubled after each trial that fails …
    longest_pause_s: float = 300.0  # … up to this


@dataclass(frozen=True, slots=True)
class Access:
    """Whom it believes about researchers (docs/access.md)."""

    trusted_issuers: str = ""  # a file, relative to the broker's home; empty: nobody is trusted
    brokers: str = (
        ""  # a file, relative to home: brokers of which this one is a member; empty: none
    )
    public_granularity: str = (
        "record"  # the most that is asked for anybody; each member decides too
    )
    registered_granularity: str = "record"  # the same for registered researchers

    def ceiling(self, tier: Tier) -> Granularity:
        """Return the most that members are asked for in the name of somebody of this tier."""
        is_public = tier is Tier.PUBLIC
        return _GRANULARITIES[self.public_granularity if is_public else self.registered_granularity]

    @property
    def trusts_somebody(self) -> bool:
        """Whether anybody could prove here who they are, by a passport."""
        return bool(self.trusted_issuers)


@dataclass(frozen=True, slots=True)
class Logins:
    """How researchers log in with a browser (docs/login.md); with a passport they need not."""

    providers: str = ""  # a file, relative to the broker's home; empty: nobody can log in
    session_hours: int = 8  # after which everybody logs in again
    idle_minutes: int = 60  # without a request, after which a session ends
    proxies: int = 0  # that stand before the broker, each of which adds to X-Forwarded-For


@dataclass(frozen=True, slots=True)
class Joining:
    """Requests to become a member."""

    is_open: bool = True  # whether nodes may ask to join; an operator approves each in any case
    most_waiting: int = 100  # further requests are refused until some are decided


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one broker, read once at start."""

    broker: Identity = field(default_factory=Identity)
    organization: Organization = field(default_factory=Organization)
    server: Server = field(default_factory=Server)
    answers: Answers = field(default_factory=Answers)
    network: Network = field(default_factory=Network)
    breaker: Breaker = field(default_factory=Breaker)
    access: Access = field(default_factory=Access)
    login: Logins = field(default_factory=Logins)
    joining: Joining = field(default_factory=Joining)

    @property
    def public_url(self) -> str:
        """The address others use, without a slash at the end."""
        told = self.broker.public_url.rstrip("/")
        return told or f"http://{self.server.host}:{self.server.port}"

    @property
    def zone(self) -> tzinfo:
        """The operator's time zone."""
        return ZoneInfo(self.broker.time_zone)


def read_settings(toml: str, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a `broker.toml` text with the environment's overrides.

    Raises ConfigurationError naming the key: unknown, of the wrong type, or out of range.
    """
    settings = read_tables(Settings, toml, environment, SOURCE)
    login = settings.login
    SOURCE.check(
        (
            *_identity_claims(settings),
            *_server_claims(settings),
            *_network_claims(settings.network),
            *_breaker_claims(settings.breaker),
            *_access_claims(settings.access),
            *login_claims(login.session_hours, login.idle_minutes, login.proxies),
            (settings.joining.most_waiting >= 1, "joining.most_waiting must be at least 1"),
        )
    )
    return settings


def _identity_claims(told: Settings) -> tuple[Claim, ...]:
    return (
        environment_claim("broker", told.broker.environment),
        (bool(told.broker.id.strip()), "broker.id must not be empty"),
        time_zone_claim("broker", told.broker.time_zone),
    )


def _server_claims(told: Settings) -> tuple[Claim, ...]:
    server = told.server
    return (
        (0 <= server.port <= 65_535, "server.port must lie between 0 and 65535"),
        (server.workers >= 1, "server.workers must be at least 1"),
        (1 <= server.threads <= 256, "server.threads must lie between 1 and 256"),
        (server.max_body_bytes >= 1_000, "server.max_body_bytes must be at least 1000"),
        *told.answers.claims(),
    )


def _network_claims(told: Network) -> tuple[Claim, ...]:
    return (
        (bool(told.members), "network.members must name a file"),
        (0 < told.deadline_s <= 600, "network.deadline_s must be above 0 and at most 600"),
        (
            told.largest_answer_bytes >= 10_000,
            "network.largest_answer_bytes must be at least 10000",
        ),
        (
            1 <= told.questions_at_once <= 64,
            "network.questions_at_once must lie between 1 and 64",
        ),
        (
            bool(told.client_certificate) or not told.client_key,
            "network.client_key needs network.client_certificate beside it",
        ),
        (
            not told.proxy or _is_proxy(told.proxy),
            "network.proxy must be an address such as http://proxy.example:3128",
        ),
    )


def _breaker_claims(told: Breaker) -> tuple[Claim, ...]:
    return (
        (told.failures >= 1, "breaker.failures must be at least 1"),
        (
            0 < told.pause_s <= told.longest_pause_s,
            "breaker.pause_s must lie between 0 and breaker.longest_pause_s",
        ),
    )


def _access_claims(told: Access) -> tuple[Claim, ...]:
    words = ", ".join(_GRANULARITIES)
    return tuple(
        (value in _GRANULARITIES, f"access.{name} must be one of {words}")
        for name, value in (
            ("public_granularity", told.public_granularity),
            ("registered_granularity", told.registered_granularity),
        )
    )


def _is_proxy(address: str) -> bool:
    try:
        url = urlsplit(address)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
