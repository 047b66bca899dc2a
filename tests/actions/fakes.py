"""A node whose store and knowledge are small and made for one test."""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from beacon_node.beacon_v2.made_up import MadeUpLedger
from beacon_node.errors import ReleasedAnew
from beacon_node.model.answer import Matches
from beacon_node.model.found_people import NOBODY, FoundPeople
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import OntologyFilter
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.ports import Dataset, Known, SearchPlan
from beacon_node.randomness import SystemClock
from beacon_node.settings import Settings


class FakeKnowledge:
    """Knows what it is told; `sequence` stands at position 0 of every reference."""

    version = 1

    def __init__(self, genes=(), names=(), changes=(), terms=(), labels=(), sequence="") -> None:
        self.genes: Mapping[str, Mapping[Assembly, tuple[Region, ...]]] = dict(genes)
        self.names: Mapping[str, Mapping[Assembly, tuple[Allele, ...]]] = dict(names)
        self.changes: Mapping[tuple[str, str], Mapping] = dict(changes)
        self.terms: Mapping[str, frozenset[str]] = dict(terms)
        self.labels: Mapping[str, str] = dict(labels)
        self.sequence = sequence

    def gene_regions(self, gene: str):
        return self.genes.get(gene, {})

    def alleles_of(self, name: str):
        return self.names.get(name, {})

    def alleles_of_change(self, change: str, gene: str):
        return self.changes.get((change, gene), {})

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        return self.terms.get(wanted.id, frozenset({wanted.id}))

    def label(self, term: str) -> str:
        return self.labels.get(term, "")

    def genes_at(self, assembly: Assembly, region: Region) -> tuple[str, ...]:
        return tuple(
            gene
            for gene, places in self.genes.items()
            for place in places.get(assembly, ())
            if place.reference_name == region.reference_name
            and place.start < region.end
            and region.start < place.end
        )

    def about(self, assembly: Assembly, alleles: Sequence[Allele]) -> Mapping[Allele, Known]:
        return {}

    def bases(self, assembly: Assembly, name: str, start: int, end: int) -> str:
        if not self.sequence:
            return ""
        return self.sequence[start:end] or "N" * (end - start)

    def reference_bases(self, assembly: Assembly):
        return partial(self.bases, assembly) if self.sequence else None

    def resources(self):
        return []


class FakeStore:
    """Gives prepared matches by dataset id and remembers what was searched."""

    def __init__(self, datasets: Sequence[Dataset], matches=(), terms=()) -> None:
        self._datasets = tuple(datasets)
        self._matches: Mapping[str, Matches] = dict(matches)
        self._terms: Mapping[str, list[Mapping]] = dict(terms)
        self.searched: list[tuple[str, SearchPlan]] = []

    def datasets(self):
        return self._datasets

    def search(self, dataset: Dataset, plan: SearchPlan, decision) -> Matches:
        self.searched.append((dataset.id, plan))
        return self._matches.get(dataset.id, Matches(dataset.id))

    def people(self, dataset: Dataset, plan: SearchPlan, decision) -> FoundPeople:
        return NOBODY

    def index_file(self, dataset: Dataset) -> Path:
        raise ReleasedAnew(dataset.id)  # nothing of a release is on disk

    def filtering_terms(self, dataset: Dataset):
        return self._terms.get(dataset.id, [])


def fake_node(store: FakeStore, knowledge: FakeKnowledge | None = None) -> Node:
    return Node(
        home=Path("nowhere"),
        settings=Settings(),
        catalogue=None,
        store=store,
        knowledge=knowledge or FakeKnowledge(),
        ledger=MadeUpLedger(),
        clock=SystemClock(),
        randomness=None,
        pseudonym_key=b"k" * 32,
    )
