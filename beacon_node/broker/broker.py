"""What one running broker holds."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from beacon_node.broker.fan_out import Crew
from beacon_node.broker.lanes import Lanes
from beacon_node.broker.registry import Registry
from beacon_node.broker.settings import Settings, read_settings
from beacon_node.broker.state import State
from beacon_node.broker.watch import Watch
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.crypto.keys import PSEUDONYM_KEY, read_key
from beacon_node.crypto.messages import NETWORK_KEY
from beacon_node.errors import ConfigurationError
from beacon_node.federation.direct import DirectTransport, Reach
from beacon_node.federation.messages import Signer
from beacon_node.identity.clearinghouse import Clearinghouse, open_clearinghouse
from beacon_node.identity.fetch import new_session
from beacon_node.identity.watched_file import bytes_of
from beacon_node.ports import Clock, Randomness, Transport
from beacon_node.randomness import SystemClock, SystemRandomness

SETTINGS_FILE, STATE_FILE = "broker.toml", "broker.sqlite"
MOST_THREADS = 2_048  # of one process that wait for members


@dataclass(frozen=True, slots=True, repr=False)
class Broker:
    """Everything a broker needs to ask its members; made once per process.

    `pseudonym_key` makes the names under which each member knows each researcher.
    """

    home: Path
    settings: Settings
    registry: Registry
    state: State
    transport: Transport
    crew: Crew
    signer: Signer
    clearinghouse: Clearinghouse
    clock: Clock
    randomness: Randomness
    pseudonym_key: bytes


def open_broker(home: Path, environment: Mapping[str, str] = os.environ) -> Broker:
    """Return the broker whose home folder `home` is; ConfigurationError, naming file and key, if it
    is none or cannot be used as it is."""
    settings = read_settings(_settings_text(home), environment)
    clock, randomness = SystemClock(), SystemRandomness()
    state = State.open(home / "data" / STATE_FILE)
    key = SigningKey(read_key(home / "keys", NETWORK_KEY))
    return Broker(
        home=home,
        settings=settings,
        registry=Registry(home / settings.network.members, settings.broker.id),
        state=state,
        transport=DirectTransport(reach_of(home, settings)),
        crew=make_crew(settings, state, clock, randomness),
        signer=Signer(settings.broker.id, key, clock, randomness),
        clearinghouse=_clearinghouse(home, settings, clock),
        clock=clock,
        randomness=randomness,
        pseudonym_key=read_key(home / "keys", PSEUDONYM_KEY),
    )


def make_crew(settings: Settings, state: State, clock: Clock, randomness: Randomness) -> Crew:
    """Return threads and an eye on the members, as the settings have them."""
    lanes = Lanes(at_once=settings.network.questions_at_once, most_threads=MOST_THREADS)
    watch = Watch(settings.breaker, monotonic, clock, randomness, state.health)
    return Crew(lanes, watch)


def reach_of(home: Path, settings: Settings) -> Reach:
    """Return how members are reached, with files where they lie."""
    told = settings.network

    def in_home(name: str) -> str:
        return str(home / name) if name else ""

    return Reach(
        largest_answer_bytes=told.largest_answer_bytes,
        connections=told.questions_at_once,
        ca_file=in_home(told.ca_file),
        client_certificate=in_home(told.client_certificate),
        client_key=in_home(told.client_key),
        proxy=told.proxy,
        no_proxy=told.no_proxy,
        folder=home,
    )


def _clearinghouse(home: Path, settings: Settings, clock: Clock) -> Clearinghouse:
    named = settings.access.trusted_issuers
    path = home / named if named else None
    return open_clearinghouse(path, settings.public_url, new_session(), clock)


def _settings_text(home: Path) -> str:
    path = home / SETTINGS_FILE
    if not path.exists():
        raise ConfigurationError(
            f"{home} is no broker's home folder (no {SETTINGS_FILE}); make one with: "
            f"beacon-node broker init {home}"
        )
    try:
        return bytes_of(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} cannot be read: {error}") from error
