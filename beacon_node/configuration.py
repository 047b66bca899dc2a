"""Reads a program's settings: tables of a TOML text, each key overridable from the environment.
The tables and rules that a node and a broker share stand here too.

A program's settings are one frozen dataclass per table, and one that holds them all; each key has
its default. An unknown key stops the start.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, NoReturn, TypeVar, get_type_hints
from zoneinfo import ZoneInfo

from beacon_node.errors import ConfigurationError, InvalidRequest

Settings = TypeVar("Settings")
ENVIRONMENTS = ("prod", "test", "dev", "staging")  # Beacon v2's words
_LISTED = ", ".join(ENVIRONMENTS)
Claim = tuple[bool, str]  # whether it holds, and what should


@dataclass(frozen=True, slots=True)
class Source:
    """How the file and the environment's variables are called: `<prefix><TABLE>_<KEY>`."""

    file: str
    prefix: str

    def refuse(self, problem: str) -> NoReturn:
        raise ConfigurationError(f"{self.file}: {problem}")

    def check(self, claims: Iterable[Claim]) -> None:
        """Raises ConfigurationError with the first claim that does not hold."""
        for holds, claim in claims:
            if not holds:
                self.refuse(claim)


@dataclass(frozen=True, slots=True)
class Organization:
    """Who runs it."""

    id: str = "org.example"
    name: str = "Example organization"
    url: str = "https://example.org"
    contact_url: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class Answers:
    """How much one answer holds."""

    default_page_size: int = 10  # records, the Beacon v2 default
    max_page_size: int = 1_000  # records; also what `limit=0` means

    def claims(self) -> tuple[Claim, ...]:
        return (
            (
                1 <= self.default_page_size <= self.max_page_size,
                "answers.default_page_size must lie between 1 and answers.max_page_size",
            ),
        )


def environment_claim(table: str, environment: str) -> Claim:
    return environment in ENVIRONMENTS, f"{table}.environment must be one of {_LISTED}"


def time_zone_claim(table: str, name: str) -> Claim:
    problem = f"{table}.time_zone must be an IANA time zone such as Europe/Helsinki"
    return is_time_zone(name), problem


def login_claims(session_hours: int, idle_minutes: int, proxies: int) -> tuple[Claim, ...]:
    return (
        (1 <= session_hours <= 24, "login.session_hours must lie between 1 and 24"),
        (idle_minutes >= 1, "login.idle_minutes must be at least 1"),
        (0 <= proxies <= 10, "login.proxies must lie between 0 and 10"),
    )


def read_tables(
    kind: type[Settings], toml: str, environment: Mapping[str, str], source: Source
) -> Settings:
    """Return the settings of a TOML text with the environment's overrides, ranges not yet checked.

    Raises ConfigurationError naming the key: unknown, or of the wrong type.
    """
    try:
        told = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{source.file} is not valid TOML: {error}") from error
    tables = {field.name: field.default_factory for field in fields(kind)}
    _refuse_unknown("table", told, tables, source)
    parts = {
        name: _table(name, table, told.get(name, {}), environment, source)
        for name, table in tables.items()
    }
    return kind(**parts)


def quoted(text: str) -> str:
    """Return a text as TOML has it. InvalidRequest if it holds control characters.

    >>> print(quoted('The "General" Hospital'))
    "The \\"General\\" Hospital"
    """
    if not text.isprintable():
        raise InvalidRequest("names may not hold line breaks or control characters")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def is_time_zone(name: str) -> bool:
    """Say whether it is an IANA time zone.

    >>> is_time_zone("Europe/Helsinki"), is_time_zone("Helsinki"), is_time_zone("")
    (True, False, False)
    """
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, a folder
        return False
    return True


def _table(name: str, kind: Any, told: Any, environment: Mapping[str, str], source: Source) -> Any:
    if not isinstance(told, dict):
        source.refuse(f"[{name}] must be a table")
    types = get_type_hints(kind)
    known = {f"{name}.{key}" for key in types}
    _refuse_unknown("key", [f"{name}.{key}" for key in told], known, source)
    values = {
        key: _typed(f"{name}.{key}", types[key], value, source) for key, value in told.items()
    }
    for key, kind_of_key in types.items():
        override = environment.get(f"{source.prefix}{name}_{key}".upper())
        if override is not None:
            values[key] = _from_text(f"{name}.{key}", kind_of_key, override, source)
    return kind(**values)


def _refuse_unknown(what: str, told: Iterable[str], known: Iterable[str], source: Source) -> None:
    for key in told:
        if key not in known:
            source.refuse(f"unknown {what} {key!r}; known: {', '.join(sorted(known))}")


def _typed(key: str, kind: Any, value: Any, source: Source) -> Any:
    if kind == tuple[str, ...]:
        if isinstance(value, list) and all(isinstance(item, str) for item in value):
            return tuple(value)
        source.refuse(f"{key} must be a list of strings")
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        words = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
        source.refuse(f"{key} must be {words[kind]}")
    return value


def _from_text(key: str, kind: Any, text: str, source: Source) -> Any:
    def refuse(what: str) -> NoReturn:
        raise ConfigurationError(f"{source.prefix}… for {key}: {text!r} is {what}")

    if kind is int:
        return int(text) if text.removeprefix("-").isdecimal() else refuse("no whole number")
    if kind is float:
        try:
            return float(text)
        except ValueError:
            refuse("no number")
    if kind is bool:
        found = {"true": True, "false": False}.get(text.lower())
        return found if found is not None else refuse("neither true nor false")
    if kind == tuple[str, ...]:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    return text
