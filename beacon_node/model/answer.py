"""Private matches and what is said of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.query import Granularity
from beacon_node.model.variation import Allele, Extent


class Status(StrEnum):
    """What a dataset's part of an answer is worth; anything but ANSWERED is no "no"."""

    ANSWERED = "answered"
    NOT_PERMITTED = "not permitted"
    NOT_ANSWERABLE = "not answerable"
    NOT_SEQUENCED = "not sequenced here"
    WRONG_ASSEMBLY = "wrong assembly"
    BUDGET_SPENT = "privacy budget used up"


class Precision(StrEnum):
    """How a number that is told stands to the true one; `countPrecision` of Beacon 2.2."""

    EXACT = "exact"
    IMPRECISE = "imprecise"


@dataclass(frozen=True, slots=True)
class Case:
    """One call set that carries a variation; ids are public ones, `copies` 1 or 2.

    `zygosity` is `heterozygous`, `homozygous` or `hemizygous`.
    """

    biosample_id: str
    individual_id: str
    zygosity: str
    run_id: str = ""
    analysis_id: str = ""


@dataclass(frozen=True, slots=True)
class VariationRecord:
    """One variation of a dataset as a record answer tells of it.

    `allele_count` and `allele_number` are over the people counted, `allele_number` None where it is
    not known. `effects` are the annotations that stood in the loaded file (`gene`, `transcript`,
    `hgvs_c`, `hgvs_p`, `aminoacid_change`, `consequences`), `ids` its ID column.
    """

    assembly: Assembly
    allele: Allele
    extent: Extent | None = None
    allele_count: int = 0
    allele_number: int | None = None
    homozygous: int = 0
    cases: tuple[Case, ...] = ()
    ids: tuple[str, ...] = ()
    effects: tuple[Mapping, ...] = ()


@dataclass(frozen=True, slots=True, repr=False)
class Matches:
    """What of one dataset matches a query. Private: `privacy.disclose` answers.

    `total` counts entries of the queried type; `page` holds the records of the page asked for
    (`VariationRecord` or Beacon v2 documents with public ids), empty below record granularity.
    """

    dataset_id: str
    status: Status = Status.ANSWERED
    total: int = 0
    page: tuple[VariationRecord | dict, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class NoisyCount:
    """A count of individuals with noise, as it was drawn and stored. `privacy.disclose` answers.

    What is below `threshold` is not told. `completeness` is the predicted share of people who were
    really counted, from public genomes; None where nothing can be predicted. `is_new`: it was
    drawn, and paid for, for this question; else it was stored before. `size_floor`: it counts the
    people of a group, of whom fewer are never counted; None: those who carry a variation.
    """

    dataset_id: str
    noisy: int
    threshold: int
    completeness: float | None = None
    is_new: bool = False
    size_floor: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no answer about one dataset, from public facts and what was asked before."""

    dataset_id: str
    status: Status
    reason: str


@dataclass(frozen=True, slots=True)
class DatasetAnswer:
    """What is said of one dataset. `exists` None: not answered, `status` says why.

    `count` None: not told. `records` is one page of `count` records. `precision` is that of the
    count; a number below `adjusted_to` is not told (`countAdjustedTo` of Beacon 2.2).
    `completeness`: the predicted share of people really counted, where it is not everybody.
    """

    dataset_id: str
    status: Status
    granularity: Granularity | None = None
    exists: bool | None = None
    count: int | None = None
    records: tuple[VariationRecord | dict, ...] = ()
    reason: str = ""
    precision: Precision = Precision.EXACT
    adjusted_to: int | None = None
    completeness: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said. `granularity` is the lowest at which any dataset answered; `count` None unless
    every answering dataset told a number.

    `precision` is that of the count: a sum of exact and of noisy numbers is imprecise. The count is
    at least `adjusted_to`, the least threshold of its numbers; None if one is exact.
    """

    entry_type: EntryType
    granularity: Granularity
    exists: bool
    count: int | None
    datasets: tuple[DatasetAnswer, ...] = ()
    is_test: bool = False
    notes: Mapping[str, str] = field(default_factory=dict)
    precision: Precision = Precision.EXACT
    adjusted_to: int | None = None
