"""Every endpoint in the map answers as the official schemas say, for GET and POST, at every
granularity; so do errors."""

import json

import pytest

from beacon_node.beacon_v2.entry_types import DEFINITIONS
from beacon_node.model.entries import EntryType
from tests.conformance.schemas import RESPONSES, faults, response_faults
from tests.shared_data import shared

FRAMEWORK = {
    "/": "beaconInfoResponse",
    "/info": "beaconInfoResponse",
    "/service-info": "ga4gh-service-info-1-0-0-schema",
    "/configuration": "beaconConfigurationResponse",
    "/entry_types": "beaconEntryTypesResponse",
    "/map": "beaconMapResponse",
    "/filtering_terms": "beaconFilteringTermsResponse",
}
GRANULARITIES = ("boolean", "count", "record")
PATHS = [
    f"/{entry_type.path}{rest}"
    for entry_type, definition in DEFINITIONS.items()
    for rest in ("", "/{id}", *(f"/{{id}}/{part.path}" for part in definition.sub_endpoints))
]


def ask(client, path: str, method: str, query: dict, *, flat: bool = False):
    """Ask the same by GET and POST."""
    if method == "POST":
        asked = dict(query)
        parameters = asked.pop("requestParameters", None)
        if parameters:
            asked["requestParameters"] = parameters if flat else {"g_variant": parameters}
        body = {"meta": {"apiVersion": "v2.1.1"}, "query": asked}
        return client.post(f"/api{path}", json=body)
    named = {**query, **query.get("requestParameters", {})}
    named.pop("requestParameters", None)
    joined = {k: ",".join(map(str, v)) if isinstance(v, list) else v for k, v in named.items()}
    return client.get(f"/api{path}", query_string=joined)


def timeless(answer) -> dict:
    """Return an answer without how long a broker's members took for it."""
    rows = answer.json["info"].get("members", [])
    document = answer.json
    document["info"] = {**document["info"], "members": [_timeless_row(row) for row in rows]}
    return document


def _timeless_row(row: dict) -> dict:
    kept = {name: value for name, value in row.items() if name != "elapsedMs"}
    return kept | {"members": [_timeless_row(one) for one in row.get("members", [])]}


@pytest.fixture(scope="session")
def ids(client):
    """Return the public id of one entry of each type."""
    found = {}
    for entry_type in EntryType:
        response = client.get(f"/api/{entry_type.path}?limit=1").json["response"]
        if "collections" in response:
            found[entry_type.path] = response["collections"][0]["id"]
            continue
        of_open = next(s for s in response["resultSets"] if s["id"] == "open-38")
        record = of_open["results"][0]
        found[entry_type.path] = record.get("id") or record["variantInternalId"]
    found["datasets"] = "open-38"
    return found


@pytest.mark.parametrize(("path", "schema"), FRAMEWORK.items())
def test_the_framework_documents_are_valid(client, path, schema):
    answer = client.get(f"/api{path}")
    assert answer.status_code == 200
    assert faults(answer.json, f"{RESPONSES}/{schema}") == []


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("granularity", GRANULARITIES)
@pytest.mark.parametrize("path", PATHS)
def test_every_endpoint_answers_validly(client, ids, path, granularity, method):
    concrete = path.replace("{id}", ids[path.split("/")[1]])
    answer = ask(client, concrete, method, {"requestedGranularity": granularity})
    assert answer.status_code == 200
    assert answer.json["meta"]["returnedGranularity"] == granularity
    assert answer.json["responseSummary"]["exists"] is True
    assert response_faults(answer.json) == []


def test_the_map_names_exactly_the_endpoints_that_are_there(client):
    sets = client.get("/api/map").json["response"]["endpointSets"].values()
    root = "http://127.0.0.1:5050/api"
    urls = {one["rootUrl"] for one in sets} | {one["singleEntryUrl"] for one in sets}
    urls |= {part["url"] for one in sets for part in one["endpoints"].values()}
    assert urls == {f"{root}{path}" for path in PATHS}


def test_every_endpoint_of_the_default_model_is_there():
    path = shared("spec/models/json/beacon-v2-default-model/beaconMap.json")
    sets = json.loads(path.read_text())["endpointSets"].values()
    urls = [u for one in sets for u in (one["rootUrl"], one.get("singleEntryUrl"))]
    urls += [part["url"] for one in sets for part in one["endpoints"].values()]
    official = {url.removeprefix("https://exampleBeacons.org") for url in urls if url}
    assert official <= set(PATHS)


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        "/filtering_terms",
        "/individuals/filtering_terms",
        "/datasets/open-38/filtering_terms",
        "/cohorts/small-cohort/filtering_terms",
    ],
)
def test_filtering_terms_are_listed_wherever_the_model_has_them(client, path, method):
    answer = ask(client, path, method, {})
    assert faults(answer.json, f"{RESPONSES}/beaconFilteringTermsResponse") == []
    ids = {term["id"] for term in answer.json["response"]["filteringTerms"]}
    assert {"NCIT:C16576", "MONDO:0011450", "LOINC:35925-4"} <= ids


