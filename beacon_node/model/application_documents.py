"""What is done to applications as JSON documents: for the ledger, and as people send it.

`{"do": "approve", "award": {"datasets": ["a"], "granularity": "count", "until": "2030-…Z"}}`.
Readers are strict: what they do not know they refuse by name.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from datetime import UTC, datetime
from enum import Enum
from functools import cache, partial
from types import UnionType
from typing import get_args, get_type_hints

from beacon_node.errors import InvalidRequest
from beacon_node.model.application import Award, Command, Form, Opinion
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.data_use import ResearchPurpose, purpose_document, read_purpose
from beacon_node.model.query import Granularity

LONGEST_TEXT = 8_000  # characters of a description or comment
MOST_NAMES = 200  # datasets, reviewers or decided points

_KINDS: Mapping[str, type] = {
    re.sub("(?<!^)(?=[A-Z])", "-", kind.__name__).lower(): kind for kind in get_args(Command)
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def command_name(kind: type) -> str:
    """Return the word for a kind of command: `request-review` for RequestReview."""
    return _NAMES[kind]


def command_document(command: Command) -> dict:
    """Return the document that `read_command` reads as `command`; defaults are left out."""
    return {"do": _NAMES[type(command)], **_written(command)}


def read_command(document: object) -> Command:
    """Return the command a document states.

    Raises InvalidRequest, naming the field, for one that is unknown, missing or not of its form.
    """
    found = _object(document, "command")
    kind = _KINDS.get(str(found.get("do")))
    if kind is None:
        raise InvalidRequest(f"do: one of {', '.join(sorted(_KINDS))} is expected")
    return _read(kind, {key: value for key, value in found.items() if key != "do"}, "")


# ---- writing -------------------------------------------------------------------------------------


def _written(value: object) -> dict:
    pairs = ((one, getattr(value, one.name)) for one in fields(value))
    return {one.name: _plain(found) for one, found in pairs if found != one.default}


def _plain(value: object) -> object:
    if isinstance(value, Form | Award):
        return _written(value)
    if isinstance(value, ResearchPurpose):
        return purpose_document(value)
    if isinstance(value, Granularity):
        return value.word
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return moment_text(value)
    return value.value if isinstance(value, Enum) else value


# ---- reading -------------------------------------------------------------------------------------


def _read(kind: type, document: object, place: str) -> object:
    found, readers = _object(document, place or "command"), _readers(kind)
    for name in found:
        if name not in readers:
            expected = ", ".join(readers) or "none"
            raise InvalidRequest(f"{place}{name}: not known here; expected are: {expected}")
    for one in fields(kind):
        if one.default is MISSING and found.get(one.name) is None:
            raise InvalidRequest(f"{place}{one.name}: it is missing")
    stated = {name: value for name, value in found.items() if value is not None}
    return kind(**{name: readers[name](value, place + name) for name, value in stated.items()})


@cache
def _readers(kind: type) -> Mapping[str, Callable[[object, str], object]]:
    hints = get_type_hints(kind)
    return {one.name: _reader(hints[one.name]) for one in fields(kind)}


def _reader(hint: object) -> Callable[[object, str], object]:
    if isinstance(hint, UnionType):  # … | None
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    if hint in (Form, Award):
        return lambda value, place: _read(hint, value, f"{place}.")
    return _READERS[hint]


def _object(value: object, place: str) -> Mapping:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidRequest(f"{place.rstrip('.')}: an object is expected")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise InvalidRequest(f"{place}: a text of at most {LONGEST_TEXT} characters is expected")
    if not all(unicodedata.category(c)[0] != "C" or c in "\n\t" for c in value):
        raise InvalidRequest(f"{place}: a text without control characters is expected")
    return value


def _names(value: object, place: str) -> frozenset[str]:
    if not isinstance(value, list | tuple) or len(value) > MOST_NAMES:
        raise InvalidRequest(f"{place}: a list of at most {MOST_NAMES} texts is expected")
    return frozenset(_text(one, f"{place}[{number}]") for number, one in enumerate(value))


def _bool(value: object, place: str) -> bool:
    if not isinstance(value, bool):
        raise InvalidRequest(f"{place}: true or false is expected")
    return value


def _moment(value: object, place: str) -> datetime:
    """A moment with its offset; without one nobody knows which day an end is."""
    try:
        found = datetime.fromisoformat(str(value))
        if found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise InvalidRequest(f"{place}: a moment like 2030-01-07T00:00:00Z is expected")


def _word(kind: type[Opinion] | type[Granularity], value: object, place: str) -> Enum:
    words = {getattr(one, "word", one.value): one for one in kind}
    if not isinstance(value, str) or value not in words:
        raise InvalidRequest(f"{place}: one of {', '.join(words)} is expected")
    return words[value]


def _purpose(value: object, place: str) -> ResearchPurpose:
    return read_purpose(_object(value, place))


_READERS: Mapping[object, Callable[[object, str], object]] = {
    str: _text,
    bool: _bool,
    datetime: _moment,
    frozenset[str]: _names,
    ResearchPurpose: _purpose,
    Opinion: partial(_word, Opinion),
    Granularity: partial(_word, Granularity),
}
