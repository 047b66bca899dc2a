"""The canonical form of a question: all spellings of one question are one key, of two never.

It holds what the answer depends on and nothing else: not who asks, which page, which granularity
up to a count, or how names were written. One stored draw of noise belongs to each key.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum

from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.measures import Kind, parse_value
from beacon_node.model.query import (
    EVERYTHING,
    AlleleSet,
    AlphanumericFilter,
    Lookup,
    OntologyFilter,
    VariationIdQuery,
)
from beacon_node.model.variation import variation_id
from beacon_node.ports import Dataset, SearchPlan

INDIVIDUALS = "individuals"  # what the registered tier counts, whatever entry type was asked for


@dataclass(frozen=True, slots=True)
class CanonicalQuestion:
    """A question in canonical form: `key` names it, `group` names its filters (empty: none).

    `text` is JSON, the same on every machine and in every process.
    """

    text: str
    key: str
    group: str


def canonical_question(
    plan: SearchPlan, dataset: Dataset, *, quantity: str = INDIVIDUALS
) -> CanonicalQuestion:
    """Return the canonical form of what `plan` asks of `dataset` on the dataset's assembly.

    Names are resolved in the plan already: an rsID and its allele are one question. A filter that
    another one implies is left out. Release, consents, purpose and subject belong to the key of a
    stored draw beside this one, not into it.
    """
    lookups = None
    if plan.lookups is not None:
        lookups = _distinct(_lookup(dataset.assembly, one) for one in _of(plan, dataset.assembly))
    wanted = _filters(plan)
    text = _json(
        {
            "assembly": dataset.assembly.value,
            "dataset": dataset.id,
            "filters": wanted,
            "lookups": lookups,
            "quantity": quantity,
            "entry": plan.entry_id and [plan.entry_type.value, plan.entry_id],
            "within": _plain(plan.within),
        }
    )
    group = [wanted, plan.entry_id, _plain(plan.within)]
    is_everybody = not (wanted or plan.entry_id or plan.within)
    return CanonicalQuestion(text, _digest(text), "" if is_everybody else _digest(_json(group)))


def _of(plan: SearchPlan, assembly: Assembly) -> tuple[Lookup, ...]:
    return (plan.lookups or {}).get(assembly, ())


def _lookup(assembly: Assembly, lookup: Lookup) -> object:
    """Return alleles by their ids, which a question by id has too; other places as they are."""
    if isinstance(lookup, AlleleSet):
        ids = _distinct(variation_id(assembly, allele) for allele in lookup.alleles)
        chosen = None if lookup.selection == EVERYTHING else _plain(lookup.selection)
        return ["alleles", ids, chosen]
    if isinstance(lookup, VariationIdQuery):
        return ["alleles", [lookup.id.text], None]
    return _plain(lookup)


def _filters(plan: SearchPlan) -> list:
    """Return the filters' meanings: expanded terms sorted, comparisons by their value."""
    terms: dict[EntryType | None, set[frozenset[str]]] = {}
    found: list[object] = []
    for wanted in plan.filters:
        if isinstance(wanted, OntologyFilter):
            meant = (plan.terms or {}).get(wanted) or (wanted.id,)
            terms.setdefault(wanted.scope, set()).add(frozenset(meant))
        else:
            found.append(_comparison(wanted))
    for scope, sets in terms.items():
        found += [["terms", _plain(scope), sorted(one)] for one in _narrowest(sets)]
    return _distinct(found)


def _narrowest(sets: set[frozenset[str]]) -> list[frozenset[str]]:
    """Return the sets that no smaller one implies: with asthma, `a lung disease` asks no more."""
    return [one for one in sets if not any(other < one for other in sets)]


def _comparison(wanted: AlphanumericFilter) -> list:
    value = parse_value(wanted.value)
    is_text = value.kind is Kind.TEXT
    meaning = value.text.casefold() if is_text else f"{value.amount:.12g}"  # P480M is P40Y
    unit = value.unit.strip().casefold()
    name = wanted.field.strip().casefold()
    return ["compared", name, wanted.operator, value.kind, meaning, unit, _plain(wanted.scope)]


def _plain(value: object) -> object:
    """Return nested lists of plain values; sets are sorted, since theirs is no order."""
    if is_dataclass(value):
        members = {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
        return [type(value).__name__, members]
    if isinstance(value, frozenset):
        return _distinct(_plain(one) for one in value)
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def _distinct(values) -> list:
    by_text = {_json(value): value for value in values}
    return [by_text[text] for text in sorted(by_text)]


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
