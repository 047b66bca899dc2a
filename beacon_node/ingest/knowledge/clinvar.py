"""ClinVar's VCF: what is known of a variation's meaning, aggregated over submitters."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from itertools import zip_longest

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
_REMEMBERED = 4_096  # texts that come again and again, taken apart once


def clinical_records(file: SiteFile) -> Callable[[Site], Iterator[ClinicalRecord]]:
    """Return what reads the records of a ClinVar VCF, one per allele of a site.

    Raises InvalidInput unless the head declares ClinVar's fields.
    """
    declared = set(file.info_ids())
    missing = {"CLNSIG", "ALLELEID"} - declared
    if missing:
        words = " and ".join(sorted(missing))
        raise InvalidInput(f"this is no ClinVar VCF: INFO {words} not declared", file=file.path)
    groups = [group for group in _GROUPS if group[0] in declared]
    return partial(_records, groups, file.assembly)


def _records(groups: list, assembly: Assembly, site: Site) -> Iterator[ClinicalRecord]:
    variation = site.record.ID or ""
    if not variation.isdecimal():
        raise site.failures.wrong(f"{variation!r} is no ClinVar variation id", field="ID")
    told = [[site.info(field) for field in group] for group in groups]
    significance = next((_words(group[0]) for group in told if group[0]), "")
    statements = tuple(s for group in told if group[0] for s in _statements(*group))
    for _, allele in site.alleles:
        known = genomic_hgvs(assembly, allele)
        yield ClinicalRecord(
            allele=allele,
            variation=int(variation),
            significance=significance,
            statements=statements,
            genes=_genes(site.info("GENEINFO")),
            consequences=_consequences(site.info("MC")),
            rsids=_rsids(site.info("RS")),
            names=tuple(n for n in site.info("CLNHGVS").split(",") if n and n != known),
        )


@lru_cache(_REMEMBERED)
def _statements(
    significance: str, names: str, databases: str, review: str
) -> tuple[Statement, ...]:
    """Return one statement per condition; the significance is that of all of them together."""
    told, reviewed = _words(significance), _words(review)
    pairs = zip_longest(names.split("|"), databases.split("|"), fillvalue="")
    return tuple(
        Statement(told, best_condition(identifiers), _words(label), reviewed)
        for label, identifiers in pairs
        if label or identifiers
    ) or (Statement(told, "", "", reviewed),)


@lru_cache(_REMEMBERED)
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


@lru_cache(_REMEMBERED)
def _words(text: str) -> str:
    """Return ClinVar's words with spaces for underscores; a lone `.` means nothing."""
    return "" if text == "." else re.sub(r"_+", " ", text).strip()


def _genes(text: str) -> tuple[str, ...]:
    pairs = (pair.rpartition(":")[0] for pair in text.split("|"))
    return tuple(dict.fromkeys(symbol for symbol in pairs if symbol))


@lru_cache(_REMEMBERED)
def _consequences(text: str) -> tuple[str, ...]:
    names = (pair.partition("|")[2] for pair in text.split(","))
    return tuple(dict.fromkeys(name for name in names if name))


def _rsids(text: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.split(r"[|,]", text) if number.isdecimal())
