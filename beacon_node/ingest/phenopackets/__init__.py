"""GA4GH phenopackets v2, and the parts of v1 that say the same: files, JSON lines or folders."""

from beacon_node.ingest.phenopackets.packets import Naming
from beacon_node.ingest.phenopackets.records import read_phenopackets
from beacon_node.ingest.phenopackets.variants import open_phenopacket_variants

__all__ = ["Naming", "open_phenopacket_variants", "read_phenopackets"]
