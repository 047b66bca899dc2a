"""Reference panels and genomes: how common alleles are at least, and who of the public has them."""

from beacon_node.store.panels.base import SqlitePanels
from beacon_node.store.panels.genomes import ReferenceGenomes

__all__ = ["ReferenceGenomes", "SqlitePanels"]
