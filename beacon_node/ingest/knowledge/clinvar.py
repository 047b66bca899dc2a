"""ClinVar's VCF: what is known of a variation's meaning, aggregated over submitters."""

import re
from collections.abc import Iterator

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.sites import Site, SiteFile
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import ClinicalRecord, Statement
from beacon_node.model.variation import genomic_hgvs

# Germline classification, oncogenicity, somatic clinical impact: significance, conditions, ids,
# review status (ClinVar's VCF since 2024; the germline ones always).
_GROUPS = (
    ("CLNSIG", "CLNDN", "CLNDISDB", "CLNREVSTAT"),
    ("ONC", "ONCDN", "ONCDISDB", "ONCREVSTAT"),
    ("SCI", "SCIDN", "SCIDISDB", "SCIREVSTAT"),
)
# Databases in the order in which one of them is chosen to name a condition.
_DATABASES = ("MONDO", "OMIM", "Orphanet", "HP", "MedGen", "MeSH")


def check_clinvar(file: SiteFile) -> None:
    """Raise InvalidInput unless the head declares ClinVar's fields."""
    missing = {"CLNSIG", "ALLELEID"} - set(file.info_ids())
    if missing:
        raise InvalidInput(
            f"this is no ClinVar VCF: INFO {' and '.join(sorted(missing))} not declared",
            file=file.path,
        )


def clinical_records(site: Site, assembly: Assembly) -> Iterator[ClinicalRecord]:
    """Yield one record per allele of a ClinVar site."""
    variation = site.record.ID or ""
    if not variation.isdecimal():
        raise site.failures.wrong(f"{variation!r} is no ClinVar variation id", field="ID")
    statements = tuple(s for group in _GROUPS for s in _statements(site, *group))
    significance = next((site.info(group[0]) for group in _GROUPS if site.info(group[0])), "")
    for _, allele in site.alleles:
        known = genomic_hgvs(assembly, allele)
        yield ClinicalRecord(
            allele=allele,
            variation=int(variation),
            significance=_words(significance),
            statements=statements,
            genes=_genes(site.info("GENEINFO")),
            consequences=_consequences(site.info("MC")),
            rsids=_rsids(site.info("RS")),
            names=tuple(n for n in site.info("CLNHGVS").split(",") if n and n != known),
        )


def _statements(
    site: Site, significance: str, names: str, databases: str, review: str
) -> Iterator[Statement]:
    """Yield one statement per condition; the significance is that of all of them together."""
    told = site.info(significance)
    if not told:
        return
    labels = site.info(names).split("|")
    ids = site.info(databases).split("|")
    reviewed = _words(site.info(review))
    ids += [""] * (len(labels) - len(ids))
    for label, identifiers in zip(labels, ids, strict=False):
        yield Statement(_words(told), best_condition(identifiers), _words(label), reviewed)


def best_condition(identifiers: str) -> str:
    """Return the CURIE to name a condition by, empty if none is given.

    >>> best_condition("MedGen:C4015293,OMIM:616126,MONDO:MONDO:0014502")
    'MONDO:0014502'
    """
    found: dict[str, str] = {}
    for identifier in identifiers.split(","):
        database, _, local = identifier.partition(":")
        database = "HP" if database == "Human_Phenotype_Ontology" else database
        curie = local if ":" in local else f"{database}:{local}"
        if local:
            found.setdefault(database, curie)
    return next((found[database] for database in _DATABASES if database in found), "")


def _words(text: str) -> str:
    """Return ClinVar's words with spaces for underscores; a lone `.` means nothing."""
    return "" if text == "." else re.sub(r"_+", " ", text).strip()


def _genes(text: str) -> tuple[str, ...]:
    pairs = (pair.rpartition(":")[0] for pair in text.split("|"))
    return tuple(dict.fromkeys(symbol for symbol in pairs if symbol))


def _consequences(text: str) -> tuple[str, ...]:
    names = (pair.partition("|")[2] for pair in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _rsids(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.split(r"[|,]", text) if number.isdecimal())
