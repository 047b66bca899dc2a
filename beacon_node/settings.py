"""Every setting of a node: name, default, unit, reason. An unknown key stops the start.

`node.toml` holds them in tables; `BEACON_NODE_<TABLE>_<KEY>` in the environment overrides one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from functools import lru_cache
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
from beacon_node.errors import ConfigurationError
from beacon_node.model.checkpoint_places import read_places
from beacon_node.privacy.registered.bounds import Bounds

PREFIX = "BEACON_NODE_"
_SCHEMES = ("http://", "https://")
SOURCE = Source("node.toml", PREFIX)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who this beacon says it is (`/info`, `/service-info`)."""

    id: str = "org.example.beacon"  # reversed domain name
    name: str = "Beacon node"
    description: str = ""
    environment: str = "prod"  # prod, test, dev or staging
    public_url: str = ""  # how others reach it, without /api; empty: http://host:port
    welcome_url: str = ""
    alternative_url: str = ""
    time_zone: str = "UTC"  # IANA name; whose days the dates of consents are


@dataclass(frozen=True, slots=True)
class Server:
    """How it listens. Loopback until an operator says otherwise."""

    host: str = "127.0.0.1"
    port: int = 5050
    workers: int = 2  # processes, one thread each
    max_body_bytes: int = 1_000_000  # larger requests are refused unread
    allowed_origins: tuple[str, ...] = ()  # web pages of other sites that may ask (CORS)


@dataclass(frozen=True, slots=True)
class Loading:
    """How files are read."""

    processes: int = 0  # 0: one per core


@dataclass(frozen=True, slots=True)
class Privacy:
    """How much the public tier may give away (docs/guard.md); recorded with a public lifetime, so
    that a change needs a new one."""

    public_power: float = 0.10  # β: members that any test may find at most
    false_positives: float = 0.05  # α: strangers whom such a test takes for members
    carriers_needed: int = 1  # k: counted carriers that make a yes


@dataclass(frozen=True, slots=True)
class Access:
    """Whom the node believes about researchers (docs/access.md)."""

    trusted_issuers: str = ""  # a file, relative to the node's home; empty: nobody is trusted

    @property
    def trusts_somebody(self) -> bool:
        """Whether anybody could prove here who they are, by a passport."""
        return bool(self.trusted_issuers)


@dataclass(frozen=True, slots=True)
class Logins:
    """How people log in with a browser (docs/login.md); nobody can until one of the first two is
    set."""

    providers: str = ""  # a file, relative to the node's home; empty: no identity provider
    local_accounts: bool = False  # passwords that the node itself keeps: a fallback for small sites
    session_hours: int = 8  # after which everybody logs in again
    idle_minutes: int = 60  # without a request, after which a session ends
    proxies: int = 0  # that stand before the node, each of which adds to X-Forwarded-For

    @property
    def are_possible(self) -> bool:
        return bool(self.providers) or self.local_accounts


@dataclass(frozen=True, slots=True)
class Network:
    """Whose networks the node is in (docs/operator.md, Joining a network)."""

    brokers: str = "brokers.toml"  # a file, relative to the node's home; not there: no broker's
    ca_file: str = ""  # certificates (PEM) that brokers' are checked by; empty: the system's
    proxy: str = ""  # http://host:port, through which brokers are reached; empty: none


@dataclass(frozen=True, slots=True)
class Visas:
    """The node's own grants as visas for other services (docs/access.md)."""

    subjects_of: str = ""  # iss of the broker as whose subjects they name people; empty: none given

    @property
    def are_given(self) -> bool:
        return bool(self.subjects_of)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Who takes the node's mail to committees and applicants (docs/operator.md)."""

    host: str = ""  # empty: nothing is sent
    port: int = 587
    security: str = "starttls"  # starttls, tls or none
    sender: str = ""  # the address that mail comes from
    user: str = ""  # empty: the server wants no login
    password_file: str = ""  # relative to the node's home, mode 0600
    timeout_s: float = 10.0

    @property
    def is_used(self) -> bool:
        return bool(self.host)


@dataclass(frozen=True, slots=True)
class Audit:
    """Who keeps checkpoints of the ledger (docs/operator.md)."""

    checkpoints_to: tuple[str, ...] = ()  # once a day: /folder, mailto:address, broker:id
    # Who applicants and staff are is forgotten when they were not seen for so long; 0: by hand.
    identities_months: int = 24


@dataclass(frozen=True, slots=True)
class Registered:
    """How much noisy counts may give away (docs/guard-registered.md). What was charged stays
    charged: other settings hold for what is asked from then on."""

    power: float = 0.15  # β: members that any test finds at most, from all answers to one account
    false_positives: float = 0.05  # α: strangers whom such a test takes for members
    epsilon: float = 1.0  # of the noise; less hides more and lets more be asked, less exactly
    threshold: int = 5  # smaller counts are not told: a few are mostly noise
    completeness: float = 0.8  # predicted share of people really counted; below it no answer
    smallest_group: int = 50  # people a filter must select at least; fewer hide nobody
    worst_case: float = 8.0  # ρ: stops unlimited questions, also where assumptions fail
    accounts_in_collusion: int = 3  # budgets that all accounts together have, however many they are

    @property
    def bounds(self) -> Bounds:
        """The bounds that follow; ConfigurationError if there are none."""
        return _bounds(self)


