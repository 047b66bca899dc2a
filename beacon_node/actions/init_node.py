"""Make the home folder of a new node."""

import os
from dataclasses import dataclass
from pathlib import Path

from beacon_node.crypto.checkpoints import ensure_signing_key
from beacon_node.crypto.keys import PSEUDONYM_KEY, create_key
from beacon_node.crypto.messages import NETWORK_KEY
from beacon_node.errors import Conflict, InvalidRequest
from beacon_node.node import LEDGER_FILE, SETTINGS_FILE
from beacon_node.randomness import SystemRandomness
from beacon_node.settings import read_settings
from beacon_node.store.database import Catalogue
from beacon_node.store.ledger import Ledger


@dataclass(frozen=True, slots=True)
class NewNode:
    """What a new node is told about itself; the rest is in `node.toml` to be edited."""

    beacon_id: str = "org.example.beacon"
    name: str = "Beacon node"
    organization_id: str = "org.example"
    organization_name: str = "Example organization"
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
    _write_last(home / SETTINGS_FILE, toml)  # the folder becomes a node only when all is there
    return home


def _write_last(path: Path, text: str) -> None:
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _quoted(text: str) -> str:
    if any(ord(character) < 32 for character in text):
        raise InvalidRequest("names may not hold line breaks or control characters")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _settings_text(new: NewNode) -> str:
    return f"""# Settings of this beacon node; every other setting and its default is explained in
# network_config/node.example.toml. An unknown key stops the start.

[node]
id = {_quoted(new.beacon_id)}
name = {_quoted(new.name)}
environment = {_quoted(new.environment)}
# public_url = "https://beacon.hospital.example"
# time_zone = "Europe/Helsinki"  # whose days the dates of consents are; UTC where nothing is said

[organization]  # shown to everybody: put your own id (a reversed domain) and url here
id = {_quoted(new.organization_id)}
name = {_quoted(new.organization_name)}
url = {_quoted(new.organization_url)}

[server]
host = "127.0.0.1"
port = 5050
workers = {max(1, os.cpu_count() or 1)}
"""
