"""The disease ontology that purposes and consents are compared over: Mondo, as it is loaded."""

from dataclasses import dataclass

from beacon_node.model.knowledge import Kind
from beacon_node.store.knowledge import SqliteKnowledge

MONDO = "MONDO"
NOT_LOADED = "no Mondo loaded"


@dataclass(frozen=True, slots=True)
class Mondo:
    """A `policy.use_coverage.DiseaseHierarchy`; `release` is recorded with what it decides."""

    knowledge: SqliteKnowledge
    release: str

    def ancestors(self, term: str) -> frozenset[str]:
        return self.knowledge.ancestors(term, MONDO)


def loaded_mondo(knowledge: SqliteKnowledge) -> Mondo:
    """Return Mondo as it is loaded; while none is, a disease covers itself alone."""
    releases = [
        source.version or source.file_name
        for source in knowledge.sources()
        if source.kind is Kind.ONTOLOGY and source.details.get("prefix") == MONDO
    ]
    return Mondo(knowledge, ", ".join(releases) or NOT_LOADED)
