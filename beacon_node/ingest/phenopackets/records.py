"""Phenopackets as individuals and biosamples of the Beacon v2 default model.

Names change as the Beacon v2 documentation maps the two models (`type` → `featureType`, `term` →
`diseaseCode`, `onset` → `ageOfOnset` …). What Beacon has no place for keeps its phenopacket name
(`vitalStatus`, `timeAtLastEncounter`). Excluded features stay, marked so; diseases that were
excluded move to `info.excludedDiseases`, for a Beacon disease cannot say that it is absent. The
disease of a solved interpretation is a disease of the person.
"""

from collections.abc import Iterator
from pathlib import Path

from beacon_node.ingest.bff import is_ontology_term
from beacon_node.ingest.phenopackets import parts
from beacon_node.ingest.phenopackets.packets import Naming, Packet, items, packets
from beacon_node.model.entries import Document, EntryType

UNKNOWN = {"id": "NCIT:C17998", "label": "Unknown"}
SEXES = {
    "FEMALE": {"id": "NCIT:C16576", "label": "female"},
    "MALE": {"id": "NCIT:C20197", "label": "male"},
    "OTHER_SEX": {"id": "NCIT:C17649", "label": "Other"},
    "UNKNOWN_SEX": {"id": "NCIT:C17998", "label": "unknown"},
}


def read_phenopackets(path: str | Path, *, naming: Naming = Naming.AUTOMATIC) -> Iterator[Document]:
    """Yield the individual of each phenopacket, followed by its biosamples.

    `path` is a file (one phenopacket, a JSON array, JSON lines; plain or gzip) or a folder of such.
    Raises InvalidInput naming file and place.
    """
    for packet in packets(path, naming):
        yield Document(EntryType.INDIVIDUAL, packet.person, _individual(packet))
        for sample in items(packet, packet.body, "biosamples"):
            yield _biosample(packet, sample)


# ---- individuals -------------------------------------------------------------------------------


def _individual(packet: Packet) -> dict:
    body, subject = packet.body, packet.body["subject"]
    diseases = items(packet, body, "diseases")
    present = [d for d in diseases if not d.get("excluded") and not d.get("negated")]
    excluded = [d for d in diseases if d not in present]
    info = {
        "phenopacketId": body["id"],
        "excludedDiseases": [_disease(packet, disease) for disease in excluded],
    }
    individual = {
        "id": packet.person,
        "sex": _sex(packet, subject),
        "karyotypicSex": subject.get("karyotypicSex"),
        "timeAtLastEncounter": parts.time_element(_last_age(subject)),
        "vitalStatus": _vital_status(subject),
        "diseases": [_disease(packet, disease) for disease in present] + _solved(packet, diseases),
        "phenotypicFeatures": _features(packet, body),
        "measures": _measures(packet, body),
        **_actions(packet),
        "info": parts.filled(info),
    }
    return parts.filled(individual)


def _sex(packet: Packet, subject: dict) -> dict:
    word = subject.get("sex", "UNKNOWN_SEX")
    if not isinstance(word, str) or word not in SEXES:
        raise packet.problem(f"`subject.sex` must be one of {', '.join(SEXES)}")
    return SEXES[word]


def _last_age(subject: dict) -> object:
    return subject.get("timeAtLastEncounter") or subject.get("ageAtCollection")


def _vital_status(subject: dict) -> dict | None:
    status = subject.get("vitalStatus")
    if not isinstance(status, dict):
        return None
    return parts.filled(status | {"timeOfDeath": parts.time_element(status.get("timeOfDeath"))})


def _term(packet: Packet, holder: dict, key: str, field: str) -> dict:
    term = parts.ontology_term(holder.get(key))
    if term is None:
        raise packet.problem(f"`{field}.{key}` must be an ontology term {{id, label}}")
    return term


def _disease(packet: Packet, disease: dict) -> dict:
    stages = items(packet, disease, "diseaseStage")
    onset = disease.get("onset") or disease.get("ageOfOnset") or disease.get("classOfOnset")
    found = {
        "diseaseCode": _term(packet, disease, "term", "diseases"),
        "ageOfOnset": parts.time_element(onset),
        "stage": stages[0] if stages else None,
        "resolution": parts.time_element(disease.get("resolution")),
        "clinicalTnmFinding": disease.get("clinicalTnmFinding"),
        "primarySite": disease.get("primarySite"),
        "laterality": disease.get("laterality"),
    }
    return parts.filled(found)


