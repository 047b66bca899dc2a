"""What is asked, in one canonical form whatever its spelling."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.variation import Allele, VariationId


class Granularity(IntEnum):
    """How much an answer says; compare with < and min()."""

    BOOLEAN = 1
    COUNT = 2
    RECORD = 3

    @property
    def word(self) -> str:
        return _WORDS[self]


_WORDS = {one: one.name.lower() for one in Granularity}  # names of members are slow to read


class Include(StrEnum):
    """Which result sets are listed (`includeResultsetResponses`)."""

    HIT = "HIT"
    MISS = "MISS"
    ALL = "ALL"
    NONE = "NONE"


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that a variation found by place or gene must also meet; empty ones hold always.

    Lengths in bases, inclusive. `alternate_bases` may hold `N` wildcards.
    """

    variant_types: frozenset[str] = frozenset()
    alternate_bases: str | None = None
    reference_bases: str | None = None
    aminoacid_change: str = ""
    min_length: int | None = None
    max_length: int | None = None
    mate_name: str = ""


EVERYTHING = Selection()


@dataclass(frozen=True, slots=True)
class SequenceQuery:
    """An exact allele. `ref` None: any reference bases; `N` in ref or alt: any one base."""

    assembly: Assembly
    reference_name: str
    start: int
    ref: str | None
    alt: str


@dataclass(frozen=True, slots=True)
class RangeQuery:
    """Any variation that overlaps the region, even partially."""

    assembly: Assembly
    region: Region
    selection: Selection = EVERYTHING


@dataclass(frozen=True, slots=True)
class BracketQuery:
    """start_min <= start < start_max and end_min <= end < end_max."""

    assembly: Assembly
    reference_name: str
    start_min: int
    start_max: int
    end_min: int
    end_max: int
    selection: Selection = EVERYTHING


@dataclass(frozen=True, slots=True)
class GeneQuery:
    """Any variation that overlaps the gene; the name is an approved symbol, an alias or an id."""

    gene: str
    assembly: Assembly | None = None
    selection: Selection = EVERYTHING


@dataclass(frozen=True, slots=True)
class AminoacidQuery:
    """Variations known to cause this protein change, in any gene unless one is named."""

    change: str
    gene: str = ""
    assembly: Assembly | None = None
    selection: Selection = EVERYTHING


@dataclass(frozen=True, slots=True)
class NameQuery:
    """A variation by name: rsID, transcript or protein HGVS, star allele; looked up in the
    knowledge base."""

    name: str
    assembly: Assembly | None = None


@dataclass(frozen=True, slots=True)
class VariationIdQuery:
    """One variation by its public id."""

    id: VariationId


VariationQuery = (
    SequenceQuery
    | RangeQuery
    | BracketQuery
    | GeneQuery
    | AminoacidQuery
    | NameQuery
    | VariationIdQuery
)


class Similarity(StrEnum):
    __hash__ = str.__hash__  # the enum's own is slow

    EXACT = "exact"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class OntologyFilter:
    """True of records with this term or, by default, one below it. Custom terms come here too."""

    id: str
    scope: EntryType | None = None
    include_descendants: bool = True
    similarity: Similarity = Similarity.EXACT


@dataclass(frozen=True, slots=True)
class AlphanumericFilter:
    """True of records whose `field` compares so. `%` in a text value stands for anything.

    `operator` is one of = < > ! >= <=; `value` as written, a unit after a space.
    """

    field: str
    operator: str
    value: str
    scope: EntryType | None = None


Filter = OntologyFilter | AlphanumericFilter


@dataclass(frozen=True, slots=True)
class Page:
    """`skip` counts pages of `limit` records."""

    skip: int = 0
    limit: int = 10

    @property
    def offset(self) -> int:
        return self.skip * self.limit


@dataclass(frozen=True, slots=True)
class Within:
    """Only records that belong to this one: `/individuals/{id}/g_variants`."""

    entry_type: EntryType
    id: str  # public id


@dataclass(frozen=True, slots=True)
class Query:
    """One question. `filters` is sorted and free of repeats; all must hold (AND).

    `entry_id` asks for one record by its public id. `datasets` empty: all of them.
    """

    entry_type: EntryType
    variation: VariationQuery | None = None
    filters: tuple[Filter, ...] = ()
    granularity: Granularity = Granularity.BOOLEAN
    include: Include = Include.HIT
    page: Page = field(default_factory=Page)
    datasets: tuple[str, ...] = ()
    within: Within | None = None
    entry_id: str = ""
    is_test: bool = False


@dataclass(frozen=True, slots=True)
class AlleleSet:
    """Lookup: exactly these alleles (normal form, one assembly)."""

    alleles: tuple[Allele, ...]
    selection: Selection = EVERYTHING


# What a store is asked to look up: names are resolved and alleles normalised before it is asked.
Lookup = AlleleSet | SequenceQuery | RangeQuery | BracketQuery | VariationIdQuery
