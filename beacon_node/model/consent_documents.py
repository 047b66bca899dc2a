"""Consent statements as JSON documents: strict, and the same both ways.

A *statement* is what was signed, `{"individual": …, "status": "given", "scope": {…}, …}`; a
*consent document* adds what the node knows of recording it: `number`, `recorded_at`, `recorded_by`.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

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
from beacon_node.model.data_use import read_terms, terms_document

Word = TypeVar("Word", bound=StrEnum)

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
    found = _object(document, _STATEMENT, "consent")
    return ConsentVersion(
        number=number,
        individual=_text(found, "individual"),
        status=_word(found.get("status"), Status, "status"),
        scope=_read_scope(_object(found.get("scope"), _SCOPE, "scope")),
        signed_on=_moment(found, "signed_on"),
        effective_from=_moment(found, "effective_from"),
        effective_until=_moment(found, "effective_until") if "effective_until" in found else None,
        recorded_at=recorded_at,
        recorded_by=recorded_by,
        source=_read_source(_object(found.get("source"), _SOURCE, "source")),
        use=read_terms(_object(found.get("use"), {"terms"}, "use")),
        open=_read_open(found["open"]) if "open" in found else PROTECTED,
        cancels=_number(found, "cancels") if "cancels" in found else None,
    )


def statement_digest(document: Mapping) -> bytes:
    """Return the SHA-256 of a statement: equal for what says the same, whoever records it when."""
    return hashlib.sha256(canonical_json(document).encode()).digest()


def canonical_json(document: Mapping) -> str:
    """Return the one JSON text of a document: keys sorted, no spaces, no NaN.

    Raises InvalidRequest if some text in it is not valid Unicode, and so could not be stored.
    """
    text = json.dumps(
        document, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidRequest("a text in it is not valid Unicode") from error
    return text


def moment_text(moment: datetime) -> str:
    """Return a moment in UTC to the microsecond; texts sort as the moments do.

    >>> moment_text(datetime(2030, 1, 7, 10, 31, tzinfo=UTC))
    '2030-01-07T10:31:00.000000Z'
    """
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def read_moment(text: str) -> datetime:
    """Return the moment that `moment_text` wrote; ValueError for anything else."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None or moment_text(moment) != text:
        raise ValueError("not a moment in UTC to the microsecond")
    return moment


_SCOPE = frozenset({"dataset", "data_types", "uses"})
_SOURCE = frozenset({"document", "sha256", "form_version"})
_OPEN = frozenset({"genes", "variants"})


def _scope_document(scope: Scope) -> dict:
    types, uses = sorted(scope.data_types), sorted(scope.uses)
    return {"dataset": scope.dataset, "data_types": types, "uses": uses}


def _read_scope(found: Mapping) -> Scope:
    return Scope(
        _text(found, "dataset", "scope."),
        _words(found, "data_types", DataType),
        _words(found, "uses", UseKind),
    )


def _source_document(source: Source) -> dict:
    return {name: getattr(source, name) for name in sorted(_SOURCE)}


def _read_source(found: Mapping) -> Source:
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
    if not value.keys() <= keys:
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


def _moment(found: Mapping, field: str) -> datetime:
    try:
        return read_moment(_any_text(found.get(field), field))
    except ValueError as error:
        raise InvalidRequest(f"{field}: a moment in UTC to the microsecond is expected") from error


def _words(found: Mapping, field: str, kind: type[Word]) -> frozenset[Word]:
    place = f"scope.{field}"
    return frozenset(_word(one, kind, place) for one in _list(found.get(field), place))


def _word(value: object, kind: type[Word], place: str) -> Word:
    if not isinstance(value, str) or value not in kind.__members__.values():
        raise InvalidRequest(f"{place}: one of {', '.join(kind)} is expected")
    return kind(value)
