"""Who and what is made up for test mode: three people, three variations, nobody real."""

from collections.abc import Mapping
from dataclasses import dataclass

from beacon_node.model.answer import Case, VariationRecord
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.variation import Allele
from beacon_node.ports import Dataset, Effect, Interpretation, Known

COHORT_ID = "test-mode-cohort"
_COHORT = {
    "id": COHORT_ID,
    "name": "Made-up cohort",
    "cohortType": "study-defined",
    "cohortSize": 3,
}


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person with one biosample, run and analysis; `years` is the age of onset."""

    number: int
    sex: tuple[str, str]
    disease: tuple[str, str]
    years: int

    @property
    def terms(self) -> frozenset[str]:
        return frozenset({self.sex[0], self.disease[0]})


PEOPLE = (
    Person(1, ("NCIT:C16576", "female"), ("MONDO:0011450", "breast-ovarian cancer, 1"), 41),
    Person(2, ("NCIT:C20197", "male"), ("MONDO:0011450", "breast-ovarian cancer, 1"), 67),
    Person(3, ("NCIT:C20197", "male"), ("MONDO:0007750", "familial hypercholesterolemia"), 30),
)
AGE = "ageOfOnset"
ALLELES = (
    Allele("17", 43_057_062, 43_057_063, "G", "A"),
    Allele("17", 43_045_710, 43_045_711, "C", "T"),
    Allele("1", 55_039_979, 55_039_980, "G", "A"),
)
CARRIERS: tuple[dict[int, str], ...] = (
    {1: "heterozygous", 2: "homozygous"},
    {2: "heterozygous"},
    {3: "heterozygous"},
)
GENES = {
    "BRCA1": Region("17", 43_044_294, 43_125_364),
    "PCSK9": Region("1", 55_039_346, 55_064_852),
}
NAMES = {"rs000000001": ALLELES[0], "rs000000003": ALLELES[2]}
CHANGES = {("E1817*", "BRCA1"): ALLELES[0], ("E48K", "PCSK9"): ALLELES[2]}


KNOWN = Known(
    rsids=("rs000000001",),
    effects=(Effect("BRCA1", ("stop_gained",), "E1817*"),),
    interpretations=(
        Interpretation(
            "made-up-1", "Pathogenic", "MONDO:0011450", "breast-ovarian cancer, 1", source="made up"
        ),
    ),
)


def labels() -> dict[str, str]:
    return {id: label for person in PEOPLE for id, label in (person.sex, person.disease)}


def dataset_on(assembly: Assembly) -> Dataset:
    return Dataset(
        id="test-mode" if assembly is Assembly.GRCH38 else f"test-mode-{assembly}",
        name=f"Made-up data for test mode on {assembly}",
        assembly=assembly,
        is_open_data=True,
        licence="CC0-1.0",
        description="Nobody real: answers of test mode come from here alone.",
        release=1,
        is_synthetic=True,
        cohorts=(_COHORT,),
    )


def id_of(entry_type: EntryType, person: Person) -> str:
    return f"test-{entry_type.value}-{person.number}"


def variation(assembly: Assembly, allele: Allele, carriers: Mapping[int, str]) -> VariationRecord:
    homozygous = sum(zygosity == "homozygous" for zygosity in carriers.values())
    return VariationRecord(
        assembly,
        allele,
        allele_count=len(carriers) + homozygous,
        allele_number=2 * len(PEOPLE),
        homozygous=homozygous,
        cases=tuple(
            Case(
                f"test-biosample-{n}",
                f"test-individual-{n}",
                zygosity,
                f"test-run-{n}",
                f"test-analysis-{n}",
            )
            for n, zygosity in carriers.items()
        ),
    )


def document(entry_type: EntryType, person: Person) -> dict:
    """Return a person's individual, biosample, run or analysis with the ids of what it is of."""
    above = LINEAGE[: LINEAGE.index(entry_type)]
    parents = {f"{parent.value}Id": id_of(parent, person) for parent in above}
    own = _individual(person) if entry_type is EntryType.INDIVIDUAL else _OWN[entry_type]
    return {"id": id_of(entry_type, person)} | parents | own


_OWN: Mapping[EntryType, dict] = {
    EntryType.BIOSAMPLE: {
        "biosampleStatus": {"id": "EFO:0009654", "label": "reference sample"},
        "sampleOriginType": {"id": "UBERON:0000178", "label": "blood"},
    },
    EntryType.RUN: {"runDate": "2020-01-01"},
    EntryType.ANALYSIS: {"analysisDate": "2020-01-01", "pipelineName": "made up"},
}


def _individual(person: Person) -> dict:
    sex, disease = ({"id": id, "label": label} for id, label in (person.sex, person.disease))
    return {
        "sex": sex,
        "diseases": [
            {"diseaseCode": disease, "ageOfOnset": {"iso8601duration": f"P{person.years}Y"}}
        ],
    }
