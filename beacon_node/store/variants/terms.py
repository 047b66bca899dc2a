"""Lists what a dataset can be filtered by."""

import re
from collections.abc import Mapping

from beacon_node.model.entries import EntryType
from beacon_node.store.variants.fields import Field
from beacon_node.store.variants.index import Index

_LISTED_VALUES = 20  # a text field with more different values is prose or names, not a choice
_CURIE = re.compile(r"(?!custom:)\w[^:\s]*:\S.*", re.IGNORECASE)


def filtering_terms(index: Index) -> tuple[Mapping, ...]:
    """Return `{type, id, label, scopes, values?}` for each term, then for each field, by id.

    `scopes` are plural (`individuals`); `values` are given for text fields with few of them.
    """
    return (*_terms(index), *_fields(index))


def _terms(index: Index) -> list[Mapping]:
    labels: dict[str, str] = {}
    scopes: dict[str, set[EntryType]] = {}
    sql = "SELECT entry_type, term, label FROM term"
    for entry_type, term, label in index.execute(sql):
        labels[term] = labels.get(term) or label
        scopes.setdefault(term, set()).add(EntryType(entry_type))
    return [
        _entry("ontology" if _CURIE.fullmatch(term) else "custom", term, label, scopes[term])
        for term, label in sorted(labels.items())
    ]


def _fields(index: Index) -> list[Mapping]:
    by_name: dict[str, list[Field]] = {}
    for field in index.fields.measures.values():
        by_name.setdefault(field.name, []).append(field)
    return [_field(index, name, fields) for name, fields in sorted(by_name.items())]


def _field(index: Index, name: str, fields: list[Field]) -> Mapping:
    label = next((field.label for field in fields if field.label), "")
    entry = _entry("alphanumeric", name, label, {field.entry_type for field in fields})
    values = _values(index, fields) if all(field.is_text for field in fields) else []
    return {**entry, "values": values} if values else entry


def _values(index: Index, fields: list[Field]) -> list[str]:
    """Return the different values of text fields, none if there are too many."""
    sql = "SELECT DISTINCT text FROM measure WHERE entry_type = ? AND field = ? LIMIT ?"
    values: set[str] = set()
    for field in fields:
        rows = index.execute(sql, (field.entry_type.value, field.name, _LISTED_VALUES + 1))
        values.update(text for (text,) in rows)
    return sorted(values) if len(values) <= _LISTED_VALUES else []


def _entry(kind: str, id: str, label: str, scopes: set[EntryType]) -> Mapping:
    paths = [entry_type.path for entry_type in EntryType if entry_type in scopes]
    return {"type": kind, "id": id, "label": label, "scopes": paths}
