"""Any answer becomes one row; what is not clearly an answer is none, and is never a no."""

import pytest

from beacon_node.model.federation import Came
from tests.beacon_v2.reading import NODE, asked, one_set, read, said, sets

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
