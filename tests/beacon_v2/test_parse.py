"""Requests become one canonical query, or an error that names the field (Beacon v2.1.1 §3)."""

import time

import pytest

from beacon_node.beacon_v2.parse import parse_page_get, parse_page_post, parse_post
from beacon_node.beacon_v2.received import API_VERSION, Rules, Target
from beacon_node.errors import InvalidRequest, NotFound
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.query import Granularity, Include, Page, SequenceQuery, Within
from tests.beacon_v2.asking import VARIANTS, get, post

SNV = SequenceQuery(Assembly.GRCH38, "17", 7_577_120, "G", "A")
URL = "assemblyId=GRCh38&referenceName=17&start=7577120&referenceBases=G&alternateBases=A"
FLAT = {
    "assemblyId": "GRCh38",
    "referenceName": "17",
    "start": [7_577_120],
    "referenceBases": "G",
    "alternateBases": "A",
}


@pytest.mark.parametrize(
    "parsed",
    [
        get(URL),
        get(URL.replace("GRCh38", "hg38").replace("=17", "=chr17")),
        get("referenceName=NC_000017.11&start=7577120&referenceBases=g&alternateBases=a"),
        get("allele=NC_000017.11:g.7577121G>A"),
        get("genomicAlleleShortForm=refseq:NC_000017.11:g.7577121G>A"),
        get(URL.replace("Bases=G", "Bases=CG").replace("Bases=A", "Bases=CA").replace("20", "19")),
        get(f"{URL}&variantType=SNP&variantMaxLength=1"),
        get(f"{URL}&end=7577121"),
        post({"requestParameters": {"g_variant": FLAT}}),
        post({"requestParameters": FLAT}),
        post({"requestParameters": FLAT | {"start": 7_577_120}}),
        post({"requestParameters": {"genomicVariations": FLAT, "$schema": "x"}}),
    ],
    ids=lambda parsed: str(parsed.received.parameters)[:60],
)
def test_every_spelling_of_one_question_is_one_query(parsed):
    assert parsed.query.variation == SNV


@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("requestedGranularity=count", {"requestedGranularity": "count"}),
        ("includeResultsetResponses=ALL", {"includeResultsetResponses": "ALL"}),
        ("skip=2&limit=8", {"pagination": {"skip": 2, "limit": 8}}),
        ("testMode=true", {"testMode": True}),
        (
            "filters=HP:0001250,HP:0000252",
            {"filters": [{"id": "HP:0000252"}, {"id": "HP:0001250"}]},
        ),
        (
            "filters=HP:0001250&filters=HP:0000252",
            {"filters": ["HP:0001250", {"id": "HP:0000252"}]},
        ),
        (
            "filters=LOINC:35925-4>25",
            {"filters": [{"id": "LOINC:35925-4", "operator": ">", "value": 25}]},
        ),
        (
            "filters=PATO_0000011:>P70Y",
            {"filters": [{"id": "PATO:0000011", "operator": ">", "value": "P70Y"}]},
        ),
        (
            "datasetIds=b,a&datasetIds=a",
            {"requestParameters": {"datasets": {"datasetIds": ["a", "b"]}}},
        ),
        ("datasets=a", {"requestParameters": {"datasets": ["a"]}}),
        (
            "start=5,9&end=20&end=30&referenceName=1&assemblyId=GRCh37",
            {
                "requestParameters": {
                    "start": [5, 9],
                    "end": [20, 30],
                    "referenceName": "1",
                    "assemblyId": "GRCh37",
                }
            },
        ),
        ("geneid=BRCA1", {"requestParameters": {"geneId": "BRCA1"}}),
        ("", {}),
    ],
)
def test_get_and_post_ask_the_same(url, body):
    assert get(url).query == post(body).query


def test_members_of_query_may_stand_at_the_top_of_the_body():
    body = {
        "meta": {"apiVersion": "v2.0"},
        "requestedGranularity": "count",
        "pagination": {"skip": 1},
    }
    parsed = parse_post(VARIANTS, body)
    assert (parsed.query.granularity, parsed.query.page.skip) == (Granularity.COUNT, 1)
    with pytest.raises(InvalidRequest, match="twice"):
        parse_post(VARIANTS, body | {"query": {"requestedGranularity": "record"}})


