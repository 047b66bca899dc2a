"""Values that can be compared: numbers, ages and dates become amounts, the rest stays text.

Amounts: numbers as they are, ISO 8601 durations in years (a month is 1/12, a day 1/365.25 of one),
ISO dates in days since 0001-01-01 (UTC). A number without a unit compares with an age in years.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum

from beacon_node.errors import InvalidRequest

DAYS_PER_YEAR = 365.25
_HOURS_PER_DAY, _MINUTES_PER_DAY, _SECONDS_PER_DAY = 24, 1440, 86_400
OPERATORS = ("=", "!", "<", "<=", ">", ">=")

_NUMBER = re.compile(r"([+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?)(?: +(\S.*))?")
_DURATION = re.compile(
    r"P(?=.)(?:{n}Y)?(?:{n}M)?(?:{n}W)?(?:{n}D)?(?:T(?=.)(?:{n}H)?(?:{n}M)?(?:{n}S)?)?".replace(
        "{n}", r"(\d+(?:\.\d+)?)"
    )
)
_PARTS_PER_YEAR = (
    1,
    12,
    DAYS_PER_YEAR / 7,
    DAYS_PER_YEAR,
    DAYS_PER_YEAR * _HOURS_PER_DAY,
    DAYS_PER_YEAR * _MINUTES_PER_DAY,
    DAYS_PER_YEAR * _SECONDS_PER_DAY,
)
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?")


class Kind(StrEnum):
    """What a value is, which says with what it can be compared."""

    NUMBER = "number"
    DURATION = "duration"
    DAY = "day"
    MOMENT = "moment"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Value:
    """A value as it was written and as it compares; `unit` is what stood after a number's space."""

    kind: Kind
    text: str
    amount: float | None = None
    unit: str = ""


def parse_value(text: str) -> Value:
    """Return what a written value means; anything is at least text.

    >>> parse_value("27.5 kg/m2")
    Value(kind=<Kind.NUMBER: 'number'>, text='27.5 kg/m2', amount=27.5, unit='kg/m2')
    >>> parse_value("P40Y6M").amount, parse_value("0001-01-02").amount
    (40.5, 1.0)
    """
    text = text.strip()
    if found := _NUMBER.fullmatch(text):
        amount, unit = float(found[1]), (found[2] or "").strip()
        return Value(Kind.NUMBER, text, amount, unit) if math.isfinite(amount) else _text(text)
    if (years := _years(text)) is not None:
        return Value(Kind.DURATION, text, years)
    return _moment(text) or _text(text)


def _text(text: str) -> Value:
    return Value(Kind.TEXT, text)


def _years(text: str) -> float | None:
    found = _DURATION.fullmatch(text)
    if not found:
        return None
    parts = zip(found.groups(), _PARTS_PER_YEAR, strict=True)
    years = math.fsum(float(count) / per_year for count, per_year in parts if count)
    return years if math.isfinite(years) else None


def _moment(text: str) -> Value | None:
    found = _DATE.fullmatch(text)
    if not found:
        return None
    try:
        if not found[1]:
            return Value(Kind.DAY, text, float(date.fromisoformat(text).toordinal() - 1))
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the 30th of February; year 1 shifted by its time zone
        return None
    seconds = (moment - datetime(1, 1, 1, tzinfo=UTC)).total_seconds()
    return Value(Kind.MOMENT, text, seconds / _SECONDS_PER_DAY)


def check_comparison(operator: str, value: Value) -> None:
    """Raise InvalidRequest unless `operator` is known and can be used with this value."""
    if operator not in OPERATORS:
        known = " ".join(OPERATORS)
        raise InvalidRequest(f"filters: operator {operator!r} is none of {known}")
    if operator not in ("=", "!") and value.kind is Kind.TEXT:
        raise InvalidRequest(
            f"filters: operator {operator} needs a number, an age (P40Y) or a date (2020-01-31)"
        )


def compare(operator: str, amount: float | None, text: str, value: Value) -> bool:
    """Say whether a measure (its amount and text, as `model.entries.Measure` has them) meets
    `operator value`.

    `%` in a text value stands for any characters; text compares without regard to case. A day
    covers all its moments. Things of different kinds (an age and a date, a number and a word) are
    unequal and have no order. Units are not looked at: `same_unit` does that.

    >>> compare(">=", 26.6, "26.6", parse_value("25"))
    True
    >>> compare("=", None, "male", parse_value("M%"))
    True
    """
    if operator in ("=", "!"):
        return _equal(amount, text, value) is (operator == "=")
    pair = _comparable(amount, text, value)
    if pair is None:
        return False
    mine, other = pair
    return {"<": mine < other, "<=": mine <= other, ">": mine > other, ">=": mine >= other}[
        operator
    ]


def _equal(amount: float | None, text: str, value: Value) -> bool:
    if value.kind is Kind.TEXT:
        return like(text, value.text)
    pair = _comparable(amount, text, value)
    if pair is None:
        return text.strip().casefold() == value.text.casefold()
    return math.isclose(*pair, rel_tol=1e-12, abs_tol=1e-12)


def like(text: str, pattern: str) -> bool:
    """Say whether a text is what a pattern describes, where `%` stands for any characters.

    Letter case and surrounding space do not matter. What lies between two `%` is taken where it
    comes first, never tried elsewhere: the time is bounded by length of text × length of pattern.

    >>> like("Male", "m%l%"), like("male", "%ale%e")
    (True, False)
    """
    text = text.strip().casefold()
    first, *between = pattern.strip().casefold().split("%")
    if not between:
        return text == first
    last = between.pop()
    if not text.startswith(first):
        return False
    at = len(first)
    for piece in filter(None, between):
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return len(text) - len(last) >= at and text.endswith(last)


def _comparable(amount: float | None, text: str, value: Value) -> tuple[float, float] | None:
    """Return (the measure's amount, the value's), or None if they are of different kinds."""
    if amount is None or value.amount is None:
        return None
    own = kind_of(text)
    if value.kind is Kind.NUMBER:
        agrees = own in (Kind.NUMBER, Kind.TEXT) or (own is Kind.DURATION and not value.unit)
        return (amount, value.amount) if agrees else None
    if value.kind is Kind.DURATION:
        return (amount, value.amount) if own is Kind.DURATION else None
    if own not in (Kind.DAY, Kind.MOMENT):
        return None
    return (math.floor(amount) if value.kind is Kind.DAY else amount), value.amount


def kind_of(text: str) -> Kind:
    """Return what kind of value a measure's text is.

    >>> kind_of("P8D"), kind_of("2020-03-17T00:00:00Z")
    (<Kind.DURATION: 'duration'>, <Kind.MOMENT: 'moment'>)
    """
    return parse_value(text).kind


def same_unit(wanted: str, unit: str, unit_label: str) -> bool:
    """Say whether a unit as asked for is the measure's, by CURIE or by label, in any case.

    Nothing asked for fits every unit; units are never converted.

    >>> same_unit("kilogram", "NCIT:C28252", "Kilogram"), same_unit("NCIT:C28252", "", "kg")
    (True, False)
    """
    plain = wanted.strip().casefold()
    return not plain or plain in (unit.casefold(), unit_label.casefold())