@lru_cache(4)
def _bounds(settings: Registered) -> Bounds:
    return Bounds(
        alpha=settings.false_positives,
        beta=settings.power,
        epsilon=settings.epsilon,
        threshold=settings.threshold,
        completeness=settings.completeness,
        smallest_group=settings.smallest_group,
        rho=settings.worst_case,
        pool=settings.accounts_in_collusion,
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one node, read once at start."""

    node: Identity = field(default_factory=Identity)
    organization: Organization = field(default_factory=Organization)
    server: Server = field(default_factory=Server)
    answers: Answers = field(default_factory=Answers)
    loading: Loading = field(default_factory=Loading)
    privacy: Privacy = field(default_factory=Privacy)
    registered: Registered = field(default_factory=Registered)
    access: Access = field(default_factory=Access)
    login: Logins = field(default_factory=Logins)
    network: Network = field(default_factory=Network)
    visas: Visas = field(default_factory=Visas)
    mail: MailServer = field(default_factory=MailServer)
    audit: Audit = field(default_factory=Audit)

    @property
    def public_url(self) -> str:
        """The address others use, without a slash at the end."""
        told = self.node.public_url.rstrip("/")
        return told or f"http://{self.server.host}:{self.server.port}"

    @property
    def zone(self) -> tzinfo:
        """The site's time zone."""
        return ZoneInfo(self.node.time_zone)


def read_settings(toml: str, environment: Mapping[str, str]) -> Settings:
    """Return the settings of a `node.toml` text with the environment's overrides.

    Raises ConfigurationError naming the key: unknown, of the wrong type, or out of range.
    """
    settings = read_tables(Settings, toml, environment, SOURCE)
    _check(settings)
    return settings


def _check(settings: Settings) -> None:
    login = settings.login
    claims = (
        environment_claim("node", settings.node.environment),
        time_zone_claim("node", settings.node.time_zone),
        (0 <= settings.server.port <= 65_535, "server.port must lie between 0 and 65535"),
        (settings.server.workers >= 1, "server.workers must be at least 1"),
        (settings.server.max_body_bytes >= 1_000, "server.max_body_bytes must be at least 1000"),
        *settings.answers.claims(),
        (bool(settings.network.brokers), "network.brokers must name a file"),
        (
            not settings.network.proxy or settings.network.proxy.startswith(_SCHEMES),
            "network.proxy must be an address such as http://proxy.hospital.example:3128",
        ),
        (settings.loading.processes >= 0, "loading.processes must not be negative"),
        (
            0 < settings.privacy.false_positives < settings.privacy.public_power < 1,
            "privacy.false_positives and privacy.public_power must lie between 0 and 1, the power "
            "above the false positives",
        ),
        (settings.privacy.carriers_needed >= 1, "privacy.carriers_needed must be at least 1"),
        *login_claims(login.session_hours, login.idle_minutes, login.proxies),
        (
            0 <= settings.audit.identities_months <= 1_200,
            "audit.identities_months must lie between 0 and 1200",
        ),
        *_registered_claims(settings.registered),
        *_mail_claims(settings.mail),
    )
    SOURCE.check(claims)
    read_places(settings.audit.checkpoints_to)
    try:
        settings.registered.bounds  # noqa: B018 - it refuses numbers that do not fit together
    except ConfigurationError as error:
        raise ConfigurationError(f"{SOURCE.file}: [registered] {error}") from error


def _registered_claims(told: Registered) -> tuple[Claim, ...]:
    return (
        (
            0 < told.false_positives < told.power < 1,
            "registered.false_positives and registered.power must lie between 0 and 1, the power "
            "above the false positives",
        ),
        (0 < told.epsilon <= 2, "registered.epsilon must be above 0 and at most 2"),
        (told.threshold >= 1, "registered.threshold must be at least 1"),
        (0 < told.completeness <= 1, "registered.completeness must be above 0 and at most 1"),
        (told.smallest_group >= 2, "registered.smallest_group must be at least 2"),
        (told.worst_case > 0, "registered.worst_case must be above 0"),
        (told.accounts_in_collusion >= 1, "registered.accounts_in_collusion must be at least 1"),
    )


def _mail_claims(told: MailServer) -> tuple[Claim, ...]:
    return (
        (0 < told.port <= 65_535, "mail.port must lie between 1 and 65535"),
        (
            told.security in ("starttls", "tls", "none"),
            "mail.security must be starttls, tls or none",
        ),
        ("@" in told.sender or not told.host, "mail.sender must be the address mail comes from"),
        (
            not told.user or told.security != "none",
            "mail.user needs mail.security starttls or tls: a password is not sent in the open",
        ),
        (
            bool(told.user) == bool(told.password_file),
            "mail.user and mail.password_file go together",
        ),
        (0 < told.timeout_s <= 300, "mail.timeout_s must lie above 0 and at most at 300"),
    )
