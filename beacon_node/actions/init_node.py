"""Make the home folder of a new node."""

import os
from dataclasses import dataclass
from pathlib import Path

from beacon_node.configuration import quoted
from beacon_node.crypto.checkpoints import ensure_signing_key
from beacon_node.crypto.keys import PSEUDONYM_KEY, create_key
from beacon_node.crypto.messages import NETWORK_KEY
from beacon_node.errors import Conflict
from beacon_node.node import LEDGER_FILE, SETTINGS_FILE
from beacon_node.randomness import SystemRandomness
from beacon_node.settings import read_settings
from beacon_node.storage.files import write_whole
from beacon_node.store.database import Catalogue
from beacon_node.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class NewNode:
    """What a new node is told about itself; the rest is in `node.toml` to be edited."""

    beacon_id: str = "org.example.beacon"
    name: str = ""  # in every network's table of sites; empty: the organization's
    organization_id: str = "org.example"
    organization_name: str = ""
    organization_url: str = "https://example.org"
    environment: str = "prod"


def init_node(home: Path, new: NewNode) -> Path:
    """Make `home` and return it. Conflict if it is a node's already or holds other files."""
    if (home / SETTINGS_FILE).exists():
        raise Conflict(f"{home} is a node's home folder already")
    if home.exists() and any(home.iterdir()):
        raise Conflict(f"{home} is not empty")
    toml = _settings_text(new)
    read_settings(toml, {})
    Catalogue.create(home / "data" / "catalogue.sqlite").close()
    Ledger.create(home / "data" / LEDGER_FILE).close()
    (home / "data" / "datasets").mkdir(exist_ok=True)
    (home / "data" / "knowledge").mkdir(exist_ok=True)
    create_key(home / "keys", PSEUDONYM_KEY, SystemRandomness().bytes(32))
    ensure_signing_key(home / "keys", SystemRandomness())
    create_key(home / "keys", NETWORK_KEY, SystemRandomness().bytes(32))
    write_whole(
        home / SETTINGS_FILE, toml.encode()
    )  # the folder becomes a node only when all is there
    return home


def _settings_text(new: NewNode) -> str:
    return f"""# Settings of this beacon node; every other setting and its default is explained in
# network_config/node.example.toml. An unknown key stops the start.

[node]
id = {quoted(new.beacon_id)}
name = {quoted(new.name or new.organization_name or "Beacon node")}
environment = {quoted(new.environment)}
# public_url = "https://beacon.hospital.example"
# time_zone = "Europe/Helsinki"  # whose days the dates of consents are; UTC where nothing is said

[organization]  # shown to everybody: put your own id (a reversed domain) and url here
id = {quoted(new.organization_id)}
name = {quoted(new.organization_name or "Example organization")}
url = {quoted(new.organization_url)}

[server]
host = "127.0.0.1"
port = 5050
workers = {max(1, os.cpu_count() or 1)}
"""
