"""Lists what a dataset can be filtered by.

The list is for everybody, so it holds no id of a hospital that its records mask: hospitals write
such ids into labels, values and codes of their own.
"""

import re
from collections.abc import Mapping

from beacon_node.model.entries import EntryType
from beacon_node.store.variants.fields import Field
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.names import Names

_LISTED_VALUES = 20  # a text field with more different values is prose or names, not a choice
_CURIE = re.compile(r"(?!custom:)\w[^:\s]*:\S.*", re.IGNORECASE)


def filtering_terms(index: Index) -> tuple[Mapping, ...]:
    """Return `{type, id, label, scopes, values?}` for each term, then for each field, by id.

    `scopes` are plural (`individuals`); `values` are given for text fields with few of them. What
    contains an id that is not public is left out. A release is read once.
    """
    if index.filtering_terms is None:
        names = Names(index)
        index.filtering_terms = (*_terms(index, names), *_fields(index, names))
    return index.filtering_terms


def _terms(index: Index, names: Names) -> list[Mapping]:
    labels: dict[str, str] = {}
    scopes: dict[str, set[EntryType]] = {}
    rows = index.execute("SELECT entry_type, term, label FROM term").fetchall()
    telling = names.telling(text for _, *texts in rows for text in texts)
    for entry_type, term, label in rows:
        if term not in telling:
            labels[term] = labels.get(term) or ("" if label in telling else label)
            scopes.setdefault(term, set()).add(EntryType(entry_type))
    return [
        _entry("ontology" if _CURIE.fullmatch(term) else "custom", term, label, scopes[term])
        for term, label in sorted(labels.items())
    ]


def _fields(index: Index, names: Names) -> list[Mapping]:
    by_name: dict[str, list[Field]] = {}
    for field in index.fields.measures.values():
        by_name.setdefault(field.name, []).append(field)
    values = {name: _values(index, fields) for name, fields in by_name.items()}
    labels = (field.label for fields in by_name.values() for field in fields)
    written = (value for some in values.values() for value in some)
    telling = names.telling((*by_name, *labels, *written))
    return [
        _field(name, fields, [value for value in values[name] if value not in telling], telling)
        for name, fields in sorted(by_name.items())
        if name not in telling
    ]


def _field(name: str, fields: list[Field], values: list[str], telling: frozenset[str]) -> Mapping:
    labels = (field.label for field in fields)
    label = next((label for label in labels if label and label not in telling), "")
    entry = _entry("alphanumeric", name, label, {field.entry_type for field in fields})
    return {**entry, "values": values} if values else entry


def _values(index: Index, fields: list[Field]) -> list[str]:
    """Return the different values of text fields; none if there are too many or amounts."""
    if not all(field.is_text for field in fields):
        return []
    sql = "SELECT DISTINCT text FROM measure WHERE entry_type = ? AND field = ? LIMIT ?"
    values: set[str] = set()
    for field in fields:
        rows = index.execute(sql, (field.entry_type.value, field.name, _LISTED_VALUES + 1))
        values.update(text for (text,) in rows)
    return sorted(values) if len(values) <= _LISTED_VALUES else []


def _entry(kind: str, id: str, label: str, scopes: set[EntryType]) -> Mapping:
    paths = [entry_type.path for entry_type in EntryType if entry_type in scopes]
    return {"type": kind, "id": id, "label": label, "scopes": paths}
