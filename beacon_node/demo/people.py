"""Made-up clinical records of the people whose genotypes `demo.genotypes` draws.

A few characteristics lean a little on genotypes, so that questions that join the two have something
to find: body mass index on FTO, LDL cholesterol on APOE, breast cancer on BRCA1 and TP53,
hemochromatosis on HFE. Every record says that it is synthetic.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from beacon_node.demo.facts import TERMS

SYNTHETIC = {"synthetic": True, "note": "made up by a random generator; this person does not exist"}
_FEMALE = {"id": "NCIT:C16576", "label": "female"}
_MALE = {"id": "NCIT:C20197", "label": "male"}
_ORIGINS = (
    {"id": "GAZ:00002641", "label": "England"},
    {"id": "GAZ:00002639", "label": "Scotland"},
    {"id": "GAZ:00002640", "label": "Wales"},
)
_FIRST_DAY = date(2020, 1, 6)

# Units, and what is measured: code, label, unit
_PER_SQUARE_METER = {"id": "NCIT:C49671", "label": "Kilogram per Square Meter"}
_KILOGRAM = {"id": "NCIT:C28252", "label": "Kilogram"}
_CENTIMETER = {"id": "NCIT:C49668", "label": "Centimeter"}
_PERCENT = {"id": "UO:0000187", "label": "percent"}
_MG_PER_DL = {"id": "NCIT:C67015", "label": "Milligram per Deciliter"}
_COUNT = {"id": "UO:0000189", "label": "count unit"}
_ASSAYS = {
    "bmi": ("LOINC:39156-5", "Body mass index", _PER_SQUARE_METER),
    "weight": ("LOINC:29463-7", "Body weight", _KILOGRAM),
    "height": ("LOINC:8302-2", "Body height", _CENTIMETER),
    "hba1c": ("LOINC:4548-4", "Hemoglobin A1c/Hemoglobin.total in Blood", _PERCENT),
    "ldl": ("LOINC:18262-6", "Cholesterol in LDL", _MG_PER_DL),
    "steps": ("LOINC:41950-7", "Number of steps in 24 hour measured", _COUNT),
    "bacteroides": ("NCBITaxon:816", "Bacteroides", _PERCENT),
    "faecalibacterium": ("NCBITaxon:216851", "Faecalibacterium", _PERCENT),
}


@dataclass(frozen=True, slots=True)
class Records:
    """The Beacon v2 records of a cohort, by the name of the file they go to."""

    individuals: list[dict]
    biosamples: list[dict]
    runs: list[dict]
    analyses: list[dict]
    cohorts: list[dict]
    datasets: list[dict]


def biosample_ids(people: int, first: int = 1) -> list[str]:
    """Return the biosamples' ids, which are the VCF's sample names; `first` numbers the first."""
    return [f"SYN{number:05d}-B1" for number in range(first, first + people)]


def make_records(
    is_male: np.ndarray,
    dosage: Mapping[str, np.ndarray],
    random: np.random.Generator,
    first: int = 1,
) -> Records:
    """Return the records of everybody; `dosage` maps rsIDs to copies per person."""
    made = Records([], [], [], [], _cohorts(len(is_male)), _datasets())
    for number, male in enumerate(is_male.tolist()):
        copies = {rsid: int(of_all[number]) for rsid, of_all in dosage.items()}
        id = f"SYN{first + number:05d}"
        age = int(random.integers(18, 85))
        taken = _FIRST_DAY + timedelta(days=int(random.integers(0, 1500)))
        made.individuals.append(_individual(id, male, age, taken, copies, random))
        made.biosamples.append(_biosample(id, age, taken))
        made.runs.append(_run(id, taken))
        made.analyses.append(_analysis(id, taken))
    return made


# ---- people ------------------------------------------------------------------------------------


def _individual(
    id: str,
    male: bool,
    age: int,
    seen: date,
    copies: Mapping[str, int],
    random: np.random.Generator,
) -> dict:
    measured = _measured(male, copies, random)
    diseases = _diseases(male, age, copies, measured, random)
    has_diabetes = any(d["diseaseCode"]["id"] == "MONDO:0005148" for d in diseases)
    if has_diabetes:
        measured["hba1c"] += 2.0
    person = {
        "id": id,
        "sex": _MALE if male else _FEMALE,
        "geographicOrigin": _ORIGINS[random.integers(len(_ORIGINS))],
        "diseases": diseases,
        "phenotypicFeatures": _features(measured, random),
        "measures": [_measure(name, amount, seen, age) for name, amount in measured.items()],
        "treatments": [_metformin()] if has_diabetes else [],
        "info": SYNTHETIC,
    }
    return {key: value for key, value in person.items() if value != []}


def _measured(male: bool, copies: Mapping[str, int], random: np.random.Generator) -> dict:
    height = random.normal(177 if male else 164, 7)
    bmi = max(16.0, random.normal(25.5 + 0.8 * copies.get("rs9939609", 0), 4))
    ldl = max(40.0, random.normal(115 + 15 * copies.get("rs429358", 0), 28))
    return {
        "bmi": bmi,
        "weight": bmi * (height / 100) ** 2,
        "height": height,
        "hba1c": max(4.0, random.normal(5.4, 0.3)),
        "ldl": ldl,
        "steps": round(max(300.0, random.normal(9500 - 120 * (bmi - 25), 2500))),
        "bacteroides": float(random.beta(4, 12) * 100),
        "faecalibacterium": float(random.beta(3, 25) * 100),
    }


def _measure(name: str, amount: float, seen: date, age: int) -> dict:
    code, label, unit = _ASSAYS[name]
    return {
        "assayCode": {"id": code, "label": label},
        "measurementValue": {"value": round(float(amount), 2), "unit": unit},
        "date": seen.isoformat(),
        "observationMoment": {"iso8601duration": f"P{age}Y"},
    }


def _diseases(
    male: bool,
    age: int,
    copies: Mapping[str, int],
    measured: Mapping[str, float],
    random: np.random.Generator,
) -> list[dict]:
    """Return the diseases that chance gives a person, at ages up to the present one."""
    in_brca1 = copies.get("rs80357336", 0) + copies.get("rs80357906", 0)
    at_risk = in_brca1 + copies.get("rs28934578", 0) > 0
    chances = {
        "MONDO:0005148": 0.06 + 0.01 * max(0.0, measured["bmi"] - 25),
        "MONDO:0005044": 0.18,
        "MONDO:0007254": 0.001 if male else 0.45 if at_risk else 0.04,
        "MONDO:0006507": 0.6 if copies.get("rs1800562", 0) == 2 else 0.0,
        "MONDO:0009061": 1.0 if copies.get("rs113993960", 0) == 2 else 0.0,
        "MONDO:0011382": 1.0 if copies.get("rs334", 0) == 2 else 0.0,
    }
    return [
        {
            "diseaseCode": TERMS[id],
            "ageOfOnset": {"iso8601duration": f"P{int(random.integers(1, age + 1))}Y"},
        }
        for id, chance in chances.items()
        if random.random() < chance
    ]


def _features(measured: Mapping[str, float], random: np.random.Generator) -> list[dict]:
    """Return features that follow from the measures, and migraine, which was asked of everybody."""
    features = []
    if measured["bmi"] >= 30:
        features.append({"featureType": {"id": "HP:0001513", "label": "Obesity"}})
    if measured["ldl"] >= 160:
        term = {"id": "HP:0003124", "label": "Hypercholesterolemia"}
        features.append({"featureType": term})
    migraine = {"featureType": {"id": "HP:0002076", "label": "Migraine"}}
    features.append(migraine if random.random() < 0.12 else migraine | {"excluded": True})
    return features


def _metformin() -> dict:
    return {"treatmentCode": {"id": "CHEBI:6801", "label": "metformin"}}


# ---- their samples, and all of them ------------------------------------------------------------


def _biosample(id: str, age: int, taken: date) -> dict:
    return {
        "id": f"{id}-B1",
        "individualId": id,
        "biosampleStatus": {"id": "EFO:0009654", "label": "reference sample"},
        "sampleOriginType": {"id": "UBERON:0000178", "label": "blood"},
        "collectionDate": taken.isoformat(),
        "collectionMoment": f"P{age}Y",
        "info": SYNTHETIC,
    }


def _run(id: str, taken: date) -> dict:
    return {
        "id": f"{id}-R1",
        "biosampleId": f"{id}-B1",
        "individualId": id,
        "runDate": (taken + timedelta(days=30)).isoformat(),
        "libraryLayout": "PAIRED",
        "librarySource": {"id": "GENEPIO:0001966", "label": "genomic source"},
        "libraryStrategy": "WGS",
        "platform": "Illumina",
        "platformModel": {"id": "OBI:0002048", "label": "Illumina HiSeq 2000"},
        "info": SYNTHETIC,
    }


def _analysis(id: str, taken: date) -> dict:
    return {
        "id": f"{id}-A1",
        "runId": f"{id}-R1",
        "biosampleId": f"{id}-B1",
        "individualId": id,
        "analysisDate": (taken + timedelta(days=37)).isoformat(),
        "pipelineName": "synthetic genotype generator",
        "aligner": "none",
        "variantCaller": "none",
        "info": SYNTHETIC,
    }


def _cohorts(people: int) -> list[dict]:
    cohort = {
        "id": "synthetic-cohort",
        "name": "Synthetic demonstration cohort",
        "cohortType": "study-defined",
        "cohortSize": people,
        "info": SYNTHETIC,
    }
    return [cohort]


def _datasets() -> list[dict]:
    use = {"id": "DUO:0000042", "label": "general research use", "version": "2022-09-15"}
    dataset = {
        "id": "synthetic",
        "name": "Synthetic demonstration dataset",
        "description": "Genotypes and clinical records made up by a random generator. Synthetic: "
        "nobody in it exists, and nothing can be learned from it.",
        "dataUseConditions": {"duoDataUse": [use]},
        "version": "1",
        "info": SYNTHETIC,
    }
    return [dataset]
