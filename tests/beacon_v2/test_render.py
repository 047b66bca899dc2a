"""Answers in the form that their own granularity asks for."""

import pytest

from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.beacon_v2.received import ReceivedRequest
from beacon_node.beacon_v2.render import render_answer, render_collections, render_error
from beacon_node.model.answer import Answer, DatasetAnswer, Precision, Status
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.query import Granularity, Include, Page
from beacon_node.ports import Dataset

BOOLEAN, COUNT, RECORD = Granularity
IDENTITY = BeaconIdentity(
    "org.example", "A beacon", "org", "An organization", "https://org.example",
    "https://b.example/api", "v1", contact_url="https://org.example/access",
)  # fmt: skip
HIT = DatasetAnswer("hit", Status.ANSWERED, RECORD, True, 12, ({"id": "i1"}, {"id": "i2"}))
MISS = DatasetAnswer("miss", Status.ANSWERED, RECORD, False, 0)
CLOSED = DatasetAnswer("closed", Status.NOT_PERMITTED, reason="ask the committee")
ELSEWHERE = DatasetAnswer("elsewhere", Status.WRONG_ASSEMBLY)


def answer(granularity: Granularity, *parts: DatasetAnswer, count: int | None = 12) -> Answer:
    return Answer(EntryType.INDIVIDUAL, granularity, True, count, parts)


def render(granularity=RECORD, *parts, include=Include.HIT, count=12) -> dict:
    parts = parts or (HIT, MISS, CLOSED, ELSEWHERE)
    received = ReceivedRequest(include=include, granularity=RECORD)
    datasets = {"hit": Dataset("hit", "Hit", Assembly.GRCH38, True, "CC0-1.0", is_synthetic=True)}
    found = answer(granularity, *parts, count=count)
    return render_answer(found, received, IDENTITY, datasets=datasets)


@pytest.mark.parametrize("granularity", [BOOLEAN, COUNT])
def test_below_records_there_is_no_response(granularity):
    document = render(granularity)
    assert "response" not in document
    assert document["meta"]["returnedGranularity"] == granularity.word
    assert document["meta"]["receivedRequestSummary"]["requestedGranularity"] == "record"


def test_a_total_that_is_not_told_is_not_there():
    assert render(BOOLEAN, count=None)["responseSummary"] == {"exists": True}


def test_a_total_is_marked_as_exact_and_says_what_it_counts():
    document = render(COUNT)
    assert document["responseSummary"]["countPrecision"] == "exact"
    assert document["info"]["countOf"] == "individuals"


@pytest.mark.parametrize(
    ("include", "listed"),
    [
        (Include.HIT, ["hit"]),
        (Include.MISS, ["miss"]),
        (Include.ALL, ["hit", "miss"]),
        (Include.NONE, []),
    ],
)
def test_result_sets_are_those_asked_for_and_answered(include, listed):
    document = render(include=include)
    assert [one["id"] for one in document["response"]["resultSets"]] == listed
    assert document["responseSummary"]["exists"] is True
    told = [row["id"] for row in document["info"]["datasets"] if "exists" in row]
    assert told == listed


def test_every_dataset_has_its_row():
    rows = {row["id"]: row for row in render()["info"]["datasets"]}
    assert {id: row["status"] for id, row in rows.items()} == {
        "hit": "answered",
        "miss": "answered",
        "closed": "not permitted",
        "elsewhere": "wrong assembly",
    }
    assert rows["closed"]["reason"] == "ask the committee"


NOISY = {"precision": Precision.IMPRECISE, "adjusted_to": 5}


def test_a_number_with_noise_says_so_and_what_is_never_told():
    part = DatasetAnswer("d", Status.ANSWERED, COUNT, True, 12, **NOISY, completeness=0.939)
    found = Answer(EntryType.INDIVIDUAL, COUNT, True, 12, (part,), **NOISY)
    document = render_answer(found, ReceivedRequest(granularity=COUNT), IDENTITY)
    told = {"countPrecision": "imprecise", "countAdjustedTo": [">=5"]}
    assert document["responseSummary"] == {"exists": True, "numTotalResults": 12, **told}
    assert document["info"]["datasets"] == [
        {"id": "d", "status": "answered", "exists": True, "count": 12, **told, "completeness": 0.93}
    ]


def test_a_number_below_the_threshold_is_told_as_less_than_it():
    part = DatasetAnswer("d", Status.ANSWERED, BOOLEAN, False, **NOISY)
    document = render(BOOLEAN, part, include=Include.ALL, count=None)
    (row,) = document["info"]["datasets"]
    assert row["exists"] is False and "count" not in row
    assert (row["countPrecision"], row["countAdjustedTo"]) == ("imprecise", ["<5"])
    assert "numTotalResults" not in document["responseSummary"]
    (row,) = render(BOOLEAN, part, include=Include.HIT, count=None)["info"]["datasets"]
    assert "countAdjustedTo" not in row and "exists" not in row


def test_results_count_is_the_whole_set():
    (one,) = render()["response"]["resultSets"]
    assert one["resultsCount"] == 12 and len(one["results"]) == 2
    assert one["info"]["isSynthetic"] is True


def test_where_access_can_be_asked_for_is_a_handover():
    (handover,) = render()["beaconHandovers"]
    assert handover["handoverType"]["id"] == "CUSTOM:access-request"
    assert handover["url"] == "https://org.example/access" and "closed" in handover["note"]
    assert "beaconHandovers" not in render(RECORD, HIT)
    spent = DatasetAnswer("spent", Status.BUDGET_SPENT, reason="it is used up")
    (handover,) = render(RECORD, HIT, spent)["beaconHandovers"]
    assert handover["note"] == "Dataset spent: it is used up"


def test_a_licence_is_a_handover_of_its_result_set():
    (one,) = render()["response"]["resultSets"]
    assert one["resultsHandovers"][0]["url"] == "https://b.example/api/datasets/hit"
    assert "CC0-1.0" in one["resultsHandovers"][0]["note"]


def test_collections_are_paged_and_counted_whole():
    received = ReceivedRequest(granularity=RECORD, page=Page(1, 2))
    documents = [{"id": str(number)} for number in range(5)]
    found = render_collections(EntryType.DATASET, documents, received, IDENTITY)
    assert found["response"]["collections"] == [{"id": "2"}, {"id": "3"}]
    assert found["responseSummary"]["numTotalResults"] == 5


def test_an_error_tells_what_was_understood_of_the_request():
    received = ReceivedRequest(filters=("HP:1",), granularity=COUNT)
    document = render_error(404, "there is no such entry", IDENTITY, received)
    assert document["error"] == {"errorCode": 404, "errorMessage": "there is no such entry"}
    assert document["meta"]["receivedRequestSummary"]["filters"] == ("HP:1",)
    assert document["meta"]["returnedSchemas"] == []
