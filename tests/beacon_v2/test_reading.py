"""Any answer becomes one row; what is not clearly an answer is none, and is never a no."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.beacon_v2.reading import read_answer
from beacon_node.model.federation import Came, Member, MemberKind, Told
from beacon_node.model.federation_documents import row_document
from beacon_node.model.query import Granularity
from beacon_node.ports import Received
from tests.beacon_v2.asking import post

NODE = Member("org.north", "North", "https://north.example")
BROKER = Member("org.hub", "Hub", "https://hub.example", MemberKind.BROKER)
OTHER = Member("org.other", "Other", "https://other.example", MemberKind.BEACON)
SNV = {"assemblyId": "GRCh38", "referenceName": "17", "start": [9], "referenceBases": "C"} | {
    "alternateBases": "T"
}


def asked(granularity="record", **query):
    query.setdefault("requestParameters", {"g_variant": SNV})
    return post({"requestedGranularity": granularity, **query})


def read(document, member=OTHER, question=None, status=200, headers=()):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return read_answer(member, Received(status, body, dict(headers)), question or asked())


def said(exists, count=None, **summary):
    told = {"exists": exists} if count is None else {"exists": exists, "numTotalResults": count}
    return {"responseSummary": told | summary}


def sets(*listed, **more):
    return {"response": {"resultSets": list(listed)}} | more


def one_set(exists=True, **more):
    return {"id": "cohort", "setType": "dataset", "exists": exists} | more


# ---- the dialects --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "exists", "count"),
    [
        (said(True), True, None),
        (said(False), False, None),
        (said(True, 7), True, 7),
        (said(False, 0), False, 0),
        (said("True", "7"), True, 7),
        (said(True, 7.0), True, 7),
        ({"responseSummary": {"numTotalResults": 3}}, True, 3),
        (sets(one_set()), True, None),
        (sets(one_set(), responseSummary={}), True, None),
        (said(True) | {"response": None}, True, None),
        (said(True) | {"response": {"resultSets": None}}, True, None),
        (said(True) | {"error": None}, True, None),
        (said(True, 2) | sets(one_set(resultsCount=2, results=[{}, {}])), True, 2),
    ],
)
def test_every_dialect_of_an_answer_is_read(document, exists, count):
    row = read(document)
    assert (row.came, row.exists, row.count) == (Came.ANSWERED, exists, count)


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<html><body>Welcome</body></html>",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"responseSummary": {"exists": true}',
        b"[" * 1_000_000,
        b'{"a":' * 500 + b"1" + b"}" * 500,
        {},
        {"responseSummary": {}},
        {"responseSummary": "yes"},
        {"responseSummary": {"exists": 0}},
        {"responseSummary": {"exists": None, "numTotalResults": None}},
        {"response": {"resultSets": [{"id": "cohort"}]}},
        {"response": "nothing"},
        said(False) | sets(one_set(True)),
    ],
    ids=lambda document: repr(document)[:40],
)
def test_what_is_no_clear_answer_is_malformed_and_says_nothing(document):
    row = read(document)
    assert (row.came, row.exists, row.count, row.result_sets) == (Came.MALFORMED, None, None, ())
    assert row.reason


@pytest.mark.parametrize(
    ("document", "kept"),
    [
        (said(True, 0), None),
        (said(False, 12), None),
        (said(True, -3), None),
        (said(True, "many"), None),
        (said(True, True), None),
        (said(True, 10**30), None),
        (said(True, None), None),
    ],
)
def test_a_number_that_cannot_be_one_is_not_told(document, kept):
    assert read(document).count is kept


def test_an_answer_tells_no_more_than_was_asked_for():
    document = said(True, 2, countPrecision="exact") | sets(one_set(resultsCount=2, results=[{}]))
    row = read(document, question=asked("boolean"))
    assert (row.exists, row.count, row.precision, row.result_sets) == (True, None, "", ())
    assert row.datasets[0].count is None
    counted = read(document, question=asked("count"))
    assert (counted.count, counted.result_sets) == (2, ())


def test_what_was_done_to_a_number_is_told_with_it():
    row = read(said(True, 20, countPrecision="rounded", countAdjustedTo=["immediate ten"]))
    assert (row.count, row.precision, row.adjusted_to) == (20, "rounded", ("immediate ten",))
    row = read(said(True, 5, countPrecision="imprecise", countAdjustedTo=[5]))
    assert row.adjusted_to == ("5",)


def test_a_total_that_is_the_length_of_its_page_is_at_least_that():
    page = [{"id": str(number)} for number in range(3)]
    document = said(True, 3) | sets(one_set(resultsCount=3, results=page))
    row = read(document, question=asked(pagination={"limit": 3}))
    assert (row.count, row.precision, row.adjusted_to) == (3, "imprecise", (">=3",))
    assert read(document, question=asked(pagination={"limit": 10})).precision == ""


def test_a_set_without_a_number_has_at_least_its_records():
    (found,) = read(said(True) | sets(one_set(results=[{"id": "a"}]))).result_sets
    assert (found["resultsCount"], found["countAdjustedTo"]) == (1, [">=1"])


def test_a_page_holds_no_more_records_than_were_asked_for():
    page = [{"id": str(number)} for number in range(30)]
    document = said(True, 30) | sets(one_set(resultsCount=30, results=page))
    (found,) = read(document, question=asked(pagination={"limit": 10})).result_sets
    assert len(found["results"]) == 10
    assert found["info"]["recordsLeftOut"] == 20


# ---- refusals ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "came"),
    [
        *((400, Came.NOT_UNDERSTOOD), (404, Came.NOT_UNDERSTOOD), (422, Came.NOT_UNDERSTOOD)),
        *((401, Came.NOT_PERMITTED), (403, Came.NOT_PERMITTED), (500, Came.FAILED)),
        *((503, Came.FAILED), (429, Came.FAILED), (302, Came.FAILED), (999, Came.FAILED)),
    ],
)
@pytest.mark.parametrize(
    "body", [b"", b"<h1>no</h1>", b"{}", b'{"responseSummary": {"exists": true}}']
)
def test_an_error_is_an_error_whatever_its_body(status, came, body):
    row = read(body, status=status)
    assert (row.came, row.exists) == (came, None)


def test_an_error_with_status_200_is_an_error():
    row = read({"error": {"errorCode": 400, "errorMessage": "no such\x1b[31m term"}})
    assert (row.came, row.reason) == (Came.NOT_UNDERSTOOD, "no such [31m term")
    assert read({"error": {"errorMessage": "down"}} | said(False)).came is Came.FAILED


def test_a_node_of_ours_whose_budgets_are_spent_names_no_time():
    spent = {"error": {"errorCode": 429, "errorMessage": "all is told"}}
    assert read(spent, NODE, status=429).came is Came.BUDGET_SPENT
    paused = read(spent, NODE, status=429, headers={"retry-after": "60"}.items())
    assert paused.came is Came.FAILED


# ---- nodes of ours -------------------------------------------------------------------------------


def node_says(exists, *rows, count=None, **more):
    listed = [dict(id=f"d{number}", **row) for number, row in enumerate(rows)]
    return said(exists, count) | {"info": {"datasets": listed, "countOf": "individuals"}} | more


NO = {"status": "answered", "exists": False}
YES = {"status": "answered", "exists": True}


def test_a_node_whose_datasets_did_not_answer_did_not_say_no():
    rows = [{"status": "not answerable", "reason": "too rare"}, {"status": "not sequenced here"}]
    row = read(node_says(False, *rows), NODE)
    assert (row.came, row.exists, row.reason) == (Came.NOT_ANSWERABLE, None, "too rare")


def test_a_node_all_of_whose_datasets_are_on_another_assembly_did_not_say_no():
    row = read(node_says(False, {"status": "wrong assembly"}), NODE)
    assert (row.came, row.exists) == (Came.WRONG_ASSEMBLY, None)


def test_a_no_of_some_datasets_says_of_how_many():
    row = read(node_says(False, NO, {"status": "not permitted"}), NODE)
    assert (row.came, row.exists) == (Came.ANSWERED, False)
    assert row.reason == "1 of its 2 datasets answered"


def test_a_node_without_datasets_did_not_say_no():
    assert read(node_says(False), NODE).exists is None


@pytest.mark.parametrize(
    "document", [node_says(True, NO), node_says(False, YES), node_says(True, {"status": "x"})]
)
def test_a_nodes_yes_or_no_is_that_of_its_datasets(document):
    assert read(document, NODE).came is Came.MALFORMED


def test_a_noisy_count_comes_with_all_that_was_said_of_it():
    told = {"count": 41, "countPrecision": "imprecise", "countAdjustedTo": [">=5"]}
    document = node_says(True, YES | told | {"completeness": 0.97}, count=41)
    document["responseSummary"] |= {"countPrecision": "imprecise", "countAdjustedTo": [">=5"]}
    row = read(document, NODE)
    assert (row.count, row.precision, row.adjusted_to) == (41, "imprecise", (">=5",))
    assert row.count_of == "individuals"
    assert row.datasets == (
        Told(
            "d0",
            "org.north",
            exists=True,
            count=41,
            precision="imprecise",
            adjusted_to=(">=5",),
            completeness=0.97,
        ),
    )


def test_a_node_speaks_for_itself_alone():
    document = node_says(True, YES | {"beaconId": "org.south"})
    document |= sets(one_set(beaconId="org.south", resultsCount=1, results=[{}]))
    row = read(document, NODE)
    assert row.datasets[0].beacon == "org.north"
    assert row.result_sets[0]["beaconId"] == "org.north"


def test_somebody_elses_node_of_our_making_is_read_by_its_rows_too():
    """It is asked as anybody may, and its false is no "no" where its rows say otherwise."""
    silent = node_says(False, {"status": "not answerable"}, {"status": "not permitted"})
    assert read(silent, OTHER).exists is None
    assert read(node_says(False, NO), OTHER).exists is False
    theirs = said(False) | {"info": {"datasets": [{"id": "a", "status": "open since 2019"}, 7]}}
    assert read(theirs, OTHER).exists is False


# ---- brokers -------------------------------------------------------------------------------------


def hub_says(exists, *members, **more):
    return said(exists) | {"info": {"members": list(members)}} | more


NORTH = {"id": "org.north", "name": "North", "status": "answered", "exists": True, "count": 3}
LATE = {"id": "org.south", "name": "South", "status": "timed out", "exists": None}


def test_a_brokers_members_have_their_rows_and_the_way_to_them():
    north = NORTH | {"datasets": [{"id": "c", "beaconId": "org.north", "status": "answered"}]}
    row = read(hub_says(True, north, LATE), BROKER)
    assert (row.exists, row.reason) == (True, "1 of its 2 members answered")
    assert [one.came for one in row.rows] == [Came.ANSWERED, Came.TIMED_OUT]
    assert row.datasets[0].via == ("org.hub",)


def test_a_broker_none_of_whose_members_answered_did_not_say_no():
    assert read(hub_says(False, LATE), BROKER).exists is None
    assert read(hub_says(False), BROKER).exists is None


def test_a_brokers_yes_is_that_of_a_member():
    assert read(hub_says(True, NORTH | {"exists": False, "count": 0}), BROKER).exists is None


def test_result_sets_of_a_broker_say_whose_they_are_and_which_way_they_came():
    passed = one_set(beaconId="org.north", info={"via": ["org.inner"]}, results=[], resultsCount=1)
    row = read(hub_says(True, NORTH, **sets(passed)), BROKER)
    (found,) = row.result_sets
    assert (found["beaconId"], found["info"]["via"]) == ("org.north", ["org.hub", "org.inner"])


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
