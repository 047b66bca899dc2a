"""Interfaces that more than one implementation has (a test double counts)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from beacon_node.model.answer import Matches
from beacon_node.model.consent import ConsentVersion
from beacon_node.model.data_use import ResearchPurpose, Use
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Member
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.ledger import Head, Moment
from beacon_node.model.linked import Linked
from beacon_node.model.mail import Mail
from beacon_node.model.public_tier import PublicTier
from beacon_node.model.query import (
    Filter,
    Granularity,
    Lookup,
    OntologyFilter,
    Page,
    Within,
)
from beacon_node.model.variation import Allele, Bases

if TYPE_CHECKING:  # a broker uses ports and never loads what sets of people are made of
    from beacon_node.model.found_people import FoundPeople


class Clock(Protocol):
    def now(self) -> datetime:
        """Return the present moment, aware, UTC."""


class Randomness(Protocol):
    def bytes(self, count: int) -> bytes:
        """Return unpredictable bytes."""


class Mailer(Protocol):
    def send(self, mail: Mail) -> None:
        """Hand a mail to the mail system; raises MailFailed."""


class Noise(Protocol):
    """What protects counts; each call draws anew, so that whoever calls must store the draw."""

    def geometric(self, epsilon: float) -> int:
        """Return two-sided geometric noise, P(z) proportional to exp(-epsilon |z|)."""

    def binomial(self, count: int, *, probability: float) -> int:
        """Return how many of `count` independent draws with `probability` succeed."""


class Progress(Protocol):
    """How far long work is. `total` None: not known; `unit` is `bytes`, `records` …"""

    def start(self, label: str, total: int | None, unit: str) -> None: ...

    def advance(self, amount: int) -> None: ...

    def finish(self) -> None: ...


class _NoProgress:
    def start(self, label: str, total: int | None, unit: str) -> None:
        return None

    def advance(self, amount: int) -> None:
        return None

    def finish(self) -> None:
        return None


NO_PROGRESS: Progress = _NoProgress()


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset as its current release publishes it; everything here is public.

    `sizes` are the entries of each type in the release; `has_individuals` is false for a
    sites-only dataset. `use` are its DUO terms, None if nobody said which it has. `fingerprint`
    names this release and is never used again, not even by a later dataset of the same id.

    The release was made from the consents on record at `consented_at`, the newest of which was
    `consent_version` (model.ledger.Moment); None and 0 for one that looked at none. `public` says
    how it answers anybody though it is not open data, None: it does not. `filters` are the terms
    and fields that its operator lets be used at the registered tier, sorted.
    """

    id: str
    name: str
    assembly: Assembly
    is_open_data: bool
    licence: str = ""
    description: str = ""
    release: int = 0
    released_at: str = ""
    has_individuals: bool = True
    is_synthetic: bool = False
    sizes: Mapping[EntryType, int] | None = None
    document: Mapping | None = None  # the BFF dataset entry the hospital gave, if any
    cohorts: tuple[Mapping, ...] = ()
    fingerprint: str = ""
    use: Use | None = None
    consented_at: datetime | None = None
    consent_version: int = 0
    public: PublicTier | None = None
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """A query with every name resolved, ready for a store.

    `lookups` None: no variation asked for; empty for an assembly: the names mean nothing there.
    A lookup hits if any of them does. `terms` maps each ontology filter to the terms it stands for.
    `filters_key` is a digest of the filters in canonical form, for caches.
    """

    entry_type: EntryType
    lookups: Mapping[Assembly, tuple[Lookup, ...]] | None = None
    filters: tuple[Filter, ...] = ()
    terms: Mapping[OntologyFilter, frozenset[str]] | None = None
    filters_key: str = ""
    within: Within | None = None
    entry_id: str = ""
    granularity: Granularity = Granularity.BOOLEAN
    page: Page = Page()


class FileName(Protocol):
    """What names a file, as `os.PathLike` does; edges open it, pure code never does."""

    def __fspath__(self) -> str: ...


class VariantStore(Protocol):
    """Where the data of released datasets are searched."""

    def datasets(self) -> Sequence[Dataset]:
        """Return the datasets that have a release, by id."""

    def search(self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision) -> Matches:
        """Return what matches in one dataset, among the people the decision lets be counted."""

    def people(
        self, dataset: Dataset, plan: SearchPlan, decision: DatasetDecision
    ) -> "FoundPeople":
        """Return whom a registered count is about and who of them carry what was asked for; nobody
        under a decision of another tier."""

    def index_file(self, dataset: Dataset) -> FileName:
        """Return the file of the release that `dataset` names; ReleasedAnew if it has another."""

    def filtering_terms(self, dataset: Dataset) -> Sequence[Mapping]:
        """Return what can be filtered by, one `{type, id, label, scopes, values?}` each."""


