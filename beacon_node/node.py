"""What one running node holds."""

import os
from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path

from cachetools import LRUCache

from beacon_node.crypto.keys import PSEUDONYM_KEY, check_value, read_key
from beacon_node.errors import ConfigurationError, LedgerBroken
from beacon_node.ports import Clock, Knowledge, Noise, Randomness, VariantStore
from beacon_node.randomness import OpenDPNoise, SystemClock, SystemRandomness
from beacon_node.settings import Settings, read_settings
from beacon_node.store.database import Catalogue
from beacon_node.store.knowledge import SqliteKnowledge
from beacon_node.store.ledger import Ledger
from beacon_node.store.variants import SqliteVariantStore

SETTINGS_FILE, LEDGER_FILE = "node.toml", "ledger.sqlite"
PLANS = 1_024  # sets of filters whose meaning is remembered


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """Everything the actions of one node need; made once per process."""

    home: Path
    settings: Settings
    catalogue: Catalogue
    store: VariantStore
    knowledge: Knowledge
    ledger: Ledger  # in test mode only what `ports.QuestionLedger` has
    clock: Clock
    randomness: Randomness
    pseudonym_key: bytes
    plans: MutableMapping = field(default_factory=lambda: LRUCache(PLANS))  # actions.plan_search
    consented: MutableMapping = field(default_factory=dict)  # actions.consented_people
    public: MutableMapping = field(default_factory=dict)  # actions.public_answers
    noise: Noise = field(default_factory=OpenDPNoise)
    accounts: MutableMapping = field(default_factory=dict)  # actions.registered
    registered: MutableMapping = field(default_factory=dict)  # actions.registered.release
    prices: MutableMapping = field(default_factory=dict)  # of answers, by their bounds
    applications: MutableMapping = field(default_factory=dict)  # actions.applications.work

    @property
    def data(self) -> Path:
        return self.home / "data"


def open_node(home: Path, environment: Mapping[str, str] = os.environ) -> Node:
    """Return the node whose home folder `home` is; ConfigurationError if it is none.

    A home of before there was a ledger gets an empty one, and one of before it knew its key takes
    the present one. Raises LedgerBroken if the ledger of a released dataset is missing.
    """
    settings = read_settings(_read_settings_file(home), environment)
    catalogue = Catalogue(home / "data" / "catalogue.sqlite")
    ledger = _open_ledger(home / "data" / LEDGER_FILE, catalogue)
    key = read_key(home / "keys", PSEUDONYM_KEY)
    _require_same_key(home, ledger, key)
    return Node(
        home=home,
        settings=settings,
        catalogue=catalogue,
        store=SqliteVariantStore(catalogue),
        knowledge=SqliteKnowledge(home / "data" / "knowledge"),
        ledger=ledger,
        clock=SystemClock(),
        randomness=SystemRandomness(),
        pseudonym_key=key,
    )


def _require_same_key(home: Path, ledger: Ledger, key: bytes) -> None:
    """Raises ConfigurationError where another key is in the place of the one that everybody's
    numbers and accounts were made with."""
    if not ledger.is_made_with(check_value(key)):
        ledger.close()
        raise ConfigurationError(
            f"the key {home / 'keys' / PSEUDONYM_KEY} is not the one that this node's ledger was "
            "written with: everybody would get new accounts and budgets; restore it from the backup"
        )


def _open_ledger(path: Path, catalogue: Catalogue) -> Ledger:
    """Return the ledger, made if nothing was ever released that it should know of."""
    if not path.exists() and any(d.consented_at for d in catalogue.released_datasets()):
        raise LedgerBroken(
            f"{path} is missing, and with it every withdrawal; put it back from the newest backup"
        )
    return Ledger.create(path)


def _read_settings_file(home: Path) -> str:
    try:
        return (home / SETTINGS_FILE).read_text("utf-8")
    except FileNotFoundError as error:
        hint = f"make one with: beacon-node init {home}"
        raise ConfigurationError(
            f"{home} is no node's home folder (no node.toml); {hint}"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{home / SETTINGS_FILE} cannot be read: {error}") from error
