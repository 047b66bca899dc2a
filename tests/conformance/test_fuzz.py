"""Whatever is sent: a valid Beacon answer or a valid Beacon error, never a 5xx."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.node_web.app import create_app
from tests.conformance.schemas import response_faults

NAMES = (
    *("assemblyId", "referenceName", "start", "end", "referenceBases", "alternateBases"),
    *("variantType", "variantMinLength", "variantMaxLength", "mateName", "geneId"),
    *("aminoacidChange", "genomicAlleleShortForm", "datasetIds", "filters", "skip", "limit"),
    *("requestedGranularity", "includeResultsetResponses", "testMode", "requestedSchema"),
)
TELLING = (
    *("GRCh38", "hg19", "17", "chrX", "MT", "NC_000017.11", "NC_000017.10", "0", "1", "43057062"),
    *("43057063", "1,5", "5,1", "83257441", "99999999999999999999", "-1", "A", "AAC", "N", "", "-"),
    *("<DEL>", "DEL", "EFO:0030070", "BRCA1", "V600E", "p.Val600Glu", "rs80357906", "record"),
    *("NC_000017.11:g.43057063G>A", "17:g.1_2del", "NM_1.1:c.1+2_1+3insA", "count", "boolean"),
    *("HIT", "ALL", "NONE", "true", "open-38", "sites", "HP:1", "NCIT:C16576", "LOINC:35925-4>21"),
    *("LOINC:35925-4>P70Y", "diseases.ageOfOnset.iso8601duration>=P41Y", "a=%", "\x00", "💥", "%"),
)
VALUES = st.one_of(st.sampled_from(TELLING), st.text(max_size=12))
PATHS = st.sampled_from(
    [
        *("g_variants", "individuals", "biosamples", "runs", "analyses", "datasets", "cohorts"),
        *("g_variants/GRCh38.17.43057062.43057063.G.A/individuals", "datasets/open-38/g_variants"),
        *("g_variants/GRCh38.1.5.4.G.A", "individuals/x/g_variants", "cohorts/small-cohort/runs"),
    ]
)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), VALUES),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(VALUES, inner, max_size=3),
    max_leaves=6,
)
PARAMETERS = st.dictionaries(st.sampled_from(NAMES[:14]), VALUES | JSON, max_size=6)
FILTER = st.dictionaries(
    st.sampled_from(["id", "operator", "value", "scope", "similarity", "includeDescendantTerms"]),
    VALUES | st.sampled_from(["=", ">", "<=", "!", "high", "individuals"]) | JSON,
    max_size=4,
)
QUERY = st.fixed_dictionaries(
    {},
    optional={
        "requestParameters": PARAMETERS | st.fixed_dictionaries({"g_variant": PARAMETERS}) | JSON,
        "filters": st.lists(FILTER, max_size=3) | JSON,
        "pagination": st.dictionaries(st.sampled_from(["skip", "limit"]), st.integers() | JSON),
        "requestedGranularity": VALUES | JSON,
        "includeResultsetResponses": VALUES | JSON,
        "testMode": st.booleans() | JSON,
    },
)
FUZZ = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture(scope="session", params=["node", "broker"])
def client(request):
    if request.param == "node":
        return create_app(request.getfixturevalue("node"), proofs_are_shown=True).test_client()
    return request.getfixturevalue("network").client


def check(answer) -> None:
    assert answer.status_code in (200, 400, 404, 413), answer.text
    assert ("error" in answer.json) == (answer.status_code != 200)
    assert response_faults(answer.json) == []


@FUZZ
@given(path=PATHS, parameters=st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=7))
def test_any_url_gets_a_valid_answer(client, path, parameters):
    check(client.get(f"/api/{path}", query_string=parameters))


@FUZZ
@given(path=PATHS, query=QUERY)
def test_any_query_gets_a_valid_answer(client, path, query):
    check(client.post(f"/api/{path}", json={"meta": {"apiVersion": "v2.1.1"}, "query": query}))


@FUZZ
@given(path=PATHS, body=JSON)
def test_any_json_gets_a_valid_answer(client, path, body):
    check(client.post(f"/api/{path}", json=body))


@pytest.mark.parametrize(
    "body",
    [b"\x00", b"null", b"{}" * 2, b"[" * 100_000, b'{"a":1e999}', "{'a'}".encode("utf-16")],
    ids=lambda body: repr(body[:8]),
)
def test_any_bytes_get_a_valid_answer(client, body):
    check(client.post("/api/g_variants", data=body))


@given(text=st.text(max_size=20).filter(lambda t: "/" not in t and t.strip(".")))
@settings(max_examples=100, deadline=None)
def test_any_id_gets_a_valid_answer(client, text):
    for path in ("individuals", "g_variants", "datasets", "cohorts"):
        answer = client.get(f"/api/{path}/{text}".replace("?", "%3F").replace("#", "%23"))
        assert answer.status_code in (200, 400, 404, 405, 308)
