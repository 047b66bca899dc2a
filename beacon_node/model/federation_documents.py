"""Rows of members as JSON: in a broker's `info.members` and in the events of its `/ask/stream`.

What is read here was written by others. A reader takes what has the form that it should have and
leaves the rest out, keeps texts short and free of control characters, and never takes a number or a
yes from a row whose status is not `answered`.
"""

import math
import unicodedata
from collections.abc import Mapping
from enum import Enum

from beacon_node.errors import InvalidRequest
from beacon_node.model.federation import Came, MemberRow, Told, Totals
from beacon_node.model.query import Granularity

LONGEST_TEXT = 1_000  # characters of one text in a row
DEEPEST = 4  # brokers below brokers; rows further down are left out
MOST_ROWS = 1_000  # members, or datasets of one, in a document

_GRANULARITIES = {one.word: one for one in Granularity}


# ---- writing -------------------------------------------------------------------------------------


def row_document(row: MemberRow) -> dict:
    """Return the document that `read_row` reads as `row`; what is empty is left out.

    `exists` null: it did not answer, and `status` says why.
    """
    return _without_empty(
        {
            "id": row.member,
            "name": row.name,
            "status": row.came.value,
            "reason": row.reason,
            **_number_document(row),
            "countOf": row.count_of,
            "granularity": row.granularity and row.granularity.word,
            "datasets": [told_document(told) for told in row.datasets],
            "resultSets": list(row.result_sets),
            "handovers": list(row.handovers),
            "elapsedMs": None if row.elapsed_s is None else round(row.elapsed_s * 1_000),
            "members": [row_document(one) for one in row.rows],
            "notes": dict(row.notes),
        }
    ) | {"exists": row.exists}


def told_document(told: Told) -> dict:
    return _without_empty(
        {
            "id": told.dataset,
            "beaconId": told.beacon,
            "name": told.name,
            "assembly": told.assembly,
            "status": told.status.value if isinstance(told.status, Enum) else told.status,
            "reason": told.reason,
            **_number_document(told),
            "completeness": told.completeness,
            "via": list(told.via),
        }
    ) | {"exists": told.exists}


def totals_document(totals: Totals) -> dict:
    """Return what a broker says over all members, as the last event of its stream has it."""
    return {
        "exists": totals.exists,
        "count": totals.count,
        **_number_document(totals),
        "totalCovers": list(totals.covers),
        "answered": totals.answered,
        "members": totals.members,
    }


def _number_document(told: MemberRow | Told | Totals) -> dict:
    found: dict = {} if told.count is None else {"count": told.count}
    if told.precision:
        found["countPrecision"] = told.precision
    if told.adjusted_to:
        found["countAdjustedTo"] = list(told.adjusted_to)
    return found


def _without_empty(document: dict) -> dict:
    return {name: value for name, value in document.items() if value not in (None, "", [], {})}


# ---- reading -------------------------------------------------------------------------------------


def read_row(document: object, depth: int = 0) -> MemberRow:
    """Return a member's row. Raises InvalidRequest for what is no object with an id and a status.

    A status that is no word of `Came` becomes FAILED, with that word as its reason.
    """
    found = _object(document, "member")
    word = text(found.get("status"))
    if not word or not text(found.get("id")):
        raise InvalidRequest("member: an id and a status are expected")
    is_known = word in _CAME
    came = _CAME.get(word, Came.FAILED)
    below = _list(found.get("members")) if depth < DEEPEST else []
    return MemberRow(
        member=text(found["id"]),
        name=text(found.get("name")) or text(found["id"]),
        came=came,
        reason=text(found.get("reason")) if is_known else f"status {word!r}",
        **_numbers(found, came is Came.ANSWERED),
        granularity=_GRANULARITIES.get(text(found.get("granularity"))),
        datasets=tuple(read_told(one, text(found["id"])) for one in _list(found.get("datasets"))),
        result_sets=tuple(_objects(found.get("resultSets"))),
        handovers=tuple(_objects(found.get("handovers"))),
        count_of=text(found.get("countOf")),
        elapsed_s=_seconds(found.get("elapsedMs")),
        rows=tuple(read_row(one, depth + 1) for one in below),
        notes=_notes(found.get("notes")),
    )


def read_told(document: object, beacon: str) -> Told:
    """Return a dataset's part of a row; `beacon` is whose it is if it does not say."""
    found = _object(document, "dataset")
    word = text(found.get("status")) or Came.MALFORMED
    return Told(
        dataset=text(found.get("id")),
        beacon=text(found.get("beaconId")) or beacon,
        status=_CAME.get(word, word),
        **_numbers(found, word == Came.ANSWERED),
        completeness=_share(found.get("completeness")),
        reason=text(found.get("reason")),
        name=text(found.get("name")),
        assembly=text(found.get("assembly")),
        via=_texts(found.get("via")),
    )


def read_totals(document: object) -> Totals:
    found = _object(document, "summary")
    return Totals(
        **_numbers(found, True),
        covers=_texts(found.get("totalCovers")),
        answered=_whole(found.get("answered")) or 0,
        members=_whole(found.get("members")) or 0,
    )


def text(value: object, longest: int = LONGEST_TEXT) -> str:
    """Return a text fit for one line of a terminal, empty for what is none.

    >>> text("a\\x1b[31m\\nb"), text(7)
    ('a [31m b', '')
    """
    if not isinstance(value, str):
        return ""
    cleaned = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in value[:longest])
    return " ".join(cleaned.split())


def _numbers(found: Mapping, is_answer: bool) -> dict:
    """Return what was told; of a row that is no answer, nothing."""
    if not is_answer:
        return {}
    exists = found.get("exists")
    return {
        "exists": exists if isinstance(exists, bool) else None,
        "count": _whole(found.get("count")),
        "precision": text(found.get("countPrecision")),
        "adjusted_to": _texts(found.get("countAdjustedTo")),
    }


_CAME = {came.value: came for came in Came}


def _object(value: object, what: str) -> Mapping:
    if not isinstance(value, Mapping):
        raise InvalidRequest(f"{what}: an object is expected")
    return value


def _list(value: object) -> list:
    return value[:MOST_ROWS] if isinstance(value, list) else []


def _objects(value: object) -> list[Mapping]:
    return [one for one in _list(value) if isinstance(one, Mapping)]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(filter(None, map(text, _list(value))))


def _notes(value: object) -> Mapping[str, str]:
    pairs = list(value.items())[:MOST_ROWS] if isinstance(value, Mapping) else []
    return {text(name): text(note) for name, note in pairs if text(note)}


def _whole(value: object) -> int | None:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and value >= 0 else None


def _share(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 <= value <= 1 else None


def _seconds(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value / 1_000 if is_number and math.isfinite(value) and value >= 0 else None
