"""What a program needs where people log in to it: sessions, providers, and what throttles them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import requests

from beacon_node.crypto.sealing import open_seal
from beacon_node.errors import ConfigurationError
from beacon_node.identity.attempts import Attempts
from beacon_node.identity.begun import BegunLogins
from beacon_node.identity.keys import KeyCache
from beacon_node.identity.login_tables import login_tables
from beacon_node.identity.provider import OidcProvider
from beacon_node.identity.provider_file import read_providers
from beacon_node.identity.sessions import Sessions
from beacon_node.identity.toml_table import is_address
from beacon_node.model.login import SessionLimits
from beacon_node.ports import Clock, Randomness

LOGINS_FILE = "logins.sqlite"
CALLBACK = "/login/callback"  # as `web.login` has it; providers are told it once and for all


@dataclass(frozen=True, slots=True)
class LoginSettings:
    """How people log in to a program whose home folder has `keys/` and `data/`.

    `public_url` is how browsers reach it, without a slash at the end; `providers` is the file of
    identity providers, None for none.
    """

    public_url: str
    providers: Path | None = None
    limits: SessionLimits = field(default_factory=SessionLimits)


@dataclass(frozen=True, slots=True, repr=False)
class Reach:
    """How a process reaches others: connections, issuers' keys, the time, and chance."""

    session: requests.Session
    keys: KeyCache
    clock: Clock
    randomness: Randomness


@dataclass(frozen=True, slots=True, repr=False)
class Logins:
    """Made once per process."""

    sessions: Sessions
    begun: BegunLogins
    attempts: Attempts
    providers: Mapping[str, OidcProvider]


def open_logins(home: Path, settings: LoginSettings, reach: Reach) -> Logins:
    """Return the logins of the program whose home folder `home` is. Nothing is fetched yet.

    Raises ConfigurationError naming the key, StoreUnavailable for a file that cannot be used.
    """
    if not is_address(settings.public_url):
        raise ConfigurationError(
            "logins need https, so that nobody on the way gets a session: set public_url to the "
            f"https address of {urlsplit(settings.public_url).netloc or 'this server'}"
        )
    told = read_providers(settings.providers, home / "keys")
    tables = login_tables(home / "data" / LOGINS_FILE)
    seal = open_seal(home / "keys", reach.randomness)
    sessions = Sessions(tables, seal, settings.limits, reach.clock, reach.randomness)
    back = f"{settings.public_url}{CALLBACK}"
    found = {
        one.id: OidcProvider(one, reach.session, reach.keys, reach.clock, back) for one in told
    }
    begun = BegunLogins(sessions, seal, reach.clock, reach.randomness)
    return Logins(sessions, begun, Attempts(tables, reach.clock), found)
