"""By what registered counts of a dataset may be filtered: its operator says so, to anybody.

A list that the data make would tell what people have. This one is fixed for each release, and holds
labels of the loaded ontologies alone, never those of anybody's records.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.errors import InvalidRequest
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import EntryType
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import AlphanumericFilter, Filter, Granularity, OntologyFilter
from beacon_node.node import Node
from beacon_node.policy.access import is_open_data
from beacon_node.ports import Dataset, SearchPlan

_TERM = re.compile(r"\w[^:\s]*:\S+")
_SCOPES = [EntryType.INDIVIDUAL.path]  # registered counts are of individuals
_NOTHING = "-"  # no record says this of itself: who is not this has the field


@dataclass(frozen=True, slots=True)
class DeclaredFilter:
    """A filter as its operator sees it: `people` of the current release meet it (terms: also by a
    term below it), None without a release. Fewer than `least` are never counted."""

    name: str
    label: str
    people: int | None
    least: int

    @property
    def is_too_small(self) -> bool:
        return self.people is not None and self.people < self.least


def set_filters(
    node: Node, dataset_id: str, *, terms: Sequence[str], fields: Sequence[str]
) -> tuple[DeclaredFilter, ...]:
    """Declare the filters of a dataset, instead of those before; they hold from its next release.

    Raises NotFound, Conflict, InvalidRequest for open data, for a name that is neither a term nor a
    field, and for one that no loaded ontology and no record of the current release knows.
    """
    record = node.catalogue.dataset(dataset_id)
    if record.is_open_data:
        raise InvalidRequest(f"dataset {dataset_id!r} is open data: anything in it is a filter")
    _check_form(terms, fields)
    with node.catalogue.only_me(dataset_id):
        names = tuple(sorted({*terms, *fields}))
        found = tuple(_declared(node, dataset_id, name) for name in names)
        _refuse_unknown(dataset_id, found)
        node.catalogue.set_declared_filters(dataset_id, names)
    return found


def show_filters(node: Node, dataset_id: str) -> tuple[DeclaredFilter, ...]:
    """Return what is declared for the next release of a dataset. Raises NotFound."""
    record = node.catalogue.dataset(dataset_id)
    return tuple(_declared(node, dataset_id, name) for name in record.declared_filters)


def filtering_terms(node: Node, dataset: Dataset) -> Sequence[Mapping]:
    """Return what anybody may know that a dataset can be filtered by, as `ports.VariantStore` does:
    of open data all that is in them, of others what was declared for their release."""
    if is_open_data(dataset):
        return node.store.filtering_terms(dataset)
    return [_listed(node, name) for name in dataset.filters]


def _listed(node: Node, name: str) -> Mapping:
    kind = "ontology" if _TERM.fullmatch(name) else "alphanumeric"
    if name.lower().startswith("custom:"):
        kind = "custom"
    return {"type": kind, "id": name, "label": node.knowledge.label(name), "scopes": _SCOPES}


def _check_form(terms: Sequence[str], fields: Sequence[str]) -> None:
    for term in terms:
        if not _TERM.fullmatch(term):
            raise InvalidRequest(f"--term {term!r} is no term's id, such as HP:0001250")
    for field in fields:
        if not field or _TERM.fullmatch(field) or not field.isprintable():
            raise InvalidRequest(
                f"--field {field!r} is no field, such as diseases.ageOfOnset: registered counts "
                "compare ages and words, not what an assay measured"
            )


def _refuse_unknown(dataset_id: str, found: Sequence[DeclaredFilter]) -> None:
    unknown = [one.name for one in found if not one.label and not one.people]
    if unknown:
        raise InvalidRequest(
            f"no loaded ontology and no released record of dataset {dataset_id!r} knows "
            f"{', '.join(unknown)}; load the ontology (beacon-node annotate), or release first"
        )


# ---- how many people of the release have it ------------------------------------------------------


def _declared(node: Node, dataset_id: str, name: str) -> DeclaredFilter:
    released = next((one for one in node.store.datasets() if one.id == dataset_id), None)
    people = None if released is None else _people(node, released, name)
    return DeclaredFilter(name, node.knowledge.label(name), people, bounds_of(node).group_floor)


def _people(node: Node, dataset: Dataset, name: str) -> int:
    """Return how many of a release meet a filter, exactly: for its operator alone."""
    wanted: Filter = AlphanumericFilter(name, "!", _NOTHING)
    terms: Mapping[OntologyFilter, frozenset[str]] = {}
    if _TERM.fullmatch(name):
        wanted = OntologyFilter(name)
        terms = {wanted: node.knowledge.terms_for(wanted)}
    plan = SearchPlan(
        EntryType.INDIVIDUAL,
        filters=(wanted,),
        terms=terms,
        filters_key=f"declared {name}",
        granularity=Granularity.COUNT,
    )
    own = DatasetDecision(dataset.id, Granularity.COUNT, people=EVERYBODY, basis="its operator")
    return node.store.search(dataset, plan, own).total
