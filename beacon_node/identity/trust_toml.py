"""Reads `trusted_issuers.toml`; what is not known or not exact stops the start and is named."""

import tomllib
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from beacon_node.errors import ConfigurationError, InvalidRequest
from beacon_node.model.data_use import ResearchPurpose, read_purpose
from beacon_node.model.passport import By, Subject, VisaType
from beacon_node.model.query import Granularity
from beacon_node.model.trust import (
    BlockList,
    Broker,
    DatasetVisa,
    RegisteredPolicy,
    Trust,
    VisaIssuer,
)

LONGEST = 255  # characters, as of a URL claim
MAX_ISSUERS = 100
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})  # where http is safe: same machine
Word = TypeVar("Word", bound=StrEnum)
Named = TypeVar("Named", Broker, VisaIssuer)


class _Table:
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
        if found and not _is_address(found):
            self.refuse(key, "an https address without user, password and fragment is expected")
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

    def table(self, key: str) -> "_Table":
        return _Table(self.take(key, {}), self._file, self._below(key))

    def tables(self, key: str) -> list["_Table"]:
        found = self.take(key, [])
        if not isinstance(found, list):
            self.refuse(key, f"a list of tables is expected: [[{key}]]")
        return [
            _Table(one, self._file, self._below(f"{key}[{n}]")) for n, one in enumerate(found, 1)
        ]

    def finish(self) -> None:
        for key in self._values:
            if key not in self._asked:
                self.refuse(key, f"not known here; known are: {', '.join(sorted(self._asked))}")

    def _below(self, key: str) -> str:
        return f"{self._place}.{key}" if self._place else key


def read_trust(raw: bytes, file: str) -> Trust:
    """Return whom a file says to trust. Raises ConfigurationError naming file and key."""
    try:
        table = _Table(tomllib.loads(raw.decode("utf-8")), file)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file} is not valid TOML: {error}") from error
    trust = Trust(
        brokers=_by_iss(table, "broker", _broker),
        issuers=_by_iss(table, "visa_issuer", _issuer),
        datasets=tuple(_each(table, "dataset", _dataset)),
        registered=_registered(table.table("registered")),
        audiences=table.texts("audiences"),
        max_age=table.days("max_age_days", 365),
        blocked=_blocked(table),
    )
    table.finish()
    return trust


def _each(table: _Table, key: str, read: Callable[[_Table], Any]) -> list[Any]:
    found = []
    for one in table.tables(key):
        found.append(read(one))
        one.finish()
    return found


def _by_iss(table: _Table, key: str, read: Callable[[_Table], Named]) -> Mapping[str, Named]:
    found = _each(table, key, read)
    by_iss = {one.iss: one for one in found}
    if len(by_iss) != len(found):
        table.refuse(key, "the same iss stands there twice")
    if len(found) > MAX_ISSUERS:
        table.refuse(key, f"at most {MAX_ISSUERS} are expected")
    return by_iss


def _broker(table: _Table) -> Broker:
    return Broker(
        iss=table.text("iss"),
        keys=table.address("keys"),
        userinfo=table.address("userinfo", ""),
        audiences=table.texts("audiences"),
    )


def _issuer(table: _Table) -> VisaIssuer:
    return VisaIssuer(
        iss=table.text("iss"),
        jku=table.address("jku"),
        sources=_sources(table),
        subjects_of=table.text("subjects_of", ""),
    )


def _sources(table: _Table) -> Mapping[VisaType, frozenset[str]]:
    """Return the sources that are trusted for each type of visa."""
    types = table.table("sources")
    found = {kind: types.texts(kind) for kind in VisaType}
    types.finish()
    if not any(found.values()):
        table.refuse("sources", f"sources of some of {', '.join(VisaType)} are expected")
    return {kind: sources for kind, sources in found.items() if sources}


def _dataset(table: _Table) -> DatasetVisa:
    ceiling = table.text("ceiling", Granularity.RECORD.name.lower())
    if ceiling.upper() not in Granularity.__members__ or ceiling != ceiling.lower():
        table.refuse("ceiling", "boolean, count or record is expected")
    return DatasetVisa(
        dataset_id=table.text("id"),
        value=table.text("value"),
        source=table.text("source"),
        purpose=_purpose(table),
        ceiling=Granularity[ceiling.upper()],
    )


def _purpose(table: _Table) -> ResearchPurpose:
    stated = table.take("purpose")
    if not isinstance(stated, dict) or not stated:
        table.refuse("purpose", "the purpose that the committee grants for is expected")
    try:
        return read_purpose(stated)
    except InvalidRequest as error:
        table.refuse("purpose", str(error))


def _registered(table: _Table) -> RegisteredPolicy:
    default = RegisteredPolicy()
    found = RegisteredPolicy(
        value=table.text("value", default.value),
        status_by=table.words("status_by", By, default.status_by),
        terms_by=table.words("terms_by", By, default.terms_by),
    )
    table.finish()
    return found


def _blocked(table: _Table) -> BlockList:
    subjects, tokens, keys = set(), set(), set()
    for one in table.tables("blocked"):
        iss, sub = one.text("iss"), one.text("sub", "")
        jti, kid = one.text("jti", ""), one.text("kid", "")
        if sum(map(bool, (sub, jti, kid))) != 1:
            one.refuse("", "exactly one of sub, jti and kid is expected")
        one.take("reason")
        one.finish()
        subjects |= {Subject(iss, sub)} if sub else set()
        tokens |= {(iss, jti)} if jti else set()
        keys |= {(iss, kid)} if kid else set()
    return BlockList(frozenset(subjects), frozenset(tokens), frozenset(keys))


def _is_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        return False
    is_safe = url.scheme == "https" or (url.scheme == "http" and host in _LOOPBACK)
    is_plain = text.isascii() and " " not in text and "@" not in url.netloc and "#" not in text
    return bool(host) and is_safe and is_plain and "\\" not in text
