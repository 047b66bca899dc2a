"""A table of a TOML file, read key by key; what is not known or not exact is named."""

import tomllib
from datetime import timedelta
from enum import StrEnum
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from beacon_node.errors import ConfigurationError

LONGEST = 255  # characters, as of a URL claim
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})  # where http is safe: same machine
Word = TypeVar("Word", bound=StrEnum)


class Table:
    """One table of the file; `finish` refuses the first key that was not asked for."""

    def __init__(self, values: object, file: str, place: str = "") -> None:
        self._file, self._place = file, place
        if not isinstance(values, dict):
            self.refuse("", "a table is expected")
        self._values, self._asked = values, set()

    def refuse(self, key: str, problem: str) -> NoReturn:
        where = ".".join(part for part in (self._place, key) if part) or "the file"
        raise ConfigurationError(f"{self._file}: {where}: {problem}")

    def take(self, key: str, default: object = None) -> Any:
        self._asked.add(key)
        return self._values.get(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text as it stands; it must be there unless there is a default."""
        found = self.take(key, default)
        if not isinstance(found, str) or not (found or default == "") or len(found) > LONGEST:
            self.refuse(key, f"a text of 1 to {LONGEST} characters is expected")
        if found != found.strip() or not found.isprintable():
            self.refuse(key, "a text without spaces around it or control characters is expected")
        return found

    def address(self, key: str, default: str | None = None) -> str:
        """Return an https URL; http only on this machine."""
        found = self.text(key, default)
        if found and not is_address(found):
            self.refuse(key, "an https address without user, password and fragment is expected")
        return found

    def flag(self, key: str, default: bool) -> bool:
        found = self.take(key, default)
        if not isinstance(found, bool):
            self.refuse(key, "true or false is expected")
        return found

    def texts(self, key: str) -> frozenset[str]:
        found = self.take(key, [])
        if not isinstance(found, list) or not all(isinstance(t, str) and t for t in found):
            self.refuse(key, "a list of texts is expected")
        return frozenset(found)

    def words(self, key: str, kind: type[Word], default: frozenset[Word]) -> frozenset[Word]:
        if key not in self._values:
            self.take(key)
            return default
        found = self.texts(key)
        if not found <= set(kind):
            self.refuse(key, f"some of {', '.join(kind)} are expected")
        return frozenset(kind(word) for word in found)

    def days(self, key: str, default: int) -> timedelta:
        found = self.take(key, default)
        if type(found) is not int or not 1 <= found <= 3_650:
            self.refuse(key, "a whole number of days from 1 to 3650 is expected")
        return timedelta(days=found)

    def table(self, key: str) -> "Table":
        return Table(self.take(key, {}), self._file, self._below(key))

    def tables(self, key: str) -> list["Table"]:
        found = self.take(key, [])
        if not isinstance(found, list):
            self.refuse(key, f"a list of tables is expected: [[{key}]]")
        return [
            Table(one, self._file, self._below(f"{key}[{n}]")) for n, one in enumerate(found, 1)
        ]

    def finish(self) -> None:
        for key in self._values:
            if key not in self._asked:
                self.refuse(key, f"not known here; known are: {', '.join(sorted(self._asked))}")

    def _below(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key


def read_table(raw: bytes, file: str) -> Table:
    """Return the top of a file. Raises ConfigurationError if it is no TOML."""
    try:
        return Table(tomllib.loads(raw.decode("utf-8")), file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error


def is_address(text: str) -> bool:
    """Say whether a text is an https URL without user, password and fragment; http only on this
    machine."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        return False
    is_safe = url.scheme == "https" or (url.scheme == "http" and host in _LOOPBACK)
    is_plain = text.isascii() and " " not in text and "@" not in url.netloc and "#" not in text
    return bool(host) and is_safe and is_plain and "\\" not in text
