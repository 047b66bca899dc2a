"""Values of request fields: each reader returns the typed value or names the field in an error.

The same readers serve GET, where everything is text, and POST, where it is JSON.
"""

import re
from collections.abc import Iterable, Sequence

from beacon_node.errors import InvalidRequest

_DIGITS = re.compile(r"[0-9]{1,15}")
_SHOWN = 60  # characters of a refused value that an error repeats
_ONE_BASE = frozenset("ACGT")
LIST_LIMIT = 1_000  # values in one list
TEXT_LIMIT = 1_000  # characters of a name, an id, a value
BASES_LIMIT = 100_000


def text(name: str, value: object) -> str:
    """Return a non-empty string of at most 1,000 characters without surrounding space."""
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} must be a string, not {shown(value)}")
    found = value.strip()
    if not found:
        raise InvalidRequest(f"{name} is empty")
    if len(found) > TEXT_LIMIT:
        _check_length(name, found, TEXT_LIMIT)
    return found


def _check_length(name: str, value: str, limit: int) -> None:
    if len(value) > limit:
        raise InvalidRequest(f"{name} is longer than {limit:,} characters")


def integer(name: str, value: object, *, least: int = 0) -> int:
    """Return a whole number of at most 15 digits, not below `least`."""
    number = value if type(value) is int else _parsed(value)
    if number is None or abs(number) >= 10**15:
        raise InvalidRequest(f"{name} must be a whole number, not {shown(value)}")
    if number < least:
        raise InvalidRequest(f"{name} must be at least {least}, not {number}")
    return number


def _parsed(value: object) -> int | None:
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
        return int(value)
    return None


def integers(name: str, value: object, *, most: int) -> tuple[int, ...]:
    """Return one to `most` whole numbers of a list, a comma-joined text or a single number."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):  # what is asked most, at once
        return (int(value),)
    found = tuple(integer(name, item) for item in _items(name, value))
    if len(found) > most:
        raise InvalidRequest(f"{name} takes at most {most} values, not {len(found)}")
    return found


def texts(name: str, value: object) -> tuple[str, ...]:
    """Return the strings of a list or a comma-joined text."""
    return tuple([text(name, item) for item in _items(name, value)])


def _items(name: str, value: object) -> Sequence[object]:
    if isinstance(value, str):
        value = value.split(",")
    items = value if isinstance(value, list) else [value]
    if not items:
        raise InvalidRequest(f"{name} is an empty list")
    if len(items) > LIST_LIMIT:
        raise InvalidRequest(f"{name} holds more than {LIST_LIMIT} values")
    return items


def boolean(name: str, value: object) -> bool:
    """Return true or false, as JSON or as a word."""
    if isinstance(value, bool):
        return value
    word = value.strip().lower() if isinstance(value, str) else ""
    if word not in ("true", "false"):
        raise InvalidRequest(f"{name} must be true or false, not {shown(value)}")
    return word == "true"


def one_of(name: str, value: object, words: Iterable[str]) -> str:
    """Return the one of `words` that `value` is, in whatever case it is written."""
    listed = list(words)
    wanted = value.strip().lower() if isinstance(value, str) else None
    for word in listed:
        if word.lower() == wanted:
            return word
    raise InvalidRequest(f"{name} must be one of {', '.join(listed)}, not {shown(value)}")


def mapping(name: str, value: object) -> dict[str, object]:
    """Return a JSON object without the members that are null."""
    if not isinstance(value, dict):
        raise InvalidRequest(f"{name} must be an object, not {shown(value)}")
    return {key: member for key, member in value.items() if member is not None}


def bases(name: str, value: object) -> str:
    """Return at most 100,000 upper-case bases; `-` and `.` alone stand for none."""
    if not isinstance(value, str):
        raise InvalidRequest(f"{name} must be a string, not {shown(value)}")
    if value in _ONE_BASE:
        return value
    _check_length(name, value, BASES_LIMIT)
    found = value.strip().upper()
    if not found.strip("ACGTN"):
        return found
    if found in ("-", "."):
        return ""
    hint = "; ask for structural variation by variantType" if "<" in found else ""
    raise InvalidRequest(f"{name} may hold A, C, G, T and N, not {shown(value)}{hint}")


def shown(value: object) -> str:
    """Return a refused value, short enough for a sentence; of a structure only what it is."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    words = repr(value[: _SHOWN + 1] if isinstance(value, str) else value)
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
