"""Filters as they stand in requests (facts: Beacon v2.1.1 `filteringTerms.json`).

The official schema is open: an alphanumeric filter with a mistyped operator still validates as a
custom one. So every member is checked by hand, and an unknown one refused: ignoring it would widen
the question.
"""

import re
from functools import lru_cache

from beacon_node.beacon_v2 import fields
from beacon_node.errors import InvalidRequest
from beacon_node.model.entries import EntryType, parse_scope
from beacon_node.model.query import AlphanumericFilter, Filter, OntologyFilter, Similarity

OPERATORS = ("=", "<", ">", "!", ">=", "<=")
_MEMBERS = frozenset({"id", "includeDescendantTerms", "similarity", "scope", "operator", "value"})
_OPERATOR = re.compile(r"[=<>!]+")
_UNDERSCORED = re.compile(r"([A-Za-z]+)_(\d{4,})")
LIMIT = 100  # filters in one question
_REMEMBERED = 500  # characters of filters in a URL


def parse_filters(value: object) -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    """Return (filters, each as text) of a request's list; the filters are sorted, without repeats.

    Members are objects (POST) or text (GET): `HP:0001250`, `LOINC:35925-4>25`. Raises
    InvalidRequest naming what is wrong.
    """
    if isinstance(value, str):  # a short one is what is asked often, and worth remembering
        return _from_joined(value) if len(value) <= _REMEMBERED else _from_list(value.split(","))
    return _from_list(value)


@lru_cache(1_024)
def _from_joined(value: str) -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    return _from_list(value.split(","))


def _from_list(value: object) -> tuple[tuple[Filter, ...], tuple[str, ...]]:
    if not isinstance(value, list):
        raise InvalidRequest(f"filters must be a list, not {fields.shown(value)}")
    if len(value) > LIMIT:
        raise InvalidRequest(f"filters holds more than {LIMIT} filters")
    found = [_from_text(item) if isinstance(item, str) else _from_object(item) for item in value]
    return tuple(sorted({wanted for wanted, _ in found}, key=repr)), tuple(t for _, t in found)


def _from_text(written: str) -> tuple[Filter, str]:
    plain = fields.text("filters", written)
    operator = _OPERATOR.search(plain)
    if not operator or not operator.start():
        return OntologyFilter(_identifier(plain)), plain
    name = plain[: operator.start()].rstrip()
    if len(name) > 1:
        name = name.removesuffix(":")
    return _alphanumeric(name, operator[0], plain[operator.end() :], None), plain


def _from_object(item: object) -> tuple[Filter, str]:
    members = fields.mapping("each of filters", item)
    if unknown := members.keys() - _MEMBERS:
        raise InvalidRequest(
            f"filters: {fields.shown(min(unknown))} is no member of a filter; "
            f"known are {', '.join(sorted(_MEMBERS))}"
        )
    name = fields.text("filters.id", members.get("id"))
    scope = _scope(members.get("scope"))
    if "operator" in members or "value" in members:
        return _compared(name, members, scope)
    descends = fields.boolean(
        "filters.includeDescendantTerms", members.get("includeDescendantTerms", True)
    )
    similarity = fields.one_of("filters.similarity", members.get("similarity", "exact"), Similarity)
    return OntologyFilter(_identifier(name), scope, descends, Similarity(similarity)), name


def _compared(name: str, members: dict, scope: EntryType | None) -> tuple[Filter, str]:
    for other in ("similarity", "includeDescendantTerms"):
        if other in members:
            raise InvalidRequest(f"filters: {other} does not go with an operator ({name!r})")
    if "value" not in members:
        raise InvalidRequest(f"filters: {name!r} has an operator and no value")
    operator = fields.text("filters.operator", members.get("operator", "="))
    value = members["value"]
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidRequest(f"filters: the value of {name!r} must be a string or a number")
    written = value if isinstance(value, str) else _number(value)
    found = _alphanumeric(name, operator, written, scope)
    return found, f"{name}{operator}{found.value}"


def _number(value: float) -> str:
    """Return a JSON number as text, the same for 25 and 25.0."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 10**15
    return str(int(value)) if whole else str(value)


def _alphanumeric(
    name: str, operator: str, value: str, scope: EntryType | None
) -> AlphanumericFilter:
    if operator not in OPERATORS:
        raise InvalidRequest(
            f"filters: operator {fields.shown(operator)} of {name!r} is none of "
            f"{' '.join(OPERATORS)}"
        )
    return AlphanumericFilter(
        _identifier(name.strip()),
        operator,
        fields.text(f"filters: the value of {name!r}", value),
        scope,
    )


def _identifier(name: str) -> str:
    """Return an id as a CURIE where it is written with an underscore: `HP_0001250`."""
    if "\x00" in name:
        raise InvalidRequest("filters: an id holds a null character")
    underscored = _UNDERSCORED.fullmatch(name)
    return f"{underscored[1]}:{underscored[2]}" if underscored else name


def _scope(value: object) -> EntryType | None:
    if value is None:
        return None
    scope = parse_scope(fields.text("filters.scope", value))
    if scope is None:
        known = ", ".join(entry_type.path for entry_type in EntryType)
        raise InvalidRequest(f"filters.scope must be one of {known}, not {fields.shown(value)}")
    return scope
