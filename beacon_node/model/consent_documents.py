"""Consent statements as JSON documents: strict, and the same both ways.

A *statement* is what was signed, `{"individual": …, "status": "given", "scope": {…}, …}`; a
*consent document* adds what the node knows of recording it: `number`, `recorded_at`, `recorded_by`.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

import orjson

from beacon_node.errors import InvalidRequest
from beacon_node.model.consent import (
    PROTECTED,
    ConsentVersion,
    DataType,
    OpenChoice,
    Scope,
    Source,
    Status,
    UseKind,
)
from beacon_node.model.data_use import Use, read_terms, terms_document

Word = TypeVar("Word", bound=StrEnum)
Part = TypeVar("Part")

RECORDING = frozenset({"number", "recorded_at", "recorded_by"})
_STATEMENT = frozenset(
    {"individual", "status", "scope", "source", "use", "open", "cancels"}
    | {"signed_on", "effective_from", "effective_until"}
)


def consent_document(version: ConsentVersion) -> dict:
    """Return the document that `read_consent` reads as `version`."""
    return statement_document(version) | {
        "number": version.number,
        "recorded_at": moment_text(version.recorded_at),
        "recorded_by": version.recorded_by,
    }


def read_consent(document: Mapping) -> ConsentVersion:
    """Return the version a consent document states.

    Raises InvalidRequest, naming the place, for whatever is missing, unknown or not of its form.
    """
    found = _object(document, _STATEMENT | RECORDING, "consent")
    return read_statement(
        {key: value for key, value in found.items() if key not in RECORDING},
        number=_number(found, "number"),
        recorded_at=_moment(found, "recorded_at"),
        recorded_by=_text(found, "recorded_by"),
    )


def statement_document(version: ConsentVersion) -> dict:
    """Return what was stated, without number and recording; lists are sorted."""
    document = {
        "individual": version.individual,
        "status": version.status.value,
        "scope": _scope_document(version.scope),
        "signed_on": moment_text(version.signed_on),
        "effective_from": moment_text(version.effective_from),
        "source": _source_document(version.source),
        "use": terms_document(version.use),
    }
    if version.effective_until is not None:
        document["effective_until"] = moment_text(version.effective_until)
    if version.open:
        chosen = version.open
        document["open"] = {"genes": sorted(chosen.genes), "variants": sorted(chosen.variants)}
    if version.cancels is not None:
        document["cancels"] = version.cancels
    return document


def read_statement(
    document: Mapping, *, number: int, recorded_at: datetime, recorded_by: str
) -> ConsentVersion:
    """Return the version that a statement is, recorded so. Raises InvalidRequest."""
    reader = StatementReader()
    return reader.read(document, number=number, recorded_at=recorded_at, recorded_by=recorded_by)


class StatementReader:
    """Reads statements, and remembers the parts of them in which many people say the same."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes], object] = {}

    def read(
        self, document: Mapping, *, number: int, recorded_at: datetime, recorded_by: str
    ) -> ConsentVersion:
        """Return the version that a statement is, recorded so. Raises InvalidRequest."""
        found = _object(document, _STATEMENT, "consent")
        return ConsentVersion(
            number=number,
            individual=_text(found, "individual"),
            status=_word(found.get("status"), Status, "status"),
            scope=self._part(found, "scope", _read_scope),
            signed_on=_moment(found, "signed_on"),
            effective_from=_moment(found, "effective_from"),
            effective_until=_optional(found, "effective_until", _moment),
            recorded_at=recorded_at,
            recorded_by=recorded_by,
            source=_read_source(found.get("source")),
            use=self._part(found, "use", _read_use),
            open=self._part(found, "open", _read_open) if "open" in found else PROTECTED,
            cancels=_optional(found, "cancels", _number),
        )

    def _part(self, found: Mapping, field: str, read: Callable[[object], Part]) -> Part:
        key = field, canonical_json(found.get(field)).encode()
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[key] = read(found.get(field))
        return self._known[key]


_MOST_KNOWN = 4_096


