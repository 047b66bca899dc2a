"""Turn a query into a plan that a store can search: names resolved, alleles in normal form."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from beacon_node.actions.registered.filters import listed
from beacon_node.errors import InvalidRequest
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    AminoacidQuery,
    BracketQuery,
    Filter,
    GeneQuery,
    Lookup,
    NameQuery,
    OntologyFilter,
    Query,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
    VariationQuery,
)
from beacon_node.model.variation import Allele, normalize, parse_variation_id
from beacon_node.node import Node
from beacon_node.ports import Dataset, Knowledge, SearchPlan

Lookups = Mapping[Assembly, tuple[Lookup, ...]]
Terms = Mapping[OntologyFilter, frozenset[str]]
_MOST_TERMS = 2_000  # of the filters of a question whose meaning is remembered


def plan_search(node: Node, query: Query, open_to_asker: tuple[Dataset, ...]) -> SearchPlan:
    """Return the plan of `query`; InvalidRequest for a name or filter that means nothing here.

    Terms and fields of datasets that are closed to the asker are as if they did not exist, but for
    those that are declared, which anybody may know.
    """
    terms, filters_key = _resolve_filters(node, query.filters, open_to_asker)
    variation, within = _one_variation(query)
    return SearchPlan(
        entry_type=query.entry_type,
        lookups=None if variation is None else resolve(variation, node.knowledge),
        filters=query.filters,
        terms=terms,
        filters_key=filters_key,
        within=within,
        entry_id="" if query.entry_type is EntryType.GENOMIC_VARIANT else query.entry_id,
        granularity=query.granularity,
        page=query.page,
    )


def _one_variation(query: Query):
    """Return the query's variation and `within`, with ids of variations made lookups."""
    within, by_id = query.within, ""
    if within and within.entry_type is EntryType.GENOMIC_VARIANT:
        within, by_id = None, query.within.id
    elif query.entry_type is EntryType.GENOMIC_VARIANT:
        by_id = query.entry_id
    if not by_id:
        return query.variation, within
    if query.variation is not None:
        raise InvalidRequest("a question about one variation by its id takes no other variation")
    parsed = parse_variation_id(by_id)
    if parsed is None:
        raise InvalidRequest(f"id: {by_id!r} is no variation id of this node")
    return VariationIdQuery(parsed), within


def resolve(variation: VariationQuery, knowledge: Knowledge) -> Lookups:
    """Return what to look up on each assembly; names come from the knowledge base alone."""
    if isinstance(variation, SequenceQuery):
        return {variation.assembly: (_exact(variation, knowledge),)}
    if isinstance(variation, RangeQuery | BracketQuery):
        return {variation.assembly: _in_place(variation, variation.assembly, knowledge)}
    if isinstance(variation, VariationIdQuery):
        return {variation.id.assembly: (variation,)}
    if isinstance(variation, GeneQuery):
        return _gene(variation, knowledge)
    return _named(variation, knowledge)


def _exact(query: SequenceQuery, knowledge: Knowledge) -> Lookup:
    """Return the one allele meant, in normal form, or the query itself if it has wildcards."""
    if query.ref is None or "N" in query.ref or "N" in query.alt:
        return query
    end = query.start + len(query.ref)
    allele = Allele(query.reference_name, query.start, end, query.ref, query.alt)
    if len(query.ref) == len(query.alt) == 1:
        return AlleleSet((allele,))
    return AlleleSet((normalize(allele, knowledge.reference_bases(query.assembly)),))


def _in_place(
    query, assembly: Assembly, knowledge: Knowledge, gene: str = ""
) -> tuple[Lookup, ...]:
    """Return a place's lookup; a protein change is looked up by name and then by place."""
    change = query.selection.aminoacid_change
    if not change:
        return (query,)
    alleles = knowledge.alleles_of_change(change, gene).get(assembly, ())
    there = tuple(allele for allele in alleles if _lies_in(allele, query))
    return (AlleleSet(there, _without_change(query.selection)),) if there else ()


def _without_change(selection: Selection) -> Selection:
    return replace(selection, aminoacid_change="")


def _lies_in(allele: Allele, query: RangeQuery | BracketQuery) -> bool:
    if isinstance(query, RangeQuery):
        region = query.region
        if allele.reference_name != region.reference_name:
            return False
        return allele.start < region.end and max(allele.end, allele.start + 1) > region.start
    return (
        allele.reference_name == query.reference_name
        and query.start_min <= allele.start < query.start_max
        and query.end_min <= allele.end < query.end_max
    )


