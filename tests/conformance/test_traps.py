"""Where implementers of Beacon v2 fail, one test each."""

import json

import pytest

from beacon_node.model.entries import EntryType
from tests.conformance.schemas import RESPONSES, faults, response_faults
from tests.conformance.small_node import PEOPLE
from tests.conformance.test_responses import PATHS, SNV, ask, timeless


def summary(client, path: str) -> dict:
    return client.get(f"/api{path}").json["responseSummary"]


SNV_URL = "assemblyId=GRCh38&referenceName=17&start=43057062&referenceBases=G&alternateBases=A"
RANGE_URL = "assemblyId=GRCh38&referenceName=17&start=43057000&end=43058000"


def test_meta_tells_returned_and_requested_granularity(client):
    meta = client.get("/api/g_variants?requestedGranularity=boolean").json["meta"]
    assert meta["returnedGranularity"] == "boolean"
    assert meta["receivedRequestSummary"]["requestedGranularity"] == "boolean"


def test_result_sets_have_a_set_type(client):
    (first, *_) = client.get("/api/g_variants").json["response"]["resultSets"]
    assert first["setType"] == "dataset" and "type" not in first


@pytest.mark.parametrize("path", ["/map", "/configuration"])
def test_map_and_configuration_name_their_schema(client, path):
    assert client.get(f"/api{path}").json["response"]["$schema"].startswith("https://")


def test_service_info_is_not_wrapped(client):
    document = client.get("/api/service-info").json
    assert document["type"]["artifact"] == "beacon" and "meta" not in document


def test_an_error_has_a_whole_meta_and_a_number(client):
    document = client.post("/api/g_variants", data="{").json
    assert document["error"]["errorCode"] == 400
    assert response_faults(document) == []


def test_skip_counts_pages_not_records(client):
    def page(skip: int) -> list[str]:
        url = f"/api/individuals?datasetIds=open-38&limit=2&skip={skip}"
        (one,) = client.get(url).json["response"]["resultSets"]
        return [record["id"] for record in one["results"]]

    everybody = [*page(0), *page(1), *page(2)]
    assert len(everybody) == len(set(everybody)) == 6


def test_a_page_beyond_the_last_is_empty_and_the_total_stays(client):
    document = client.get("/api/individuals?datasetIds=open-38&limit=5&skip=9").json
    assert document["responseSummary"] == summary(client, "/individuals?datasetIds=open-38&limit=5")
    assert document["response"]["resultSets"][0]["results"] == []


@pytest.mark.parametrize("limit", [1, 3, 0])
def test_the_total_is_the_whole_question_whatever_the_page(client, limit):
    path = f"/individuals?datasetIds=open-38&limit={limit}"
    document = client.get(f"/api{path}").json
    assert document["responseSummary"]["numTotalResults"] == 6
    (one,) = document["response"]["resultSets"]
    assert one["resultsCount"] == 6 and len(one["results"]) == (limit or 6)


def test_nested_and_flat_request_parameters_are_one_question(client):
    query = {"requestParameters": SNV}
    nested = timeless(ask(client, "/g_variants", "POST", query))
    flat = timeless(ask(client, "/g_variants", "POST", query, flat=True))
    assert nested == flat and nested["responseSummary"]["exists"]


def test_gene_id_is_known_under_both_spellings(client):
    one, other = (client.get(f"/api/g_variants?{n}=NOSUCHGENE") for n in ("geneId", "geneid"))
    assert one.json["error"] == other.json["error"] and "NOSUCHGENE" in one.text


def test_start_counts_from_0(client):
    assert summary(client, f"/g_variants?{SNV_URL}")["exists"] is True
    assert summary(client, f"/g_variants?{SNV_URL.replace('062', '063')}")["exists"] is False


@pytest.mark.parametrize("granularity", ["boolean", "count"])
@pytest.mark.parametrize("path", PATHS)
def test_boolean_and_count_answers_carry_no_records(client, path, granularity):
    concrete = path.replace("{id}", "test-mode")
    url = f"/api{concrete}?requestedGranularity={granularity}&testMode=true"
    document = client.get(url).json
    assert "response" not in document and "resultSets" not in json.dumps(document)


def test_a_boolean_answer_carries_no_number(client):
    document = client.get(f"/api/individuals?{SNV_URL}&requestedGranularity=boolean").json
    assert document["responseSummary"] == {"exists": True}
    assert all("count" not in row for row in document["info"]["datasets"])


def test_filters_are_told_as_texts(client):
    filters = [{"id": "NCIT:C16576"}, {"id": "LOINC:35925-4", "operator": ">", "value": 21}]
    document = ask(client, "/individuals", "POST", {"filters": filters}).json
    received = document["meta"]["receivedRequestSummary"]["filters"]
    assert received == ["NCIT:C16576", "LOINC:35925-4>21"]


def test_the_map_has_absolute_urls(client):
    text = client.get("/api/map").text
    sets = client.get("/api/map").json["response"]["endpointSets"]
    assert all(one["rootUrl"].startswith("http://") for one in sets.values())
    assert '"url":"/' not in text


@pytest.mark.parametrize(
    "url", ["start=16049000,16051000&end=16059000,16061000", "start=16049000&start=16051000"
            "&end=16059000&end=16061000"]
)  # fmt: skip
def test_lists_in_a_url_may_be_joined_or_repeated(client, url):
    where = "/g_variants?assemblyId=GRCh38&referenceName=22"
    assert summary(client, f"{where}&{url}&requestedGranularity=count")["numTotalResults"] == 1


