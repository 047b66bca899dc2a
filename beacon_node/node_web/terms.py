"""What can be filtered by: of open data all that is in them, of others what was declared."""

from collections.abc import Sequence

from cachetools import LRUCache

from beacon_node.actions.declared_filters import filtering_terms
from beacon_node.beacon_v2.documents import merge_terms, restrict_terms
from beacon_node.errors import NotFound
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Within
from beacon_node.node import Node
from beacon_node.node_web.questions import WhoAsks, open_to
from beacon_node.ports import Dataset

_KEPT = 16  # merged lists; a release or newly loaded knowledge makes new ones


class FilteringTerms:
    """The filtering terms of one node, merged once per release."""

    def __init__(self, node: Node, who_asks: WhoAsks) -> None:
        self.node, self.who_asks = node, who_asks
        self._merged: LRUCache = LRUCache(_KEPT)

    def list(self, within: Within | None, scope: EntryType | None) -> Sequence[dict]:
        """Return the terms of all datasets, or of the one or the cohort that `within` names."""
        datasets = self._chosen(within)
        releases = tuple((dataset.id, dataset.release, dataset.fingerprint) for dataset in datasets)
        key = (releases, scope, self.node.knowledge.version)
        if key not in self._merged:
            terms = merge_terms(filtering_terms(self.node, d) for d in datasets)
            self._merged[key] = restrict_terms(terms, scope) if scope else terms
        return self._merged[key]

    def _chosen(self, within: Within | None) -> Sequence[Dataset]:
        """Return the datasets meant; of cohorts, those whose data answer the asker exactly."""
        released = self.node.store.datasets()
        if within is None:
            return released
        if within.entry_type is EntryType.DATASET:
            chosen = [dataset for dataset in released if dataset.id == within.id]
        else:
            chosen = [d for d in self._open(released) if _has_cohort(d, within.id)]
        if not chosen:
            raise NotFound(f"there is no {within.entry_type} with this id here")
        return chosen

    def _open(self, released: Sequence[Dataset]) -> Sequence[Dataset]:
        node = self.node
        open_ids = open_to(self.who_asks(), released, node.ledger.moment(node.clock.now()).at)
        return [dataset for dataset in released if dataset.id in open_ids]


def _has_cohort(dataset: Dataset, id: str) -> bool:
    return any(cohort.get("id") == id for cohort in dataset.cohorts)
