"""Questions about entries: read, answered by the actions, rendered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from cachetools import LRUCache

from beacon_node.actions.answer_query import answer, background, select_datasets
from beacon_node.actions.applications.ways import helps
from beacon_node.beacon_v2.collections import cohort_documents, dataset_document
from beacon_node.beacon_v2.entry_types import COLLECTIONS
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.beacon_v2.made_up import MadeUpKnowledge, MadeUpLedger, MadeUpStore
from beacon_node.beacon_v2.received import Parsed
from beacon_node.beacon_v2.records import NOTHING_KNOWN, About
from beacon_node.beacon_v2.render import render_answer, render_collections
from beacon_node.errors import NotFound
from beacon_node.model.answer import Answer, DatasetAnswer
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, Query
from beacon_node.model.requester import ANONYMOUS, Requester
from beacon_node.node import Node
from beacon_node.policy.access import decide, most_told
from beacon_node.ports import Dataset

_PLANS = 64  # of test mode
_RECORD = Granularity.RECORD


WhoAsks = Callable[[], Requester]
"""Says who sent the present request, from what is proved about them."""


def anybody() -> Requester:
    """Return who asks where nobody proves anything."""
    return ANONYMOUS


class Questions:
    """Answers parsed requests of one node; test mode asks a twin that holds made-up data only."""

    def __init__(self, node: Node, identity: BeaconIdentity) -> None:
        self.node, self.identity = node, identity
        self._twin = replace(
            node,
            store=MadeUpStore(),
            knowledge=MadeUpKnowledge(),
            ledger=MadeUpLedger(),
            plans=LRUCache(_PLANS),
        )

    def respond(self, parsed: Parsed, requester: Requester) -> dict:
        """Return the response document; NotFound for a lone entry that is not there."""
        node = self.node
        if parsed.query.is_test:
            node, requester = self._twin, ANONYMOUS
        if parsed.query.entry_type in COLLECTIONS:
            return self._collections(node, parsed, requester)
        found = answer(node, parsed.query, requester)
        _refuse_missing(parsed.query, found)
        told = {} if parsed.query.is_test else {"helps": helps(node, found.datasets, requester)}
        if found.granularity is _RECORD:
            datasets = {dataset.id: dataset for dataset in node.store.datasets()}
            told |= {"about": _about(node, found), "datasets": datasets}
        return render_answer(found, parsed.received, self.identity, **told)

    def _collections(self, node: Node, parsed: Parsed, requester: Requester) -> dict:
        query = parsed.query
        parts = _conditions_met(node, query, requester)
        datasets = select_datasets(node, query)
        if parts is not None:
            hits = {part.dataset_id for part in parts if part.exists}
            datasets = tuple(d for d in datasets if d.id in hits)
        at = node.ledger.moment(node.clock.now()).at
        open_ids = open_to(requester, datasets, at)
        if query.entry_type is EntryType.DATASET:
            documents = [
                dataset_document(d, is_open=d.id in open_ids, most_told=self._most_told(d, at))
                for d in datasets
            ]
        else:
            documents = cohort_documents(datasets, open_ids)
        if query.entry_id:
            documents = [d for d in documents if d["id"] == query.entry_id]
            if not documents:
                raise NotFound(f"there is no {query.entry_type} with this id here")
        return render_collections(
            query.entry_type, documents, parsed.received, self.identity, parts=parts or ()
        )

    def _most_told(self, dataset: Dataset, at: datetime) -> Mapping[str, str]:
        """Return the highest granularity of each tier that anybody can reach at this node."""
        reached = self.identity.security_levels
        found = most_told(dataset, at)
        return {t.name.lower(): one.word for t, one in found.items() if t.name in reached}


def _conditions_met(
    node: Node, query: Query, requester: Requester
) -> Sequence[DatasetAnswer] | None:
    """Return which datasets have anything that meets the conditions; None if there are none."""
    if query.variation is None and not query.filters:
        return None
    return answer(node, replace(query, granularity=Granularity.BOOLEAN), requester).datasets


def open_to(requester: Requester, datasets: Sequence[Dataset], at: datetime) -> frozenset[str]:
    """Return the ids of the datasets whose data answer `requester` at `at`."""
    decision = decide(requester, datasets, at)
    return frozenset(d.id for d in datasets if decision.lets_search(d.id))


def _refuse_missing(query: Query, found: Answer) -> None:
    """Raise NotFound for a lone entry that is not there or may not be known of: same words.

    A variation is no such entry: that nobody carries it is an answer.
    """
    if not query.entry_id or found.exists:
        return
    if query.entry_type is not EntryType.GENOMIC_VARIANT:
        raise NotFound(f"there is no {query.entry_type} with this id here")


def _about(node: Node, found: Answer) -> About:
    if found.entry_type is not EntryType.GENOMIC_VARIANT:
        return NOTHING_KNOWN
    facts = background(node, found)
    return About(facts.known, facts.genes)
