"""What a member says is not believed as it stands, and whatever it says becomes a row."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.model.federation import Came
from beacon_node.model.federation_documents import row_document
from beacon_node.model.query import Granularity
from tests.beacon_v2.reading import (
    BROKER,
    NODE,
    OTHER,
    SNV,
    YES,
    asked,
    node_says,
    one_set,
    read,
    said,
    sets,
)

# ---- what must not be believed -------------------------------------------------------------------


def echo(**summary):
    return {"meta": {"receivedRequestSummary": summary}}


@pytest.mark.parametrize(
    ("summary", "came"),
    [
        ({"requestParameters": {"g_variant": SNV}}, Came.ANSWERED),
        ({"requestParameters": SNV}, Came.ANSWERED),
        ({"requestParameters": {}}, Came.ANSWERED),
        ({}, Came.ANSWERED),
        ({"requestParameters": {"assemblyId": "GRCh38"}}, Came.NOT_UNDERSTOOD),
    ],
)
def test_who_says_that_it_looked_for_something_broader_did_not_answer(summary, came):
    assert read(said(True) | echo(**summary)).came is came


@pytest.mark.parametrize(
    ("told", "came"),
    [
        (["HP:0001250"], Came.ANSWERED),
        ([{"id": "HP:0001250"}], Came.ANSWERED),
        ([], Came.NOT_UNDERSTOOD),
        (["HP:7"], Came.NOT_UNDERSTOOD),
    ],
)
def test_who_says_that_it_left_out_a_filter_did_not_answer(told, came):
    question = asked(filters=[{"id": "HP:0001250"}])
    assert read(said(True) | echo(filters=told), question=question).came is came


def test_an_answer_from_real_data_is_thrown_away_in_test_mode():
    question = asked(testMode=True)
    assert read(said(True), NODE, question).came is Came.MALFORMED
    made_up = node_says(True, YES) | {"meta": {"testMode": True}}
    assert read(made_up, NODE, question).exists is True


def test_a_set_on_another_assembly_is_no_answer():
    there = one_set(resultsCount=4, info={"assembly": "hg19"})
    for document in (said(True, 4) | sets(there), said(False) | sets(there | {"exists": False})):
        row = read(document)
        assert (row.came, row.exists, row.count) == (Came.WRONG_ASSEMBLY, None, None)


HANDED = {"handoverType": {"id": "CUSTOM:x", "label": "x"}}


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "https://", "http://a b/", "data:text/html,x", 7]
    + ["https://user:secret@evil.example/", "//evil.example", "https://x/\n", "x" * 5_000],
)
def test_a_handover_leads_into_the_web_or_is_left_out(url):
    assert read(said(True) | {"beaconHandovers": [HANDED | {"url": url}]}).handovers == ()
    good = HANDED | {"url": "https://ask.example/here"}
    assert read(said(True) | {"beaconHandovers": [good, 3]}).handovers == (good,)


def test_every_text_is_a_plain_one():
    nasty = "<script>alert(1)</script>\x1b[2J\u202e\u0000" + "x" * 5_000
    document = said(True) | sets(
        one_set(resultsCount=1, results=[{"id": nasty, nasty: [nasty]}], info={"name": nasty})
    )
    document["response"]["resultSets"][0]["id"] = nasty
    told = json.dumps(row_document(read(document)), ensure_ascii=False)
    assert not {"\x1b", "\u202e", "\u0000"} & set(told)
    assert "\\u0000" not in told and len(read(document).datasets[0].name) <= 500


def test_a_record_without_end_is_left_out():
    deep: object = {}
    for _ in range(100):
        deep = {"a": deep}
    wide = {"a": [0] * 300_000}
    document = said(True, 3) | sets(one_set(resultsCount=3, results=[deep, wide, {"id": "a"}]))
    (found,) = read(document).result_sets
    assert found["results"] == [{"id": "a"}]
    assert found["info"]["recordsLeftOut"] == 2


# ---- whatever comes ------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        *("meta", "response", "responseSummary", "resultSets", "exists", "numTotalResults", "info"),
        *("datasets", "members", "status", "answered", "id", "error", "errorMessage", "results"),
        *(
            "resultsCount",
            "collections",
            "beaconId",
            "via",
            "countAdjustedTo",
            "testMode",
            "record",
        ),
        *("returnedGranularity", "receivedRequestSummary", "requestParameters", "beaconHandovers"),
    ]
)
LEAVES = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), WORDS, st.text(max_size=8))
)
ANY = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=40,
)
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "meta": ANY,
        "responseSummary": st.dictionaries(WORDS, ANY, max_size=4),
        "response": st.dictionaries(WORDS, st.lists(ANY, max_size=4) | ANY, max_size=3),
        "info": st.dictionaries(WORDS, st.lists(ANY, max_size=4) | ANY, max_size=3),
        "beaconHandovers": ANY,
        "error": ANY,
    },
)
MEMBERS = st.sampled_from([NODE, BROKER, OTHER])
STATUSES = st.sampled_from([200, 200, 200, 204, 301, 404, 500])
QUESTIONS = st.sampled_from(
    [
        *(asked(word) for word in ("boolean", "count", "record")),
        asked(filters=[{"id": "HP:1"}], pagination={"limit": 1}),
    ]
)


def check(row, question):
    """A row that is no answer tells nothing; none tells more than was asked for."""
    assert row_document(row)
    assert (row.came is Came.ANSWERED) == (row.exists is not None)
    if row.exists is None:
        assert (row.count, row.result_sets, row.collections) == (None, (), ())
    if row.count is not None:
        assert bool(row.count) is row.exists
        assert question.query.granularity is not Granularity.BOOLEAN


@settings(max_examples=400, deadline=None)
@given(member=MEMBERS, body=st.binary(max_size=200), status=STATUSES, question=QUESTIONS)
def test_any_bytes_are_read(member, body, status, question):
    check(read(body, member, question, status), question)


@settings(max_examples=800, deadline=None)
@given(member=MEMBERS, document=SHAPED | ANY, status=STATUSES, question=QUESTIONS)
def test_any_document_is_read(member, document, status, question):
    body = json.dumps(document).encode()
    check(read(body, member, question, status), question)
