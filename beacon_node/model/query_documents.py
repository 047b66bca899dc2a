"""Questions as JSON documents, for the audit: what was asked, whoever spelled it how."""

from collections.abc import Mapping
from dataclasses import fields
from functools import lru_cache

from beacon_node.model.genome import Region
from beacon_node.model.query import (
    EVERYTHING,
    Filter,
    OntologyFilter,
    Page,
    Query,
    Selection,
    Similarity,
    VariationQuery,
)
from beacon_node.model.variation import VariationId

_FIRST_PAGE = Page()
_PLAIN = str | int


def query_document(query: Query) -> dict:
    """Return what `query` asks; what it leaves open is left out. Coordinates are interbase."""
    document: dict = {
        "entry_type": str(query.entry_type),
        "granularity": query.granularity.word,
        "variation": query.variation and variation_document(query.variation),
        "filters": [_filter(one) for one in query.filters],
        "datasets": list(query.datasets),
        "within": query.within and [query.within.entry_type.value, query.within.id],
        "id": query.entry_id,
    }
    if query.page != _FIRST_PAGE:
        document["page"] = [query.page.skip, query.page.limit]
    return {name: value for name, value in document.items() if value}


def variation_document(variation: VariationQuery | Selection) -> dict:
    """Return the parts of a variation query that say anything, and what kind it is."""
    found = {"kind": type(variation).__name__}
    for name in _names(type(variation)):
        value = getattr(variation, name)
        if isinstance(value, _PLAIN):
            if value != "":
                found[name] = value
        elif value is not None and value != EVERYTHING:
            found[name] = _plain(value)
    return found


@lru_cache(maxsize=64)
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _plain(value: object) -> object:
    if isinstance(value, Region):
        return [value.reference_name, value.start, value.end]
    if isinstance(value, VariationId):
        return value.text
    if isinstance(value, frozenset):
        return sorted(value)
    return _selection(value) if isinstance(value, Selection) else value


def _selection(selection: Selection) -> Mapping:
    found = variation_document(selection)
    del found["kind"]
    return {name: value for name, value in found.items() if value != []}


def _filter(wanted: Filter) -> dict:
    found: dict = {"scope": wanted.scope.value} if wanted.scope else {}
    if not isinstance(wanted, OntologyFilter):
        return found | {"id": wanted.field, "operator": wanted.operator, "value": wanted.value}
    found["id"] = wanted.id
    if not wanted.include_descendants:
        found["include_descendants"] = False
    if wanted.similarity is not Similarity.EXACT:
        found["similarity"] = wanted.similarity.value
    return found
