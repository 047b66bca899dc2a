"""Well-known facts on GRCh38 that make a made-up cohort worth asking: genes, alleles, terms.

Positions are 1-based, as in VCF. Genes and their places: Ensembl; alleles: dbSNP; disease names:
Mondo (CC BY 4.0), under simplified parents. Frequencies, effects on people and everything else that
is said with them are made up.
"""

from dataclasses import dataclass

# symbol, HGNC id, Ensembl id, reference name, first and last base, strand
GENES = (
    ("MTHFR", "HGNC:7436", "ENSG00000177000", "1", 11785723, 11806455, -1),
    ("F5", "HGNC:3542", "ENSG00000198734", "1", 169511951, 169586588, -1),
    ("MCM6", "HGNC:6949", "ENSG00000076003", "2", 135839626, 135876443, -1),
    ("HFE", "HGNC:4886", "ENSG00000010704", "6", 26087281, 26098343, 1),
    ("CFTR", "HGNC:1884", "ENSG00000001626", "7", 117287120, 117715971, 1),
    ("BRAF", "HGNC:1097", "ENSG00000157764", "7", 140719327, 140924929, -1),
    ("CYP2C19", "HGNC:2621", "ENSG00000165841", "10", 94762681, 94855547, 1),
    ("HBB", "HGNC:4827", "ENSG00000244734", "11", 5225464, 5229395, -1),
    ("SLCO1B1", "HGNC:10959", "ENSG00000134538", "12", 21131194, 21239796, 1),
    ("BRCA2", "HGNC:1101", "ENSG00000139618", "13", 32315086, 32400268, 1),
    ("FTO", "HGNC:24678", "ENSG00000140718", "16", 53701692, 54158512, 1),
    ("TP53", "HGNC:11998", "ENSG00000141510", "17", 7661779, 7687538, -1),
    ("BRCA1", "HGNC:1100", "ENSG00000012048", "17", 43044295, 43170245, -1),
    ("APOE", "HGNC:613", "ENSG00000130203", "19", 44905791, 44909393, 1),
    ("DMD", "HGNC:2928", "ENSG00000198947", "X", 31097677, 33339609, -1),
    ("G6PD", "HGNC:4057", "ENSG00000160211", "X", 154517825, 154547572, -1),
)


@dataclass(frozen=True, slots=True)
class NamedAllele:
    """An allele that a demonstration asks for by name; `frequency` is the made-up cohort's.

    `consequence` is an SO name, `protein` in three-letter HGVS; `significance` and `condition`
    (Mondo id, name) are empty where nothing clinical is said.
    """

    rsid: str
    reference_name: str
    position: int
    ref: str
    alt: str
    gene: str
    frequency: float
    consequence: str
    protein: str = ""
    significance: str = ""
    condition: tuple[str, str] = ("", "")


_BREAST_CANCER = ("MONDO:0007254", "breast cancer")
_CYSTIC_FIBROSIS = ("MONDO:0009061", "cystic fibrosis")
_HEMOCHROMATOSIS = ("MONDO:0006507", "hereditary hemochromatosis")
_SICKLE_CELL = ("MONDO:0011382", "sickle cell disease")

_MISSENSE, _STOP, _SHIFT = "missense_variant", "stop_gained", "frameshift_variant"
_INTRON, _BEFORE = "intron_variant", "upstream_gene_variant"
NAMED = (
    NamedAllele("rs1801133", "1", 11796321, "G", "A", "MTHFR", 0.33, _MISSENSE, "p.Ala222Val"),
    NamedAllele("rs6025", "1", 169549811, "C", "T", "F5", 0.03, _MISSENSE, "p.Arg534Gln"),
    NamedAllele("rs4988235", "2", 135851076, "G", "A", "MCM6", 0.55, _INTRON),
    NamedAllele(
        *("rs1800562", "6", 26092913, "G", "A", "HFE", 0.05, _MISSENSE, "p.Cys282Tyr"),
        *("Pathogenic", _HEMOCHROMATOSIS),
    ),
    NamedAllele(
        *("rs113993960", "7", 117559590, "ATCT", "A", "CFTR", 0.015, "inframe_deletion"),
        *("p.Phe508del", "Pathogenic", _CYSTIC_FIBROSIS),
    ),
    NamedAllele("rs113488022", "7", 140753336, "A", "T", "BRAF", 0.002, _MISSENSE, "p.Val600Glu"),
    NamedAllele("rs12248560", "10", 94761900, "C", "T", "CYP2C19", 0.21, _BEFORE),
    NamedAllele("rs4244285", "10", 94781859, "G", "A", "CYP2C19", 0.15, "splice_donor_variant"),
    NamedAllele(
        *("rs334", "11", 5227002, "T", "A", "HBB", 0.01, _MISSENSE, "p.Glu7Val"),
        *("Pathogenic", _SICKLE_CELL),
    ),
    NamedAllele("rs4149056", "12", 21178615, "T", "C", "SLCO1B1", 0.15, _MISSENSE, "p.Val174Ala"),
    NamedAllele("rs9939609", "16", 53786615, "T", "A", "FTO", 0.4, _INTRON),
    NamedAllele(
        *("rs28934578", "17", 7675088, "C", "T", "TP53", 0.003, _MISSENSE, "p.Arg175His"),
        *("Pathogenic", _BREAST_CANCER),
    ),
    NamedAllele(
        *("rs80357336", "17", 43045711, "G", "T", "BRCA1", 0.006, _STOP, "p.Tyr1853Ter"),
        *("Pathogenic", _BREAST_CANCER),
    ),
    NamedAllele(
        *("rs80357906", "17", 43057062, "T", "TG", "BRCA1", 0.004, _SHIFT),
        *("p.Gln1756ProfsTer74", "Pathogenic", _BREAST_CANCER),
    ),
    NamedAllele("rs429358", "19", 44908684, "T", "C", "APOE", 0.14, _MISSENSE, "p.Cys130Arg"),
    NamedAllele("rs1050828", "X", 154536002, "C", "T", "G6PD", 0.02, _MISSENSE, "p.Val68Met"),
)

# id, name, parents; enough for a filter on a broad term to find narrower ones
ONTOLOGY = (
    ("MONDO:0700096", "human disease", ()),
    ("MONDO:0005070", "neoplasm", ("MONDO:0700096",)),
    ("MONDO:0004992", "cancer", ("MONDO:0005070",)),
    ("MONDO:0007254", "breast cancer", ("MONDO:0004992",)),
    ("MONDO:0003847", "hereditary disease", ("MONDO:0700096",)),
    ("MONDO:0009061", "cystic fibrosis", ("MONDO:0003847",)),
    ("MONDO:0006507", "hereditary hemochromatosis", ("MONDO:0003847",)),
    ("MONDO:0011382", "sickle cell disease", ("MONDO:0003847",)),
    ("MONDO:0005015", "diabetes mellitus", ("MONDO:0700096",)),
    ("MONDO:0005148", "type 2 diabetes mellitus", ("MONDO:0005015",)),
    ("MONDO:0005044", "hypertensive disorder", ("MONDO:0700096",)),
)
TERMS = {id: {"id": id, "label": label} for id, label, _ in ONTOLOGY}
