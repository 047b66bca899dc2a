"""Small knowledge for tests: sources and records written by hand."""

from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import (
    ClinicalRecord,
    GeneNames,
    GeneRecord,
    Kind,
    OntologyTerm,
    Source,
    Statement,
)
from beacon_node.model.variation import Allele

GRCH37, GRCH38 = Assembly.GRCH37, Assembly.GRCH38

GENE_NAMES = (
    GeneNames("HGNC:1100", "BRCA1", "ENSG00000012048", ("OLD1",), ("RNF53", "SHARED")),
    GeneNames("HGNC:1097", "BRAF", "ENSG00000157764", ("OLD2",), ("SHARED", "OLD1")),
    GeneNames("HGNC:7", "A2M", "", (), ("BRAF",)),
)
GENES_38 = (
    GeneRecord("BRCA1", "HGNC:1100", "ENSG00000012048", "17", 43_044_294, 43_170_245),
    GeneRecord("BRAF", "", "ENSG00000157764", "7", 140_719_326, 140_924_929),
    GeneRecord("NEAR", "", "", "7", 140_924_929, 140_930_000),
)
GENES_37 = (GeneRecord("OLD2", "", "", "7", 140_419_126, 140_624_564),)

TERMS = (
    OntologyTerm("HP:1", "All", (), below=4),
    OntologyTerm("HP:2", "Seizure", ("HP:1",), ("fit",), ("HP:22",), below=2),
    OntologyTerm("HP:3", "Focal seizure", ("HP:2",)),
    OntologyTerm("HP:4", "Generalized seizure", ("HP:2",)),
    OntologyTerm("HP:5", "Tall", ("HP:1",)),
    OntologyTerm("HP:9", "obsolete Fit", replaced_by="HP:2", is_obsolete=True),
)


def snv(position: int, ref: str, alt: str, name: str = "7") -> Allele:
    """Return a substitution at a 1-based position."""
    return Allele(name, position - 1, position - 1 + len(ref), ref, alt)


V600E = snv(140_753_336, "A", "T")
V600K = snv(140_753_336, "AC", "TT")


def clinical(variation: int, allele: Allele, word: str = "Pathogenic", **more) -> ClinicalRecord:
    statement = Statement(word, "MONDO:0005105", "melanoma", "criteria provided")
    return ClinicalRecord(allele, variation, word, (statement,), **more)


def source(kind: Kind, assembly: Assembly | None = GRCH38, name: str = "test", **more) -> Source:
    return Source(kind, name, assembly if kind.has_assembly else None, **more)


def ontology(name: str = "HP", size: int = 5) -> Source:
    return source(Kind.ONTOLOGY, name=name, details={"prefix": name, "title": "", "size": size})
