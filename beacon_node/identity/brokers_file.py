"""`brokers.toml`: the brokers whose questions a node answers, and how much it believes each.

It is read again at each question. A file that is not there pins nobody; one that is broken stops
all questions of brokers, for whom it left out is not to come back.
"""

import re
from collections.abc import Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path

import orjson

from beacon_node.crypto.ed25519 import PublicKey
from beacon_node.errors import ConfigurationError, Conflict, InvalidInput, NotFound
from beacon_node.identity.toml_table import Table, read_table
from beacon_node.identity.watched_file import WatchedFile, bytes_of
from beacon_node.model.federation import PinnedBroker
from beacon_node.model.requester import Tier

MAX_BROKERS = 100
Brokers = Mapping[str, PinnedBroker]
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,127}", re.ASCII)
_CEILINGS = {tier.name.lower(): tier for tier in (Tier.PUBLIC, Tier.REGISTERED)}
_HEADING = re.compile(r"^[ \t]*\[\[[ \t]*broker[ \t]*\]\]", re.MULTILINE)
_BEGINNING = "# The brokers whose questions this node answers; read again when it changes.\n"


class BrokersFile:
    """The operator's list of brokers."""

    def __init__(self, path: Path) -> None:
        self._file = WatchedFile(path, partial(read_brokers, file=str(path)))
        self.check()

    def check(self) -> Brokers:
        """Return the brokers. Raises ConfigurationError naming the key if there is no telling."""
        return self._file.check() if self._file.path.exists() else {}

    def current(self) -> Brokers:
        """Return the brokers. Raises StoreUnavailable while the file is broken."""
        return self._file.current() if self._file.path.exists() else {}


def is_network_id(text: str) -> bool:
    """Say whether a text can name a broker or node of a network.

    >>> is_network_id("org.hospital.beacon"), is_network_id("a b"), is_network_id("https://x")
    (True, False, False)
    """
    return bool(_ID.fullmatch(text))


def read_brokers(raw: bytes, file: str) -> Brokers:
    """Return the brokers of a file, by id. Raises ConfigurationError naming file and key."""
    table = read_table(raw, file)
    rows = table.tables("broker")
    table.finish()
    if len(rows) > MAX_BROKERS:
        table.refuse("broker", f"at most {MAX_BROKERS} are expected")
    found = [_broker(row) for row in rows]
    brokers = {one.id: one for one in found}
    keys = [key for one in found for key in one.keys]
    if len(brokers) != len(found):
        table.refuse("broker", "the same id stands there twice")
    if len(set(keys)) != len(keys):
        table.refuse("broker", "two brokers have the same key")
    return brokers


def _broker(table: Table) -> PinnedBroker:
    id = table.text("id")
    if not is_network_id(id):
        table.refuse("id", "letters, digits, dots and hyphens are expected, as in org.network")
    ceiling = table.text("ceiling", "public")
    if ceiling not in _CEILINGS:
        table.refuse("ceiling", f"{' or '.join(_CEILINGS)} is expected; more is never believed")
    found = PinnedBroker(
        id=id,
        name=table.text("name", id),
        url=table.address("url"),
        keys=_keys(table),
        ceiling=_CEILINGS[ceiling],
    )
    table.finish()
    return found


def _keys(table: Table) -> tuple[str, ...]:
    keys = tuple(sorted(table.texts("keys")))
    if not 1 <= len(keys) <= 2:
        table.refuse("keys", "its key is expected, or two while one replaces the other")
    for key in keys:
        try:
            PublicKey.from_x(key)
        except InvalidInput as error:
            table.refuse("keys", str(error))
    return keys


# ---- what is written -----------------------------------------------------------------------------


def with_broker(path: Path, broker: PinnedBroker) -> str:
    """Return the text of the file with one more broker. Raises Conflict if its id is there."""
    text, brokers = _text_of(path)
    if broker.id in brokers:
        raise Conflict(f"{path} has a broker {broker.id!r} already: leave it first")
    added = f"{text or _BEGINNING}\n{_written(broker)}"
    read_brokers(added.encode(), str(path))
    return added


def without_broker(path: Path, id: str) -> str:
    """Return the text of the file without a broker, all else as it stands. Raises NotFound if it
    is not there, ConfigurationError if it does not stand by itself."""
    text, brokers = _text_of(path)
    if id not in brokers:
        raise NotFound(f"{path} has no broker {id!r}")
    starts = [found.start() for found in _HEADING.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        left = text[:start] + text[end:]
        if _says(left, path) == {name: one for name, one in brokers.items() if name != id}:
            return left
    raise ConfigurationError(f"{path}: the broker {id!r} cannot be taken out; take it out by hand")


def _says(text: str, path: Path) -> Brokers | None:
    try:
        return read_brokers(text.encode(), str(path))
    except ConfigurationError:
        return None


def _text_of(path: Path) -> tuple[str, Brokers]:
    raw = bytes_of(path) if path.exists() else b""
    return raw.decode("utf-8", "replace"), read_brokers(raw, str(path))  # refuses other than UTF-8


def _written(broker: PinnedBroker) -> str:
    values = {
        "id": broker.id,
        "name": broker.name,
        "url": broker.url,
        "keys": list(broker.keys),
        "ceiling": broker.ceiling.name.lower(),
    }
    lines = [f"{key} = {orjson.dumps(value).decode()}" for key, value in values.items()]
    return "\n".join(["[[broker]]", *lines, ""])