SNV = {"assemblyId": "GRCh38", "referenceName": "17", "start": [43_057_062]} | {
    "referenceBases": "G",
    "alternateBases": "A",
}
QUERIES = {
    "sequence": SNV,
    "range": {"referenceName": "NC_000022.11", "start": [16_000_000], "end": [17_000_000]},
    "range with type": {"referenceName": "chr22", "assemblyId": "hg38", "start": [16_000_000]}
    | {"end": [17_000_000], "variantType": "DUP"},
    "bracket": {"referenceName": "22", "assemblyId": "GRCh38"}
    | {"start": [16_049_000, 16_051_000], "end": [16_059_000, 16_061_000]},
    "short form": {"genomicAlleleShortForm": "NC_000017.11:g.43057063G>A"},
    "mate": {"referenceName": "22", "assemblyId": "GRCh38", "start": [16_000_000]}
    | {"end": [17_000_000], "mateName": "17"},
    "wildcard": SNV | {"alternateBases": "N"},
}


@pytest.mark.parametrize("entry_type", ["g_variants", "individuals", "biosamples", "runs"])
@pytest.mark.parametrize("name", QUERIES)
def test_every_kind_of_variation_query_finds_its_carriers_at_every_entry_type(
    client, name, entry_type
):
    answers = [
        ask(client, f"/{entry_type}", method, {"requestParameters": QUERIES[name]}, flat=flat)
        for method, flat in (("GET", False), ("POST", False), ("POST", True))
    ]
    assert answers[0].json["responseSummary"]["exists"] is True
    assert all(timeless(answer) == timeless(answers[0]) for answer in answers)
    assert response_faults(answers[0].json) == []


def count(client, path: str, **query) -> int:
    query["requestedGranularity"] = "count"
    return ask(client, path, "POST", query).json["responseSummary"]["numTotalResults"]


@pytest.mark.parametrize(
    ("filters", "people"),
    [
        ([], 3),
        ([{"id": "NCIT:C16576"}], 2),
        ([{"id": "NCIT:C20197"}], 1),
        ([{"id": "LOINC:35925-4", "operator": ">", "value": "21"}], 2),
        ([{"id": "NCIT:C16576"}, {"id": "LOINC:35925-4", "operator": ">", "value": 21}], 1),
        ([{"id": "NCIT:C16576"}, {"id": "NCIT:C20197"}], 0),
    ],
)
def test_variation_and_phenotype_go_into_one_question(client, filters, people):
    """Carriers are the first (female, BMI 20), second (female, 22) and fifth (male, 28)."""
    where = {"datasetIds": ["open-38"]}
    body = {
        "query": {
            "requestParameters": {"g_variant": SNV, "datasets": where},
            "filters": filters,
            "requestedGranularity": "count",
        }
    }
    summary = client.post("/api/individuals", json=body).json["responseSummary"]
    assert summary["numTotalResults"] == people


ERRORS = [
    ("GET", "/g_variants?strat=5", None, 400),
    ("GET", "/g_variants?start=5", None, 400),
    ("GET", "/g_variants?requestedGranularity=aggregated", None, 400),
    ("GET", "/individuals?filters=NOPE:1", None, 400),
    ("GET", "/g_variants/nonsense", None, 404),
    ("GET", "/individuals/nobody", None, 404),
    ("GET", "/datasets/none", None, 404),
    ("GET", "/cohorts/none", None, 404),
    ("GET", "/g_variants?datasetIds=none", None, 404),
    ("GET", "/nowhere", None, 404),
    ("PUT", "/g_variants", None, 405),
    ("POST", "/map", None, 405),
    ("POST", "/g_variants", b"{", 400),
    ("POST", "/g_variants", b"\xff\xfe", 400),
    ("POST", "/g_variants", b"[1]", 400),
    ("POST", "/g_variants", b'{"query": {"pagination": {"limit": "x"}}}', 400),
    ("POST", "/g_variants", b" " * 1_100_000, 413),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), ERRORS)
def test_every_error_is_a_beacon_error_with_complete_meta(client, method, path, body, status):
    answer = client.open(f"/api{path}", method=method, data=body)
    assert answer.status_code == status
    assert answer.json["error"]["errorCode"] == status
    assert answer.json["error"]["errorMessage"]
    assert response_faults(answer.json) == []


def test_every_kind_of_allele_has_a_valid_record(client):
    records = [
        record
        for one in client.get("/api/g_variants?limit=0").json["response"]["resultSets"]
        for record in one["results"]
        if one["id"] == "open-38"
    ]
    kinds = {record["variation"]["variantType"] for record in records}
    assert kinds >= {"SNP", "INS", "DEL", "DUP", "INV", "CNV", "BND"}
    symbolic = [r for r in records if "symbolicAllele" in r.get("info", {})]
    assert all(r["variation"]["alternateBases"] in ("", "N") for r in symbolic)
    assert len(symbolic) == 7
