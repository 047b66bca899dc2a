"""The knowledge base: what genes, terms and alleles are, one SQLite file per source."""

from beacon_node.store.knowledge.base import SqliteKnowledge
from beacon_node.store.knowledge.build import Added
from beacon_node.store.knowledge.changes import Changes, SignificanceChange

__all__ = ["Added", "Changes", "SignificanceChange", "SqliteKnowledge"]