def _gene(query: GeneQuery, knowledge: Knowledge) -> Lookups:
    places = _on(query.assembly, knowledge.gene_regions(query.gene))
    if not places:
        where = f" on {query.assembly}" if query.assembly else ""
        raise InvalidRequest(
            f"geneId: {query.gene!r} is in no gene table of this node{where}; a gene's approved "
            "symbol, alias, HGNC or Ensembl id is understood once its table is loaded"
        )
    return {
        assembly: tuple(
            lookup
            for region in regions
            for lookup in _in_place(
                RangeQuery(assembly, region, query.selection), assembly, knowledge, query.gene
            )
        )
        for assembly, regions in places.items()
    }


def _named(query: NameQuery | AminoacidQuery, knowledge: Knowledge) -> Lookups:
    if isinstance(query, AminoacidQuery):
        name = f"aminoacidChange {query.change!r}" + (f" of {query.gene}" if query.gene else "")
        found = knowledge.alleles_of_change(query.change, query.gene)
        selection = _without_change(query.selection)
    else:
        name, found, selection = repr(query.name), knowledge.alleles_of(query.name), Selection()
    alleles = _on(query.assembly, found)
    if not alleles:
        where = f" on {query.assembly}" if query.assembly else ""
        raise InvalidRequest(
            f"{name} is not in this node's knowledge base{where}; ask by position, as in "
            "17-43045711-C-T"
        )
    return {assembly: (AlleleSet(tuple(some), selection),) for assembly, some in alleles.items()}


def _on(assembly: Assembly | None, found: Mapping[Assembly, tuple]) -> dict[Assembly, tuple]:
    return {a: some for a, some in found.items() if some and assembly in (None, a)}


# ---- filters -----------------------------------------------------------------------------------


def _resolve_filters(
    node: Node, filters: tuple[Filter, ...], open_to_asker: tuple[Dataset, ...]
) -> tuple[Terms, str]:
    """Return the terms each ontology filter stands for, and a digest of what all filters mean.

    Remembered per knowledge version and releases: what a filter means changes with nothing else.
    The version is read once, before the filters: knowledge that changes meanwhile has a later one.
    """
    if not filters:
        return {}, ""
    filters_key = _digest(node.knowledge.version, filters)
    key = (filters_key, _releases(open_to_asker))
    found = node.plans.get(key)
    if found is None:
        found = _understand_filters(node, filters, open_to_asker)
        if sum(map(len, found.values())) <= _MOST_TERMS:
            node.plans[key] = found
    return found, filters_key


@lru_cache(1_024)
def _digest(version: int, filters: tuple[Filter, ...]) -> str:
    return hashlib.sha256(f"{version}|{filters!r}".encode()).hexdigest()


def _releases(datasets: tuple[Dataset, ...]) -> tuple[tuple[str, int], ...]:
    return tuple((dataset.id, dataset.release, dataset.fingerprint) for dataset in datasets)


def _understand_filters(
    node: Node, filters: tuple[Filter, ...], datasets: tuple[Dataset, ...]
) -> Terms:
    terms = {
        wanted: node.knowledge.terms_for(wanted)
        for wanted in filters
        if isinstance(wanted, OntologyFilter)
    }
    _refuse_unknown(node, filters, terms, datasets)
    return terms


def _refuse_unknown(node: Node, filters, terms: Mapping, datasets: tuple[Dataset, ...]) -> None:
    """Refuse filters that nothing here knows: ignoring one would widen the question."""
    ids, fields = _filterable(node, datasets)
    declared = sorted({name for one in node.store.datasets() for name in one.filters})
    folded = {name.casefold() for name in declared}
    for wanted in filters:
        if isinstance(wanted, AlphanumericFilter):
            name, known = wanted.field, wanted.field.lower() in fields
        else:
            name = wanted.id
            known = not terms[wanted].isdisjoint(ids) or bool(node.knowledge.label(name))
        if not known and name.strip().casefold() not in folded:
            raise InvalidRequest(_unknown(name, declared))


def _unknown(name: str, declared: Sequence[str]) -> str:
    """Return that nothing here knows a filter, and what protected datasets let be counted by."""
    if not declared:
        return f"filters: {name!r} is not known to this node; /filtering_terms lists what is"
    return f"filters: {name!r} is not known to this node; {listed(declared)}"


def _filterable(node: Node, datasets: tuple[Dataset, ...]) -> tuple[set[str], set[str]]:
    """Return the term ids, and the lower-case names of comparable fields, of `datasets`."""
    key = ("filterable", _releases(datasets))
    found = node.plans.get(key)
    if found is None:
        found = node.plans[key] = _read_filterable(node, datasets)
    return found


def _read_filterable(node: Node, datasets: Iterable[Dataset]) -> tuple[set[str], set[str]]:
    ids: set[str] = set()
    fields: set[str] = set()
    for row in (row for dataset in datasets for row in node.store.filtering_terms(dataset)):
        if row["type"] == "alphanumeric":
            fields |= {row["id"].lower(), str(row.get("label", "")).lower()}
        else:
            ids.add(row["id"])
    return ids, fields