def statement_digest(document: Mapping) -> bytes:
    """Return the SHA-256 of a statement: equal for what says the same, whoever records it when."""
    return hashlib.sha256(canonical_json(document).encode()).digest()


def canonical_json(document: object) -> str:
    """Return the one JSON text of a document: keys sorted, no spaces.

    Raises InvalidRequest if something in it, as a text that is not Unicode, has no JSON form.
    """
    try:
        return orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode()
    except orjson.JSONEncodeError as error:
        raise InvalidRequest(f"it cannot be stored as JSON: {error}") from error


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC to the microsecond; texts sort as the moments do.

    >>> moment_text(datetime(2030, 1, 7, 10, 31, tzinfo=UTC))
    '2030-01-07T10:31:00.000000Z'
    """
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return moment.isoformat(timespec="microseconds")[:-6] + "Z"


def read_moment(text: str) -> datetime:
    """Return the moment that `moment_text` wrote; ValueError for anything else."""
    if not _MOMENT.fullmatch(text):
        raise ValueError("not a moment in UTC to the microsecond")
    return datetime.fromisoformat(text)


_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)
_SCOPE = frozenset({"dataset", "data_types", "uses"})
_SOURCE = frozenset({"document", "sha256", "form_version"})
_OPEN = frozenset({"genes", "variants"})


def _scope_document(scope: Scope) -> dict:
    types, uses = sorted(scope.data_types), sorted(scope.uses)
    return {"dataset": scope.dataset, "data_types": types, "uses": uses}


def _read_scope(document: object) -> Scope:
    found = _object(document, _SCOPE, "scope")
    return Scope(
        _text(found, "dataset", "scope."),
        _words(found, "data_types", DataType),
        _words(found, "uses", UseKind),
    )


def _read_use(document: object) -> Use:
    return read_terms(_object(document, {"terms"}, "use"))


def _source_document(source: Source) -> dict:
    return {name: getattr(source, name) for name in sorted(_SOURCE)}


def _read_source(document: object) -> Source:
    found = _object(document, _SOURCE, "source")
    return Source(**{name: _any_text(found.get(name), f"source.{name}") for name in _SOURCE})


def _read_open(document: object) -> OpenChoice:
    found = _object(document, _OPEN, "open")
    named = {name: _list(found.get(name), f"open.{name}") for name in _OPEN}
    return OpenChoice(
        **{
            name: frozenset(_any_text(one, f"open.{name}") for one in listed)
            for name, listed in named.items()
        }
    )


def _object(value: object, keys: Collection[str], place: str) -> Mapping:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{place}: an object is expected")
    if not keys >= value.keys():
        unknown = sorted(str(key) for key in value.keys() - keys)
        raise InvalidRequest(f"{place}.{unknown[0]}: not known here")
    return value


def _text(found: Mapping, field: str, place: str = "") -> str:
    text = _any_text(found.get(field), place + field)
    if not text:
        raise InvalidRequest(f"{place}{field}: a text is expected")
    return text


def _any_text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise InvalidRequest(f"{place}: a text is expected")
    return value


def _list(value: object, place: str) -> list | tuple:
    if not isinstance(value, list | tuple):
        raise InvalidRequest(f"{place}: a list is expected")
    return value


def _number(found: Mapping, field: str) -> int:
    number = found.get(field)
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise InvalidRequest(f"{field}: a whole number is expected")
    return number


def _optional(found: Mapping, field: str, read: Callable[[Mapping, str], Part]) -> Part | None:
    return read(found, field) if field in found else None


def _moment(found: Mapping, field: str) -> datetime:
    try:
        return read_moment(_any_text(found.get(field), field))
    except ValueError as error:
        raise InvalidRequest(f"{field}: a moment in UTC to the microsecond is expected") from error


def _words(found: Mapping, field: str, kind: type[Word]) -> frozenset[Word]:
    place = f"scope.{field}"
    return frozenset(_word(one, kind, place) for one in _list(found.get(field), place))


def _word(value: object, kind: type[Word], place: str) -> Word:
    try:
        return kind(value)
    except ValueError as error:
        raise InvalidRequest(f"{place}: one of {', '.join(kind)} is expected") from error
