"""Values that others sent, made harmless: each reader returns the value or what stands for none.

Nothing here raises. Texts are plain texts on one line, numbers are whole and of bounded size,
addresses are of the web, and a document is neither deep nor without end.
"""

import unicodedata
from collections.abc import Mapping
from urllib.parse import urlsplit

import orjson

LONGEST_TEXT = 500  # characters of a name, an id, a reason
LONGEST_VALUE = 100_000  # characters of a text in a record: alleles are texts
LONGEST_URL = 2_000
MOST_ITEMS = 1_000
DEEPEST = 40  # levels of one record
MOST_VALUES = 200_000  # in one record, all levels together
_MOST = 10**15


def document(body: bytes) -> Mapping | None:
    """Return the JSON object that a body is, None for anything else."""
    try:
        found = orjson.loads(body)
    except (orjson.JSONDecodeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def mapping(value: object) -> Mapping:
    return value if isinstance(value, Mapping) else {}


def mappings(value: object, most: int = MOST_ITEMS) -> list[Mapping]:
    """Return the objects of a list, of which no more than `most` are looked at."""
    listed = value[:most] if isinstance(value, list) else []
    return [one for one in listed if isinstance(one, Mapping)]


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Return a text fit for a line of a page, a terminal or a table, empty for what is none.

    Characters that are not shown but change how others are (controls, directions) become spaces.

    >>> text("a\\x1b[31m\\u202eb"), text(None)
    ('a [31m b', '')
    """
    if not isinstance(value, str):
        return ""
    cut = value[: longest + 1]
    if not (cut.isascii() and cut.isprintable()):
        cut = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in cut)
    cut = " ".join(cut.split())
    return cut if len(cut) <= longest else f"{cut[: longest - 1]}…"


def texts(value: object, most: int = MOST_ITEMS) -> tuple[str, ...]:
    """Return the texts, and whole numbers as texts, of a list; a lone one is a list of one."""
    listed = value[:most] if isinstance(value, list) else [value]
    return tuple(filter(None, map(_text_or_number, listed)))


def _text_or_number(value: object) -> str:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number and abs(value) < _MOST else text(value)


def whole(value: object) -> int | None:
    """Return a number that counts something, None for anything else.

    >>> whole(7), whole("7"), whole(7.0), whole(-1), whole(True), whole("many")
    (7, 7, 7, None, None, None)
    """
    if isinstance(value, str) and value.strip().isascii() and value.strip().isdecimal():
        value = int(value) if len(value) < 20 else None
    if isinstance(value, float) and value.is_integer() and abs(value) < _MOST:
        value = int(value)
    is_count = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST
    return value if is_count else None


def flag(value: object) -> bool | None:
    """Return a yes or no, also as a word; None for anything else: it is neither.

    >>> flag(False), flag("True"), flag(0), flag(None)
    (False, True, None, None)
    """
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return value if isinstance(value, bool) else None


def share(value: object) -> float | None:
    """Return a number from 0 to 1."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def url(value: object) -> str:
    """Return an address of the web, empty for anything else; none that names a user in it."""
    if not isinstance(value, str) or len(value) > LONGEST_URL or not value.isprintable():
        return ""
    plain = value.strip()
    try:
        parts = urlsplit(plain)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return ""
    return plain if is_web and "@" not in parts.netloc and " " not in plain else ""


# ---- whole records -------------------------------------------------------------------------------


def record(value: object) -> Mapping | None:
    """Return a copy of an object with plain texts all through; None if it is none, or too large."""
    left = [MOST_VALUES]
    cleaned = _cleaned(value, DEEPEST, left)
    return cleaned if isinstance(cleaned, dict) and left[0] >= 0 else None


def _cleaned(value: object, depth: int, left: list[int]) -> object:
    left[0] -= 1
    if left[0] < 0 or depth < 0:
        left[0] = -1
        return None
    if isinstance(value, dict):
        return {text(name): _cleaned(one, depth - 1, left) for name, one in value.items()}
    if isinstance(value, list):
        return [_cleaned(one, depth - 1, left) for one in value]
    return text(value, LONGEST_VALUE) if isinstance(value, str) else value
