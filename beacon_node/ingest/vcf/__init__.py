"""Reads VCF, gVCF and BCF files."""

from beacon_node.ingest.vcf.file import VcfFile, open_vcf
from beacon_node.ingest.vcf.order import check_order

__all__ = ["VcfFile", "check_order", "open_vcf"]