def _solved(packet: Packet, stated: list[dict]) -> list[dict]:
    """Return the diseases of solved interpretations that the phenopacket does not list itself."""
    known = {d["term"]["id"] for d in stated if is_ontology_term(d.get("term"))}
    found = {}
    for interpretation in items(packet, packet.body, "interpretations"):
        disease = parts.child(interpretation, "diagnosis").get("disease")
        solved = interpretation.get("progressStatus") == "SOLVED"
        if solved and is_ontology_term(disease) and disease["id"] not in known:
            found[disease["id"]] = {"diseaseCode": parts.ontology_term(disease)}
    return list(found.values())


def _features(packet: Packet, holder: dict) -> list[dict]:
    return [_feature(packet, item) for item in items(packet, holder, "phenotypicFeatures")]


def _feature(packet: Packet, feature: dict) -> dict:
    evidence = items(packet, feature, "evidence")
    onset = feature.get("onset") or feature.get("ageOfOnset") or feature.get("classOfOnset")
    is_excluded = feature.get("excluded") is True or feature.get("negated") is True
    found = {
        "featureType": _term(packet, feature, "type", "phenotypicFeatures"),
        "excluded": True if is_excluded else None,
        "severity": parts.ontology_term(feature.get("severity")),
        "modifiers": feature.get("modifiers"),
        "onset": parts.time_element(onset),
        "resolution": parts.time_element(feature.get("resolution")),
        "evidence": parts.evidence(evidence[0]) if evidence else None,
        "notes": feature.get("description"),
    }
    return parts.filled(found)


def _measures(packet: Packet, holder: dict) -> list[dict]:
    found = []
    for item in items(packet, holder, "measurements"):
        value = parts.measurement_value(item)
        if value is None:
            raise packet.problem("`measurements` needs a `value` or a `complexValue`")
        observed = item.get("timeObserved")
        date = observed.get("timestamp") if isinstance(observed, dict) else None
        measure = {
            "assayCode": _term(packet, item, "assay", "measurements"),
            "measurementValue": value,
            "date": date[:10] if isinstance(date, str) else None,
            "observationMoment": None if date else parts.time_element(observed),
            "procedure": parts.procedure(item.get("procedure")),
            "notes": item.get("description"),
        }
        found.append(parts.filled(measure))
    return found


def _actions(packet: Packet) -> dict[str, list[dict]]:
    """Return the medical actions as treatments and as interventions or procedures."""
    treatments, procedures = [], []
    for action in items(packet, packet.body, "medicalActions"):
        procedures.append(parts.procedure(action.get("procedure")))
        procedures.append(parts.radiation(action.get("radiationTherapy")))
        treatments.append(parts.treatment(action.get("treatment")))
        treatments.append(parts.regimen(action.get("therapeuticRegimen")))
    return {
        "treatments": [item for item in treatments if item],
        "interventionsOrProcedures": [item for item in procedures if item],
    }


# ---- biosamples --------------------------------------------------------------------------------

_SAMPLE_TERMS = {  # the phenopacket's name → Beacon's
    "histologicalDiagnosis": "histologicalDiagnosis",
    "tumorProgression": "tumorProgression",
    "tumorGrade": "tumorGrade",
    "pathologicalStage": "pathologicalStage",
    "sampleProcessing": "sampleProcessing",
    "sampleStorage": "sampleStorage",
}


def _biosample(packet: Packet, sample: dict) -> Document:
    id = sample.get("id")
    if not isinstance(id, str) or not id.strip():
        raise packet.problem("`biosamples` needs an `id`")
    origin = sample.get("sampleType") or sample.get("sampledTissue")
    collected = sample.get("timeOfCollection") or sample.get("ageOfIndividualAtCollection")
    body = {
        "id": id,
        "individualId": packet.person,
        "biosampleStatus": parts.ontology_term(sample.get("materialSample")) or UNKNOWN,
        "sampleOriginType": parts.ontology_term(origin) or UNKNOWN,
        "sampleOriginDetail": parts.ontology_term(sample.get("sampledTissue")),
        **{new: parts.ontology_term(sample.get(old)) for old, new in _SAMPLE_TERMS.items()},
        "pathologicalTnmFinding": sample.get("pathologicalTnmFinding"),
        "diagnosticMarkers": sample.get("diagnosticMarkers"),
        "collectionDate": parts.date_of(collected),
        "collectionMoment": parts.duration_of(collected),
        "obtentionProcedure": parts.procedure(sample.get("procedure")),
        "phenotypicFeatures": _features(packet, sample),
        "measurements": _measures(packet, sample),
        "notes": sample.get("description"),
    }
    filled = parts.filled(body)
    return Document(EntryType.BIOSAMPLE, id, filled, packet.person, EntryType.INDIVIDUAL)
