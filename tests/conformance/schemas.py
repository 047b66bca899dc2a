"""The official Beacon v2.1.1 schemas, as `shared/spec/README.md` says to register them."""

import json
from functools import cache
from pathlib import Path

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT7, DRAFT202012

from tests.shared_data import shared

MAIN = "https://raw.githubusercontent.com/ga4gh-beacon/beacon-v2/main"
VRS = "https://w3id.org/ga4gh/schema/vrs/1.3/vrs.json"
RESPONSES = "framework/json/responses"
MODEL = "models/json/beacon-v2-default-model"
BY_GRANULARITY = {
    "boolean": "beaconBooleanResponse",
    "count": "beaconCountResponse",
    "record": "beaconResultsetsResponse",
}
FOLDERS = {
    "genomicVariant": "genomicVariations",
    "individual": "individuals",
    "biosample": "biosamples",
    "run": "runs",
    "analysis": "analyses",
    "dataset": "datasets",
    "cohort": "cohorts",
}


@cache
def _registry() -> Registry:
    spec = shared("spec")
    vrs = json.loads((spec / "vrs/1.3/vrs.json").read_text())
    found = [(VRS, DRAFT7.create_resource(vrs))]
    for path in [*spec.glob("framework/**/*.json"), *spec.glob("models/**/*.json")]:
        document = json.loads(path.read_text())
        found.append((_uri(path, spec), DRAFT202012.create_resource(document)))
    return Registry().with_resources(found)


def _uri(path: Path, spec: Path) -> str:
    return f"{MAIN}/{path.relative_to(spec).as_posix()}"


@cache
def _validator(path: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"{MAIN}/{path}.json"}, registry=_registry())


def faults(document: object, path: str) -> list[str]:
    """Return what the schema at `path` (below the specification's root) has against a document."""
    return [
        f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
        for error in _validator(path).iter_errors(document)
    ]


def response_faults(document: dict) -> list[str]:
    """Return the faults of an answer about entries by the schema of its own granularity, and
    those of every record by the default schema of its type."""
    if "error" in document:
        return faults(document, f"{RESPONSES}/beaconErrorResponse")
    meta = document["meta"]
    granularity, entry_type = meta["returnedGranularity"], meta["returnedSchemas"][0]["entityType"]
    if granularity != "record":
        unasked = ["response: must not be there"] if "response" in document else []
        return unasked + faults(document, f"{RESPONSES}/{BY_GRANULARITY[granularity]}")
    records, schema = _records(document, entry_type)
    found = faults(document, f"{RESPONSES}/{schema}")
    for record in records:
        found += faults(record, f"{MODEL}/{FOLDERS[entry_type]}/defaultSchema")
    return found


def _records(document: dict, entry_type: str) -> tuple[list[dict], str]:
    if entry_type in ("dataset", "cohort"):
        return document["response"]["collections"], "beaconCollectionsResponse"
    sets = document["response"]["resultSets"]
    return [r for one in sets for r in one["results"]], "beaconResultsetsResponse"
