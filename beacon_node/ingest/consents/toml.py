"""Mapping files: TOML in which every key must be one that is known."""

import tomllib
from collections.abc import Mapping
from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from beacon_node.errors import InvalidInput
from beacon_node.ingest.plain_files import opened

Word = TypeVar("Word", bound=StrEnum)


class Table:
    """One table of a mapping file. What was not asked for when `finish` is called is refused."""

    def __init__(self, values: Mapping[str, Any], file: str, name: str = "") -> None:
        self.values, self.file, self.name = dict(values), file, name
        self._asked: set[str] = set()

    def refuse(self, key: str, problem: str) -> NoReturn:
        """Raises InvalidInput naming the file and the key (empty: the table itself)."""
        field = ".".join(part for part in (self.name, key) if part)
        raise InvalidInput(problem, file=self.file, field=field)

    def take(self, key: str, default: Any = None) -> Any:
        self._asked.add(key)
        return self.values.get(key, default)

    def text(self, key: str, default: str | None = None) -> str:
        """Return a text; one that must be there if there is no default."""
        found = self.take(key, default)
        if not isinstance(found, str) or (default is None and not found.strip()):
            self.refuse(key, "a text is expected")
        return found

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return a list of texts; one text alone counts as a list of it."""
        found = self.take(key, list(default))
        found = [found] if isinstance(found, str) else found
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            self.refuse(key, "a text or a list of texts is expected")
        return tuple(found)

    def words(self, key: str, kind: type[Word]) -> frozenset[Word] | None:
        """Return some of the words of an enumeration, None if the key is absent."""
        if key not in self.values:
            self.take(key)
            return None
        texts = self.texts(key)
        unknown = sorted(set(texts) - set(kind))
        if unknown or not texts:
            self.refuse(key, f"some of {', '.join(kind)} are expected")
        return frozenset(kind(text) for text in texts)

    def flag(self, key: str) -> bool:
        found = self.take(key, False)
        if not isinstance(found, bool):
            self.refuse(key, "true or false is expected")
        return found

    def table(self, key: str) -> "Table":
        return self._of(self.take(key, {}), key)

    def tables(self, key: str) -> list["Table"]:
        """Return a list of tables (`[[key]]`)."""
        found = self.take(key, [])
        if not isinstance(found, list):
            self.refuse(key, f"a list of tables is expected: [[{key}]]")
        return [self._of(one, f"{key}[{number}]") for number, one in enumerate(found, 1)]

    def _of(self, found: Any, key: str) -> "Table":
        if not isinstance(found, dict):
            self.refuse(key, "a table is expected")
        return Table(found, self.file, ".".join(part for part in (self.name, key) if part))

    def zone(self, key: str, default: tzinfo) -> tzinfo:
        """Return the time zone that the mapping names, the node's where it names none."""
        if key not in self.values:
            self.take(key)
            return default
        name = self.text(key)
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            self.refuse(key, "a time zone like Europe/Helsinki is expected")

    def finish(self) -> None:
        """Raises InvalidInput for the first key that is not known."""
        for key in self.values:
            if key not in self._asked:
                known = ", ".join(sorted(self._asked))
                self.refuse(key, f"not known here; known are: {known}")


def read_toml(path: str | Path) -> Table:
    """Return the outermost table of a mapping file; InvalidInput if it cannot be read."""
    with opened(path) as stream:
        text = stream.read().decode()
    try:
        return Table(tomllib.loads(text), str(path))
    except tomllib.TOMLDecodeError as broken:
        raise InvalidInput(f"not valid TOML: {broken}", file=str(path)) from broken


def check_format(table: Table, expected: str) -> None:
    """Raises InvalidInput unless the mapping says that it is for files of this format."""
    found = table.text("format")
    if found != expected:
        table.refuse("format", f'this mapping is for "{found}" files, not for "{expected}"')
