"""The Beacon v2 entry types and how one belongs to another."""

import base64
import hmac
from dataclasses import dataclass
from enum import StrEnum


class EntryType(StrEnum):
    """Ids of the Beacon v2.1.1 default model."""

    __hash__ = str.__hash__  # the enum's own is slow

    GENOMIC_VARIANT = "genomicVariant"
    INDIVIDUAL = "individual"
    BIOSAMPLE = "biosample"
    RUN = "run"
    ANALYSIS = "analysis"
    DATASET = "dataset"
    COHORT = "cohort"

    @property
    def path(self) -> str:
        """The path segment: `g_variants`, `individuals` …"""
        return _PATHS[self]

    @property
    def counts(self) -> str:
        """What a number in an answer about this type counts (`info.countOf`)."""
        return _COUNTS[self]


_PATHS = {
    EntryType.GENOMIC_VARIANT: "g_variants",
    EntryType.INDIVIDUAL: "individuals",
    EntryType.BIOSAMPLE: "biosamples",
    EntryType.RUN: "runs",
    EntryType.ANALYSIS: "analyses",
    EntryType.DATASET: "datasets",
    EntryType.COHORT: "cohorts",
}
_COUNTS = {
    EntryType.GENOMIC_VARIANT: "genomic variations",
    EntryType.INDIVIDUAL: "individuals",
    EntryType.BIOSAMPLE: "biosamples",
    EntryType.RUN: "runs",
    EntryType.ANALYSIS: "analyses",
    EntryType.DATASET: "datasets",
    EntryType.COHORT: "cohorts",
}

# Each level belongs to the one before it: an analysis to a run, a run to a biosample, …
LINEAGE = (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN, EntryType.ANALYSIS)


def parse_scope(text: str) -> EntryType | None:
    """Return the entry type a filter's `scope` names, singular or plural, None if unknown.

    >>> parse_scope("individuals"), parse_scope("genomicVariations")
    (<EntryType.INDIVIDUAL: 'individual'>, <EntryType.GENOMIC_VARIANT: 'genomicVariant'>)
    """
    word = text.strip()
    for entry_type in EntryType:
        if word in (entry_type.value, entry_type.path, f"{entry_type.value}s"):
            return entry_type
    aliases = {"genomicVariation": 0, "genomicVariations": 0, "g_variant": 0}
    return EntryType.GENOMIC_VARIANT if word in aliases else None


@dataclass(frozen=True, slots=True)
class Document:
    """One record in the shape of the Beacon v2 default model, as the hospital has it.

    `id` is the hospital's own and never leaves the node; `parent_id` is the record it belongs to
    (an individual's is empty, a biosample's the individual, a run's the biosample, an analysis's
    the run or, without one, the biosample). `body` is the JSON object.
    """

    entry_type: EntryType
    id: str
    body: dict
    parent_id: str = ""
    parent_type: EntryType | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """An ontology (or custom) term that is true of a record. `field` is its path, e.g.
    `diseases.diseaseCode`; a path ends where the ontology object stands."""

    field: str
    id: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Measure:
    """A value that can be compared: `amount` for numbers, ISO 8601 durations (in years) and dates
    (days since 0001-01-01), `text` as written; `unit` is the unit's CURIE, empty without one.
    `field` is what is measured: an assay code's CURIE, or a path such as `ageAtCollection`."""

    field: str
    amount: float | None
    text: str
    unit: str = ""
    label: str = ""
    unit_label: str = ""


def pseudonym(key: bytes, dataset_id: str, entry_type: EntryType, id: str) -> str:
    """Return the public id of a record: HMAC-SHA256 under the node's key, 80 bits in base32.

    Without the key it says nothing about the hospital's id, nor which records of two datasets
    belong to one person.
    """
    text = "\x1f".join((dataset_id, entry_type.value, id))
    digest = hmac.digest(key, text.encode(), "sha256")
    return f"{entry_type.value[:3]}-{base64.b32encode(digest[:10]).decode().lower()}"