@pytest.mark.parametrize("body", [{}, {"meta": None}, {"query": None}, {"meta": {}, "query": {}}])
def test_an_empty_body_asks_for_the_defaults(body):
    query = parse_post(VARIANTS, body).query
    assert (query.granularity, query.include, query.page) == (
        Granularity.RECORD,
        Include.HIT,
        Page(0, 10),
    )


@pytest.mark.parametrize(
    ("limit", "page"),
    [
        ("limit=0", Page(0, 50)),
        ("limit=500&skip=3", Page(3, 50)),
        ("limit=7", Page(0, 7)),
        ("", Page(0, 5)),
    ],
)
def test_limit_0_is_the_maximum_and_no_page_is_larger(limit, page):
    rules = Rules(first_page=Page(0, 5), max_page_size=50)
    assert get(limit, rules=rules).query.page == page


def test_skip_counts_pages():
    assert get("skip=2&limit=8").query.page.offset == 16


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("alternatebases=A", "alternatebases"),
        ("filter=HP:1", "filter"),
        ("start=1&start=2&start=3&end=3&referenceName=1&assemblyId=GRCh37", "start"),
        ("referenceName=1&referenceName=2", "referenceName"),
        ("requestedGranularity=aggregated", "requestedGranularity"),
        ("includeResultsetResponses=SOME", "includeResultsetResponses"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1e3", "limit"),
        ("limit=٣", "limit"),
        ("skip=99999999999", "skip"),
        ("skip=1.5", "skip"),
        ("testMode=yes", "testMode"),
        ("apiVersion=v1.0", "apiVersion"),
        ("filters=", "filters"),
        ("filters=HP:1,,HP:2", "filters"),
        ("filters=age=>5", "=>"),
        ("filters=age!=5", "!="),
        ("filters=age>", "age"),
        ("datasetIds=", "datasetIds"),
    ],
)
def test_a_mistake_in_a_url_is_refused_by_name(url, named):
    with pytest.raises(InvalidRequest, match=named):
        get(url)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"filter": []}, "filter"),
        ({"filters": {"id": "HP:1"}}, "filters"),
        ({"filters": [{"id": "HP:1", "oprator": ">"}]}, "oprator"),
        ({"filters": [{"id": "age", "operator": "~", "value": "5"}]}, "operator"),
        ({"filters": [{"id": "age", "operator": ">"}]}, "no value"),
        ({"filters": [{"id": "age", "value": True}]}, "value"),
        ({"filters": [{"id": "age", "value": "5", "similarity": "high"}]}, "similarity"),
        ({"filters": [{"id": "HP:1", "similarity": "nearly"}]}, "similarity"),
        ({"filters": [{"id": "HP:1", "scope": "patients"}]}, "scope"),
        ({"filters": [{"id": "HP:1", "includeDescendantTerms": 1}]}, "includeDescendantTerms"),
        ({"filters": [{}]}, "filters.id"),
        ({"filters": [7]}, "filters"),
        ({"filters": [{"id": "x"}] * 101}, "100"),
        ({"requestParameters": {"g_variant": {"strat": [5]}}}, "strat"),
        ({"requestParameters": {"g_variant": [5]}}, "g_variant"),
        ({"requestParameters": {"g_variant": {"geneId": "A"}, "geneId": "B"}}, "geneId"),
        ({"requestParameters": {"individual": {}}}, "individual"),
        ({"pagination": {"skip": True}}, "skip"),
        ({"pagination": {"page": 1}}, "page"),
        ({"pagination": {"nextPage": "abc"}}, "nextPage"),
        ({"requestedGranularity": 3}, "requestedGranularity"),
        ({"requestedGranularity": ["count"]}, "requestedGranularity"),
        ({"testMode": "perhaps"}, "testMode"),
        ({"requestParameters": {"start": [5.0], "referenceName": "1"}}, "start"),
        ({"requestParameters": {"start": [True], "referenceName": "1"}}, "start"),
        ({"requestParameters": {"start": [], "referenceName": "1"}}, "start"),
    ],
)
def test_a_mistake_in_a_body_is_refused_by_name(query, named):
    with pytest.raises(InvalidRequest, match=named):
        post(query)


@pytest.mark.parametrize(
    "body",
    [[], "x", 5, {"query": []}, {"meta": 1}, {"qurey": {}}, {"meta": {"requestedSchemas": {}}}],
)
def test_a_body_of_another_shape_is_refused(body):
    with pytest.raises(InvalidRequest):
        parse_post(VARIANTS, body)


