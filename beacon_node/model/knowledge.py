"""What readers of knowledge files yield: one record per gene, term or allele."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from beacon_node.model.genome import Assembly
from beacon_node.model.variation import Allele


class Kind(StrEnum):
    """What a knowledge file can be."""

    GENES = "genes"
    GENE_NAMES = "gene-names"
    CLINVAR = "clinvar"
    EFFECTS = "effects"
    PGX = "pgx"
    STAR_ALLELES = "star-alleles"
    FREQUENCIES = "frequencies"
    ONTOLOGY = "ontology"
    RSIDS = "rsids"
    REFERENCE = "reference"
    PANEL = "panel"
    GENOMES = "genomes"

    @property
    def has_assembly(self) -> bool:
        return self not in (Kind.GENE_NAMES, Kind.ONTOLOGY)


@dataclass(frozen=True, slots=True)
class Source:
    """One loaded knowledge file. `part` tells files of one name apart (a panel by chromosome).

    `rows` are the records kept; `with_reference`: indels were shifted left with a FASTA.
    `details` are what readers need to know of it: its `populations`, an ontology's `prefix`, what a
    panel was declared to be.
    """

    kind: Kind
    name: str
    assembly: Assembly | None = None
    part: str = ""
    version: str = ""
    file_name: str = ""
    sha256: str = ""
    loaded_at: str = ""
    rows: int = 0
    with_reference: bool = False
    path: str = ""
    details: Mapping = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What a newly loaded file replaces: the source with the same key."""
        return self.kind.value, self.name, self.assembly or "", self.part


class GeneRecord(NamedTuple):
    """A gene's place, interbase; ids are empty where the table has none."""

    symbol: str
    hgnc_id: str
    ensembl_id: str
    reference_name: str
    start: int
    end: int


class GeneNames(NamedTuple):
    """An approved symbol and the other names a gene goes or went by."""

    hgnc_id: str
    symbol: str
    ensembl_id: str = ""
    previous: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


class OntologyTerm(NamedTuple):
    """A term; `stands_for` are its alternative ids, `replaced_by` what an obsolete one became.

    `below` counts the terms under it.
    """

    id: str
    label: str
    parents: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    stands_for: tuple[str, ...] = ()
    replaced_by: str = ""
    is_obsolete: bool = False
    below: int = 0


class Statement(NamedTuple):
    """What a clinical database says: its own word, the condition's CURIE and label."""

    relevance: str
    condition: str
    condition_label: str
    review_status: str


class ClinicalRecord(NamedTuple):
    """One ClinVar variation. `consequences` are SO names; `names` HGVS names beyond the obvious."""

    allele: Allele
    variation: int  # ClinVar's variation id
    significance: str
    statements: tuple[Statement, ...] = ()
    genes: tuple[str, ...] = ()
    consequences: tuple[str, ...] = ()
    rsids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


class EffectRecord(NamedTuple):
    """What annotators say an allele does; `effects` have the keys of `ports.Effect`, `names` are
    HGVS names with their sequence."""

    allele: Allele
    effects: tuple[dict, ...]
    rsids: tuple[int, ...] = ()
    names: tuple[str, ...] = ()


class FrequencyRecord(NamedTuple):
    """(allele count, allele number) per population of the panel, None where it is not told."""

    allele: Allele
    counts: tuple[tuple[int, int] | None, ...]
    rsids: tuple[int, ...] = ()


class RsidRecord(NamedTuple):
    allele: Allele
    rsids: tuple[int, ...]


class PgxRecord(NamedTuple):
    """An allele at a pharmacogenomic position, also as the VCF wrote it (1-based)."""

    allele: Allele
    gene: str
    position: int
    ref: str
    alt: str
    rsids: tuple[int, ...] = ()


class StarRecord(NamedTuple):
    """An allele that helps define a named (star) allele, such as `CYP2C19*2`."""

    allele: Allele
    star: str
    rsids: tuple[int, ...] = ()


class NamedBase(NamedTuple):
    """A row of a named-allele table as written: what a star allele has at a position (1-based)."""

    gene: str
    allele: str
    reference_name: str
    position: int
    base: str
