"""Answer one question: decide, search, disclose."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from beacon_node.actions.plan_search import plan_search
from beacon_node.errors import NotFound
from beacon_node.model.answer import Answer, DatasetAnswer, Matches, VariationRecord
from beacon_node.model.decision import Decision
from beacon_node.model.entries import EntryType
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import Query
from beacon_node.model.requester import Requester
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.policy.access import decide
from beacon_node.ports import Dataset, Known, SearchPlan
from beacon_node.privacy.disclose import combine, disclose


def answer(node: Node, query: Query, requester: Requester) -> Answer:
    """Return what `requester` may know. Test-mode queries are not for real data: never pass one.

    For datasets and cohorts, `exists` of a part says whether the dataset has anything that matches.
    Raises InvalidRequest for names, filters or units that mean nothing here.
    """
    datasets = select_datasets(node, query)
    decision = decide(requester, datasets, node.clock.now())
    open_to_asker = tuple([d for d in datasets if decision.ceiling(d.id) is not None])
    plan = plan_search(node, query, open_to_asker)
    parts = tuple([_ask(node, dataset, plan, decision) for dataset in datasets])
    return combine(query.entry_type, parts, asked=query.granularity)


def _ask(node: Node, dataset: Dataset, plan: SearchPlan, decision: Decision) -> DatasetAnswer:
    own = decision.datasets[dataset.id]
    if own.ceiling is None:  # nothing is searched that may not be told
        return disclose(Matches(dataset.id), decision, asked=plan.granularity)
    matches = node.store.search(dataset, plan, replace(own, people=EVERYBODY))
    return disclose(matches, decision, asked=plan.granularity)


def select_datasets(node: Node, query: Query) -> tuple[Dataset, ...]:
    """Return the released datasets a query is about; NotFound names one that is not here."""
    released = tuple(node.store.datasets())
    wanted = _wanted(query)
    if not wanted:
        return released
    for dataset_id in wanted:
        if all(dataset.id != dataset_id for dataset in released):
            raise NotFound(f"there is no dataset {dataset_id!r} here")
    return tuple(dataset for dataset in released if dataset.id in wanted)


def _wanted(query: Query) -> tuple[str, ...]:
    within = query.within
    if within and within.entry_type is EntryType.DATASET:
        return (within.id,)
    if query.entry_type is EntryType.DATASET and query.entry_id:
        return (query.entry_id,)
    return query.datasets


@dataclass(frozen=True, slots=True)
class Background:
    """Public knowledge about the variations of an answer, for its records."""

    known: Mapping[tuple[str, Allele], Known]  # by (assembly, allele)
    genes: Mapping[tuple[str, Allele], tuple[str, ...]]


def background(node: Node, answer: Answer) -> Background:
    """Return what the knowledge base says of the variations in `answer`'s records."""
    records = [
        record
        for part in answer.datasets
        for record in part.records
        if isinstance(record, VariationRecord)
    ]
    known: dict[tuple[str, Allele], Known] = {}
    for assembly in {record.assembly for record in records}:
        alleles = [record.allele for record in records if record.assembly == assembly]
        about = node.knowledge.about(assembly, alleles)
        known |= {(assembly, allele): facts for allele, facts in about.items()}
    genes = {
        (record.assembly, record.allele): node.knowledge.genes_at(
            record.assembly, record.allele.region
        )
        for record in records
    }
    return Background(known, genes)
