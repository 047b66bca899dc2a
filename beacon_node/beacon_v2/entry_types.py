"""The entry types of the Beacon v2.1.1 default model as this node serves them.

Names, ontology terms and schema versions: `beaconConfiguration.json` and the `$comment` of each
`defaultSchema.json` of the default model.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from beacon_node.model.entries import EntryType

MODEL = (
    "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/v2.1.1/models/json/"
    "beacon-v2-default-model"
)
FRAMEWORK = "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/v2.1.1/framework/json"
SPECIFICATION = "Beacon v2.1.1"


@dataclass(frozen=True, slots=True)
class Definition:
    """What `/entry_types` and `/map` tell of one entry type.

    `folder` holds its schema in the default model; `sub_endpoints` are the entry types that can be
    listed for one entry; `collects` what a collection consists of.
    """

    name: str
    description: str
    term: tuple[str, str]
    schema: str
    schema_version: str
    folder: str
    sub_endpoints: tuple[EntryType, ...]
    has_filtering_terms: bool = False
    collects: tuple[EntryType, ...] = ()


_VARIANT, _INDIVIDUAL, _BIOSAMPLE = (
    EntryType.GENOMIC_VARIANT,
    EntryType.INDIVIDUAL,
    EntryType.BIOSAMPLE,
)
_RUN, _ANALYSIS = EntryType.RUN, EntryType.ANALYSIS

DEFINITIONS: Mapping[EntryType, Definition] = {
    EntryType.GENOMIC_VARIANT: Definition(
        "Genomic Variants",
        "A change of sequence at a place on a reference assembly.",
        ("ENSGLOSSARY:0000092", "Variant"),
        "ga4gh-beacon-variant-v2.1.0",
        "v2.1.0",
        "genomicVariations",
        (_INDIVIDUAL, _BIOSAMPLE, _RUN, _ANALYSIS),
    ),
    EntryType.INDIVIDUAL: Definition(
        "Individual",
        "A person whose data are held here.",
        ("NCIT:C25190", "Person"),
        "ga4gh-beacon-individual-v2.0.0",
        "v2.0.0",
        "individuals",
        (_VARIANT, _BIOSAMPLE, _RUN, _ANALYSIS),
        has_filtering_terms=True,
    ),
    EntryType.BIOSAMPLE: Definition(
        "Biological Sample",
        "Material taken from an individual.",
        ("NCIT:C70699", "Biospecimen"),
        "ga4gh-beacon-biosample-v2.0.0",
        "v2.0.0",
        "biosamples",
        (_VARIANT, _RUN, _ANALYSIS),
    ),
    EntryType.RUN: Definition(
        "Sequencing run",
        "One completed operation of a sequencing instrument on a biosample.",
        ("NCIT:C148088", "Sequencing run"),
        "ga4gh-beacon-run-v2.0.0",
        "v2.0.0",
        "runs",
        (_VARIANT, _ANALYSIS),
    ),
    EntryType.ANALYSIS: Definition(
        "Bioinformatics analysis",
        "A computation on the data of a run.",
        ("edam:operation_2945", "Analysis"),
        "ga4gh-beacon-analysis-v2.0.0",
        "v2.0.0",
        "analyses",
        (_VARIANT,),
    ),
    EntryType.DATASET: Definition(
        "Dataset",
        "Data of individuals under one controller and one permitted use.",
        ("NCIT:C47824", "Data set"),
        "ga4gh-beacon-dataset-v2.0.0",
        "v2.0.0",
        "datasets",
        (_VARIANT, _INDIVIDUAL, _BIOSAMPLE, _RUN, _ANALYSIS),
        has_filtering_terms=True,
        collects=(_VARIANT,),
    ),
    EntryType.COHORT: Definition(
        "Cohort",
        "A group of individuals with something in common.",
        ("NCIT:C61512", "Cohort"),
        "ga4gh-beacon-cohort-v2.0.0",
        "v2.0.0",
        "cohorts",
        (_VARIANT, _INDIVIDUAL, _BIOSAMPLE, _RUN, _ANALYSIS),
        has_filtering_terms=True,
        collects=(_INDIVIDUAL,),
    ),
}

COLLECTIONS = frozenset({EntryType.DATASET, EntryType.COHORT})


def returned_schemas(entry_type: EntryType) -> list[dict[str, str]]:
    """Return `meta.returnedSchemas` of an answer with entries of this type."""
    return [{"entityType": entry_type.value, "schema": DEFINITIONS[entry_type].schema}]
