"""Which records meet a filter.

A filter is evaluated on each record of its own entry type (its scope; without one, of every type
that has its term or field) that may be looked at; those found are then carried to where they are
counted.
"""

from collections.abc import Iterable

from beacon_node.errors import InvalidRequest
from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import EntryType
from beacon_node.model.measures import (
    Kind,
    Value,
    check_comparison,
    compare,
    parse_value,
    same_unit,
)
from beacon_node.model.query import AlphanumericFilter, Filter, OntologyFilter
from beacon_node.ports import SearchPlan
from beacon_node.store.variants.counted import Counted
from beacon_node.store.variants.fields import Field, scopes_of
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.lineage import Level

Condition = dict[Level, NumberSet]
"""Records that meet a condition, at each level where it can be met; empty: nobody does."""


def evaluate(index: Index, plan: SearchPlan, wanted: Filter, counted: Counted) -> Condition:
    """Return the `counted` records that meet `wanted`. An unknown term or field is met by nobody.

    Raises InvalidRequest for a comparison that makes no sense or leaves the unit open.
    """
    if isinstance(wanted, OntologyFilter):
        terms = (plan.terms or {}).get(wanted) or frozenset((wanted.id,))
        found = _permitted(_with_terms(index, terms, wanted.scope), counted)
        # A level where none of them has a term is one where nobody has it.
        return {level: members for level, members in found.items() if members}
    return _permitted(_compared(index, wanted, counted), counted)


def _permitted(found: Condition, counted: Counted) -> Condition:
    if counted.is_all():
        return found
    return {level: members & counted.at(level) for level, members in found.items()}


def _with_terms(index: Index, terms: frozenset[str], scope: EntryType | None) -> Condition:
    found = {}
    for level in scopes_of(scope):
        if used := terms & index.terms.get(level, frozenset()):
            found[level] = NumberSet.union(index.size(level), _members(index, level, used))
    return found


def _members(index: Index, level: EntryType, terms: Iterable[str]) -> Iterable[bytes | None]:
    sql = "SELECT members FROM term WHERE entry_type = ? AND term = ?"
    for term in terms:
        for (members,) in index.execute(sql, (level.value, term)):
            yield members


def _compared(index: Index, wanted: AlphanumericFilter, counted: Counted) -> Condition:
    value = parse_value(wanted.value)
    check_comparison(wanted.operator, value)
    known = counted.fields_like(wanted.field)
    fields = known.find_measures(wanted.field, wanted.scope)
    if value.kind is Kind.NUMBER and not value.unit:
        _check_unit_is_plain(wanted.field, fields)
    found: dict[Level, list[NumberSet]] = {}
    for field in fields:
        found.setdefault(field.entry_type, []).append(_measured(index, field, wanted, value))
    if wanted.operator in ("=", "!"):
        for entry_type, path in known.find_paths(wanted.field, wanted.scope):
            by_term = _named(index, entry_type, path, wanted)
            found.setdefault(entry_type, []).append(by_term)
    return {level: _any(sets) for level, sets in found.items()}


def _any(sets: list[NumberSet]) -> NumberSet:
    union = sets[0]
    for one in sets[1:]:
        union |= one
    return union


def _check_unit_is_plain(name: str, fields: list[Field]) -> None:
    units = set().union(*(field.units for field in fields))
    if len(units) > 1:
        named = ", ".join(sorted(f"{unit} ({label})" if unit else label for unit, label in units))
        raise InvalidRequest(
            f"filters: {name} is measured in several units; put one behind the value: {named}"
        )


_MEASURES = (
    "SELECT number, amount, text, unit, unit_label FROM measure WHERE entry_type = ? AND field = ?"
)
_ORDERED = {  # for numbers the index on amounts finds them
    operator: f"{_MEASURES} AND amount {operator} ?" for operator in ("<", "<=", ">", ">=")
}


def _measured(index: Index, field: Field, wanted: AlphanumericFilter, value: Value) -> NumberSet:
    """Return the records with a measure that compares so; `!`: that have it, and no equal one."""
    is_not = wanted.operator == "!"
    sql, values = _MEASURES, (field.entry_type.value, field.name)
    if value.kind is Kind.NUMBER and wanted.operator in _ORDERED:
        sql, values = _ORDERED[wanted.operator], (*values, value.amount)
    meets = _Comparison("=" if is_not else wanted.operator, value)
    having, met = set(), set()
    for number, amount, text, unit, unit_label in index.execute(sql, values):
        if value.unit and not same_unit(value.unit, unit, unit_label):
            continue
        having.add(number)
        if meets(amount, text):
            met.add(number)
    return NumberSet.of(index.size(field.entry_type), having - met if is_not else met)


class _Comparison:
    """Compares measures with one value, each distinct text once."""

    def __init__(self, operator: str, value: Value) -> None:
        self._operator, self._value = operator, value
        self._known: dict[str, bool] = {}

    def __call__(self, amount: float | None, text: str) -> bool:
        known = self._known.get(text)
        if known is None:
            known = self._known[text] = compare(self._operator, amount, text, self._value)
        return known


def _named(index: Index, entry_type: EntryType, path: str, wanted: AlphanumericFilter) -> NumberSet:
    """Return the records whose term at `path` is called so (id or label), or, for `!`, is not."""
    sql = "SELECT term, label, members FROM term WHERE entry_type = ? AND field = ?"
    value = parse_value(wanted.value)
    rows = index.execute(sql, (entry_type.value, path)).fetchall()
    size = index.size(entry_type)
    met = NumberSet.union(
        size,
        (
            members
            for term, label, members in rows
            if compare("=", None, term, value) or compare("=", None, label, value)
        ),
    )
    if wanted.operator == "=":
        return met
    return NumberSet.union(size, (members for _, _, members in rows)) - met
