"""What can be filtered by, over the datasets that answer whoever asks."""

from collections.abc import Sequence

from cachetools import LRUCache

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
            terms = merge_terms(self.node.store.filtering_terms(d) for d in datasets)
            self._merged[key] = restrict_terms(terms, scope) if scope else terms
        return self._merged[key]

    def _chosen(self, within: Within | None) -> Sequence[Dataset]:
        """Return the open datasets meant; a closed one may be known to be here, its cohorts not."""
        node = self.node
        released = node.store.datasets()
        open_ids = open_to(self.who_asks(), released, node.ledger.moment(node.clock.now()).at)
        answering = [dataset for dataset in released if dataset.id in open_ids]
        if within is None:
            return answering
        if within.entry_type is EntryType.DATASET:
            is_here = any(dataset.id == within.id for dataset in released)
            chosen = [dataset for dataset in answering if dataset.id == within.id]
        else:
            chosen = [d for d in answering if any(c.get("id") == within.id for c in d.cohorts)]
            is_here = bool(chosen)
        if not is_here:
            raise NotFound(f"there is no {within.entry_type} with this id here")
        return chosen