class QuestionLedger(Protocol):
    """What answering and releasing need of the ledger; `store.ledger.Ledger` says the details."""

    def moment(self, now: datetime) -> Moment:
        """Return the moment a question is decided at, and the consent version then."""

    def audit(
        self, body: Mapping, *, now: datetime, unchanged_since: int | None = None
    ) -> Head | None:
        """Record a question; None and nothing written if a consent came after that version."""

    def history(self, individual: str) -> tuple[ConsentVersion, ...]:
        """Return all versions of one individual in the order of their recording."""

    def histories(self, dataset: str) -> Iterator[tuple[str, tuple[ConsentVersion, ...]]]:
        """Yield, by id, those with a statement about a dataset or all of them, with all theirs."""

    def changed_since(self, version: int, dataset: str | None = None) -> frozenset[str]:
        """Return whose consents (about a dataset or all) were recorded after a consent version."""

    def next_boundary(self, at: datetime) -> datetime | None:
        """Return the next moment after `at` on which any statement is dated."""

    def dated_between(
        self, after: datetime, until: datetime, dataset: str | None = None
    ) -> frozenset[str]:
        """Return for whom a date after `after` and not after `until` may change what holds."""

    def record_release(self, dataset_id: str, *, now: datetime) -> Moment:
        """Record that a release begins; return the moment whose consents it is made from."""

    def purpose_of(self, account: str) -> ResearchPurpose | None:
        """Return the fixed purpose of an account, None while it has none."""

    def fix_purpose(self, account: str, purpose: ResearchPurpose, *, now: datetime) -> None:
        """Fix the purpose of an account; NotPermitted if it has another one."""

    def linked(self) -> Linked:
        """Return which accounts are one person's."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What a variation does to a gene, by an annotator (SnpEff, VEP, ClinVar …).

    `aminoacid_change` is in one-letter form, `V600E`; `consequences` are SO names.
    """

    gene: str
    consequences: tuple[str, ...] = ()
    aminoacid_change: str = ""
    transcript: str = ""
    hgvs_c: str = ""
    hgvs_p: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """A clinical interpretation; `relevance` in the source's own word (`Pathogenic`, …),
    `condition` an ontology CURIE where there is one."""

    id: str
    relevance: str
    condition: str
    condition_label: str
    review_status: str = ""
    source: str = "ClinVar"


@dataclass(frozen=True, slots=True)
class PopulationFrequency:
    source: str
    population: str
    allele_count: int
    allele_number: int
    version: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What the knowledge base says of one variation."""

    rsids: tuple[str, ...] = ()
    clinvar_id: str = ""
    effects: tuple[Effect, ...] = ()
    interpretations: tuple[Interpretation, ...] = ()
    frequencies: tuple[PopulationFrequency, ...] = ()
    pharmacogenes: tuple[str, ...] = ()  # star alleles: `CYP2C19*2`


class Knowledge(Protocol):
    """What names mean; independent of any cohort. Unknown names give empty answers."""

    @property
    def version(self) -> int:
        """A number that grows with every change, for caches."""

    def gene_regions(self, gene: str) -> Mapping[Assembly, tuple[Region, ...]]:
        """Return where a gene (symbol, alias, HGNC or Ensembl id) lies."""

    def alleles_of(self, name: str) -> Mapping[Assembly, tuple[Allele, ...]]:
        """Return the alleles an rsID, HGVS expression, star allele or ClinVar id names."""

    def alleles_of_change(self, change: str, gene: str) -> Mapping[Assembly, tuple[Allele, ...]]:
        """Return the alleles known to cause a protein change (`V600E`), in `gene` unless empty."""

    def terms_for(self, wanted: OntologyFilter) -> frozenset[str]:
        """Return the term ids an ontology filter stands for, itself included.

        Raises InvalidRequest if it asks for a similarity no loaded ontology can serve.
        """

    def label(self, term: str) -> str:
        """Return a term's label, empty if unknown."""

    def genes_at(self, assembly: Assembly, region: Region) -> tuple[str, ...]:
        """Return the approved symbols of the genes that overlap a region."""

    def about(self, assembly: Assembly, alleles: Sequence[Allele]) -> Mapping[Allele, Known]:
        """Return what is known of these variations; unknown ones are left out."""

    def bases(self, assembly: Assembly, name: str, start: int, end: int) -> str:
        """Return reference bases if a FASTA is configured, else an empty string."""

    def reference_bases(self, assembly: Assembly) -> Bases | None:
        """Return a reader of reference bases, None if no FASTA is configured."""

    def resources(self) -> Sequence[Mapping]:
        """Return the loaded ontologies: `{id, name, url, version, nameSpacePrefix, iriPrefix}`."""


@dataclass(frozen=True, slots=True, repr=False)
class Sent:
    """One HTTP request to a member. `path` lies below the member's url and begins with a slash."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, repr=False)
class Received:
    """What came back: status, body of bounded size, headers by lower-case name."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Transport(Protocol):
    """How a broker reaches its members: over HTTP, in memory, later through a relay."""

    def send(self, member: Member, sent: Sent, *, timeout_s: float) -> Received:
        """Return what `member` answered. Raises Unreachable; `timeout_s` is for everything."""