def test_filters_are_sorted_and_without_repeats():
    one, other = get("filters=b>2,a,a").query, get("filters=a,b>2").query
    assert one.filters == other.filters and len(one.filters) == 2


@pytest.mark.parametrize("scope", ["individuals", "individual"])
def test_a_scope_is_an_entry_type_in_either_number(scope):
    (wanted,) = post({"filters": [{"id": "HP:1", "scope": scope}]}).query.filters
    assert wanted.scope is EntryType.INDIVIDUAL


def test_what_was_received_is_told_in_the_shape_of_the_schema():
    received = get(f"{URL}&filters=LOINC:1>5,HP:1&requestedSchema=mine&datasetIds=d").received
    assert received.filters == ("LOINC:1>5", "HP:1")
    assert received.parameters["g_variant"]["start"] == (7_577_120,)
    assert received.parameters["datasets"] == {"datasetIds": ("d",)}
    assert received.requested_schemas == ({"entityType": "genomicVariant", "schema": "mine"},)


def test_requested_schemas_of_a_body_are_told_as_they_are():
    wanted = {"entityType": "individual", "schema": "ga4gh-beacon-individual-v2.0.0"}
    body = {"meta": {"apiVersion": "2.0.0", "requestedSchemas": [wanted]}}
    received = parse_post(VARIANTS, body).received
    assert received.requested_schemas == (wanted,) and received.api_version == "2.0.0"
    assert get("").received.api_version == API_VERSION


@pytest.mark.parametrize(
    "target",
    [
        Target(EntryType.GENOMIC_VARIANT, entry_id="nonsense"),
        Target(EntryType.INDIVIDUAL, within=Within(EntryType.GENOMIC_VARIANT, "nonsense")),
    ],
)
def test_an_id_that_no_variation_has_is_not_found(target):
    with pytest.raises(NotFound):
        get("", target)


def test_a_variation_by_its_id_takes_no_other_variation():
    with pytest.raises(InvalidRequest, match="by its id"):
        get("geneId=BRCA1", Target(EntryType.GENOMIC_VARIANT, entry_id="GRCh38.17.9.10.G.A"))


def test_filtering_terms_are_all_shown_unless_a_page_is_asked_for():
    assert parse_page_get([]) == (0, None)
    assert parse_page_get([("skip", "2"), ("limit", "5")]) == (2, 5)
    assert parse_page_post({"query": {"pagination": {"limit": 5}}}) == (0, 5)
    with pytest.raises(InvalidRequest, match="filters"):
        parse_page_get([("filters", "x")])


def test_a_comparison_is_found_in_any_amount_of_space():
    (wanted,) = get("filters=age : %20  >=  a=b").query.filters
    assert (wanted.field, wanted.operator, wanted.value) == ("age", ">=", "a=b")
    started = time.process_time()
    get(f"filters=a{' ' * 900}b")
    assert time.process_time() - started < 0.1


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"filters": ["x" * 1_001]}, "filters is longer than 1,000"),
        ({"filters": [{"id": "x" * 1_001}]}, "filters.id is longer than 1,000"),
        ({"filters": [{"id": "age", "operator": "=", "value": "x" * 1_001}]}, "value of 'age' is"),
        ({"requestParameters": {"geneId": "x" * 1_001}}, "geneId is longer than 1,000"),
        (
            {"requestParameters": FLAT | {"alternateBases": "A" * 100_001}},
            "alternateBases is longer than 100,000",
        ),
    ],
)
def test_a_text_without_end_is_refused_by_name(query, named):
    with pytest.raises(InvalidRequest, match=named):
        post(query)


def test_no_more_than_100_filters_stand_in_a_url():
    assert len(get("filters=" + ",".join(f"HP:{n}" for n in range(100))).query.filters) == 100
    with pytest.raises(InvalidRequest, match="100"):
        get("filters=" + ",".join(f"HP:{n}" for n in range(101)))


@pytest.mark.parametrize("field", ["requestedGranularity", "testMode", "pagination", "filters"])
def test_a_refused_structure_is_named_however_deep_it_is(field):
    deep: object = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(InvalidRequest, match=f"{field}.*, not a list"):
        post({field: deep})
