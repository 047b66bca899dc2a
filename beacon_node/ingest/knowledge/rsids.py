"""Which alleles an rsID names, from any site VCF with rsIDs in its ID column (dbSNP's own too)."""

from collections.abc import Iterator

from beacon_node.ingest.knowledge.sites import Site
from beacon_node.model.knowledge import RsidRecord


def rsid_records(site: Site) -> Iterator[RsidRecord]:
    """Yield one record per allele of a site that has an rsID."""
    if site.rsids:
        for _, allele in site.alleles:
            yield RsidRecord(allele, site.rsids)