@pytest.mark.parametrize(
    ("include", "listed"),
    [
        ("HIT", {"open-38"}),
        ("MISS", {"sites"}),
        ("ALL", {"open-38", "sites"}),
        ("NONE", set()),
    ],
)
def test_include_chooses_the_result_sets_and_leaves_the_summary(client, include, listed):
    url = "/api/g_variants?assemblyId=GRCh38&referenceName=22&start=16040000&end=16065000"
    document = client.get(f"{url}&includeResultsetResponses={include}").json
    assert {one["id"] for one in document["response"]["resultSets"]} == listed
    assert document["responseSummary"]["exists"] is True
    assert document["responseSummary"]["numTotalResults"] == 1


def test_an_unknown_filter_is_refused_and_widens_nothing(client):
    answer = client.get("/api/individuals?filters=XYZ:0000001")
    assert answer.status_code == 400 and "XYZ:0000001" in answer.json["error"]["errorMessage"]


def test_an_unknown_parameter_is_refused_by_name(client):
    answer = client.get("/api/g_variants?alternatebases=A&referenceName=17")
    assert answer.status_code == 400 and "alternatebases" in answer.json["error"]["errorMessage"]


@pytest.mark.parametrize("path", PATHS)
def test_test_mode_answers_from_made_up_data_and_says_so(client, path):
    made_up = {"individuals": "test-individual-1", "biosamples": "test-biosample-1"} | {
        "runs": "test-run-1",
        "analyses": "test-analysis-1",
        "g_variants": "GRCh38.17.43057062.43057063.G.A",
        "datasets": "test-mode",
        "cohorts": "test-mode-cohort",
    }
    concrete = path.replace("{id}", made_up[path.split("/")[1]])
    answer = client.get(f"/api{concrete}?testMode=true")
    assert answer.status_code == 200
    assert answer.json["meta"]["testMode"] is True
    assert answer.json["responseSummary"]["exists"] is True
    assert response_faults(answer.json) == []
    assert not any(word in answer.text for word in ("open-38", "open-37", "sites", "closed"))


def test_test_mode_touches_no_real_data(client, node, monkeypatch):
    def refuse(*_):
        raise AssertionError("real data were searched")

    monkeypatch.setattr(type(node.store), "search", refuse)
    monkeypatch.setattr(type(node.store), "datasets", refuse)
    assert client.get(f"/api/g_variants?{SNV_URL}&testMode=true").status_code == 200


def test_handover_types_are_curies(client):
    document = client.get("/api/g_variants").json
    types = [
        handover["handoverType"]["id"]
        for one in document["response"]["resultSets"]
        for handover in one["resultsHandovers"]
    ]
    assert types and all(type.startswith("CUSTOM:") and len(type) > 7 for type in types)


@pytest.mark.parametrize("path", ["/g_variants", "/individuals", "/biosamples"])
@pytest.mark.parametrize("granularity", ["boolean", "count", "record"])
def test_get_and_post_answer_with_the_same_words(client, path, granularity):
    query = {"requestParameters": SNV, "requestedGranularity": granularity}
    by_get, by_post = (timeless(ask(client, path, way, query)) for way in ("GET", "POST"))
    assert by_get == by_post


def test_a_dataset_that_cannot_answer_is_no_no(client):
    """It stands in no result set, not even with ALL, and has its row with the reason."""
    document = client.get("/api/g_variants?includeResultsetResponses=ALL").json
    rows = {row["id"]: row for row in document["info"]["datasets"]}
    assert rows["closed"]["status"] == "not permitted" and rows["closed"]["reason"]
    assert "exists" not in rows["closed"]
    assert "closed" not in {one["id"] for one in document["response"]["resultSets"]}


def test_the_other_assembly_is_told_as_such(client):
    document = client.get(f"/api/g_variants?{SNV_URL}").json
    rows = {row["id"]: row["status"] for row in document["info"]["datasets"]}
    assert rows["open-37"] == "wrong assembly" and rows["open-38"] == "answered"


def test_ids_are_not_the_hospitals_own(client):
    texts = [client.get(f"/api/{entry_type.path}?limit=0").text for entry_type in EntryType]
    assert not [person for person in PEOPLE if any(person in text for text in texts)]


def test_sizes_and_terms_of_a_closed_dataset_are_not_told(client):
    collections = client.get("/api/datasets").json["response"]["collections"]
    closed = next(one for one in collections if one["id"] == "closed")
    assert "sizes" not in closed["info"]
    terms = client.get("/api/datasets/closed/filtering_terms").json
    assert terms["response"]["filteringTerms"] == []
    assert faults(terms, f"{RESPONSES}/beaconFilteringTermsResponse") == []


@pytest.mark.parametrize(
    "path", ["/cohorts/secret-cohort", "/cohorts/secret-cohort/filtering_terms"]
)
def test_cohorts_of_a_closed_dataset_are_not_known(client, path):
    assert "secret-cohort" not in client.get("/api/cohorts").text
    assert client.get(f"/api{path}").status_code == 404


def test_a_cohort_id_that_a_closed_dataset_shares_is_told_by_the_open_one(client):
    (cohort,) = client.get("/api/cohorts/small-cohort").json["response"]["collections"]
    assert cohort["info"]["datasetId"] == "open-38"
    assert cohort["cohortSize"] == len(PEOPLE)


def test_datasets_and_cohorts_are_collections_also_alone(client):
    for path in ("/datasets", "/datasets/open-38", "/cohorts", "/cohorts/small-cohort"):
        assert "collections" in client.get(f"/api{path}").json["response"], path


def test_datasets_can_be_asked_which_of_them_have_a_variation(client):
    document = client.get(f"/api/datasets?{RANGE_URL}").json
    assert {one["id"] for one in document["response"]["collections"]} == {"open-38", "sites"}
    rows = {row["id"]: row["status"] for row in document["info"]["datasets"]}
    assert (rows["closed"], rows["open-37"]) == ("not permitted", "wrong assembly")
