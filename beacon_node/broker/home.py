"""Makes the home folder of a new broker: settings, keys, no members yet."""

import os
from dataclasses import dataclass
from pathlib import Path

from beacon_node.broker.broker import SETTINGS_FILE, STATE_FILE
from beacon_node.broker.settings import read_settings
from beacon_node.broker.state import State
from beacon_node.configuration import quoted
from beacon_node.crypto.keys import PSEUDONYM_KEY, create_key
from beacon_node.crypto.messages import NETWORK_KEY
from beacon_node.errors import Conflict
from beacon_node.ports import Randomness
from beacon_node.storage.files import write_whole

NETWORK_FILE = "network.toml"
_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class NewBroker:
    """What a new broker is told about itself; the rest is in `broker.toml` to be edited."""

    broker_id: str = "org.example.broker"
    name: str = "Beacon network"
    organization_id: str = "org.example"
    organization_name: str = "Example organization"
    organization_url: str = "https://example.org"
    public_url: str = ""
    environment: str = "prod"


def init_broker(home: Path, new: NewBroker, randomness: Randomness) -> Path:
    """Make `home` and return it. Conflict if it is a broker's already or holds other files."""
    if (home / SETTINGS_FILE).exists():
        raise Conflict(f"{home} is a broker's home folder already")
    if home.exists() and any(home.iterdir()):
        raise Conflict(f"{home} is not empty")
    toml = _settings_text(new)
    read_settings(toml, {})
    State.open(home / "data" / STATE_FILE)
    for key in (NETWORK_KEY, PSEUDONYM_KEY):
        create_key(home / "keys", key, randomness.bytes(_KEY_BYTES))
    write_whole(home / NETWORK_FILE, _NETWORK.encode())
    write_whole(
        home / SETTINGS_FILE, toml.encode()
    )  # the folder becomes a broker only when all is there
    return home


_NETWORK = """# The members of this network; network_config/network.example.toml explains each key.
# `beacon-node broker approve` adds who asked to join. It is read again whenever it changes.
"""


def _settings_text(new: NewBroker) -> str:
    public_url = f"public_url = {quoted(new.public_url)}"
    if not new.public_url:
        public_url = '# public_url = "https://network.example"  # set it before anybody joins'
    return f"""# Settings of this broker; every other setting and its default is explained in
# network_config/broker.example.toml. An unknown key stops the start.

[broker]
id = {quoted(new.broker_id)}
name = {quoted(new.name)}
environment = {quoted(new.environment)}
{public_url}

[organization]  # shown to everybody: put your own id (a reversed domain) and url here
id = {quoted(new.organization_id)}
name = {quoted(new.organization_name)}
url = {quoted(new.organization_url)}

[server]
host = "127.0.0.1"
port = 5060
workers = {max(1, os.cpu_count() or 1)}
"""
