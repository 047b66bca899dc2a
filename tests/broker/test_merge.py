"""Many rows, one answer: nobody's silence is a no, and no hidden number is a zero."""

import pytest

from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.broker.merge import beacon_document, totals
from beacon_node.errors import InvalidRequest, NoNodeAnswered, NotFound
from beacon_node.model.federation import Came, MemberRow, Told
from beacon_node.model.query import Granularity
from tests.beacon_v2.asking import post

BOOLEAN, COUNT, RECORD = Granularity
HUB = BeaconIdentity("org.hub", "Hub", "org", "Org", "https://org", "https://hub/api", "v1")
PEOPLE = "individuals"


def row(name="north", *, exists=True, count=None, came=None, **told) -> MemberRow:
    came = came or (Came.ANSWERED if exists is not None else Came.TIMED_OUT)
    granularity = told.pop("granularity", BOOLEAN if count is None else COUNT)
    return MemberRow(
        name, name.title(), came, exists=exists, count=count, granularity=granularity, **told
    )


def silent(name="south", came=Came.TIMED_OUT, **told) -> MemberRow:
    return MemberRow(name, name.title(), came, **told)


def merged(*rows, granularity="count", **query) -> dict:
    return beacon_document(rows, post({"requestedGranularity": granularity, **query}), HUB)


# ---- yes and no ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "exists"),
    [
        ([row(exists=False), row("east")], True),
        ([row(exists=False), row("east", exists=False)], False),
        ([row(), silent()], True),
        ([row(exists=False), silent()], False),
        ([silent(), silent("east", Came.NOT_ANSWERABLE)], None),
    ],
)
def test_anybodys_yes_is_a_yes_and_silence_is_neither(rows, exists):
    found = totals(rows, PEOPLE)
    assert (found.exists, found.members) == (exists, len(rows))


def test_every_member_has_its_row_with_the_reason():
    document = merged(row(count=3), silent(reason="no answer within 10 s"))
    rows = {one["id"]: one for one in document["info"]["members"]}
    assert (rows["north"]["status"], rows["north"]["count"]) == ("answered", 3)
    assert (rows["south"]["status"], rows["south"]["exists"]) == ("timed out", None)
    assert rows["south"]["reason"] == "no answer within 10 s"
    assert (document["info"]["answered"], document["info"]["asked"]) == (1, 2)


# ---- sums ----------------------------------------------------------------------------------------


def summed(*rows):
    found = totals(rows, PEOPLE)
    return found.count, found.precision, found.adjusted_to, found.covers


def test_told_numbers_are_added():
    assert summed(row(count=3), row("east", count=4)) == (7, "exact", (), ("north", "east"))
    zero = row("east", exists=False, count=0)
    assert summed(row(count=3), zero) == (3, "exact", (), ("north", "east"))


def test_a_yes_without_a_number_is_no_zero():
    assert summed(row(count=3), row("east")) == (3, "imprecise", (">=3",), ("north",))


def test_fewer_than_five_is_no_zero():
    few = row("east", exists=False, adjusted_to=("<5",), precision="imprecise")
    assert summed(row(count=3), few) == (3, "imprecise", (">=3",), ("north",))


def test_a_sum_with_noise_in_it_is_no_bound():
    noisy = row("east", count=40, precision="imprecise", adjusted_to=(">=5",))
    assert summed(row(count=3), noisy) == (43, "imprecise", (), ("north", "east"))


def test_where_nobody_told_a_number_there_is_none():
    assert summed(row(), silent()) == (None, "", (), ())
    document = merged(row(), silent())
    assert document["responseSummary"] == {"exists": True}
    assert document["meta"]["returnedGranularity"] == "boolean"


def test_numbers_of_different_things_are_not_added():
    alleles = row("east", count=50, count_of="alleles")
    assert summed(row(count=3, count_of=PEOPLE), alleles)[::3] == (3, ("north",))


def test_the_answer_says_whose_numbers_its_total_has():
    info = merged(row(count=3), row("east"), silent())["info"]
    assert info["totalCovers"] == ["north"]
    assert "totalCovers" not in merged(row(), granularity="boolean")["info"]


# ---- brokers below -------------------------------------------------------------------------------


def hub_row(*rows, count=None) -> MemberRow:
    return row("inner", count=count, rows=tuple(rows))


def test_a_beacon_that_two_ways_lead_to_counts_once_and_its_own_word_first():
    rows = hub_row(row(count=99), row("west", count=2), count=101), row(count=3)
    assert summed(*rows) == (5, "exact", (), ("north", "west"))
    assert merged(*rows)["info"]["metTwice"] == ["north"]


def test_whom_nothing_is_known_of_below_a_broker_counts_as_the_broker_says():
    assert summed(row("inner", count=7), row(count=3))[0] == 10


def test_a_member_below_that_did_not_answer_adds_nothing():
    assert summed(hub_row(row("west", count=2), silent()))[::3] == (2, ("west",))


# ---- granularity and records ---------------------------------------------------------------------


def one_set(beacon="north", id="cohort", exists=True, via=()):
    info = {"via": list(via)} if via else {}
    shown = {"id": id, "beaconId": beacon, "setType": "dataset", "exists": exists}
    return shown | {"resultsCount": 1, "results": [{}], "info": info}


def test_members_may_differ_in_what_they_tell():
    """One that says yes or no alone takes no records away from others, and none are made up."""
    full = row(count=1, granularity=RECORD, result_sets=(one_set(),))
    document = merged(full, row("east"), granularity="record")
    assert document["meta"]["returnedGranularity"] == "record"
    assert [one["beaconId"] for one in document["response"]["resultSets"]] == ["north"]
    told = {one["id"]: one["granularity"] for one in document["info"]["members"]}
    assert told == {"north": "record", "east": "boolean"}


@pytest.mark.parametrize(
    ("include", "listed"),
    [("HIT", ["a"]), ("MISS", ["b"]), ("ALL", ["a", "b"]), ("NONE", [])],
)
def test_result_sets_are_listed_as_they_are_asked_for(include, listed):
    sets = one_set(id="a"), one_set(id="b", exists=False)
    full = row(count=1, granularity=RECORD, result_sets=sets)
    document = merged(full, granularity="record", includeResultsetResponses=include)
    assert [one["id"] for one in document["response"]["resultSets"]] == listed
    assert document["responseSummary"]["exists"] is True


def test_equal_ids_of_two_beacons_are_two_sets_and_one_beacons_by_two_ways_is_one():
    passed = one_set(via=["inner"]), one_set("west", via=["inner"])
    rows = [
        row("inner", count=2, granularity=RECORD, result_sets=passed),
        row(count=1, granularity=RECORD, result_sets=(one_set(),)),
    ]
    sets = merged(*rows, granularity="record")["response"]["resultSets"]
    assert [(one["beaconId"], "via" in one["info"]) for one in sets] == [
        ("west", True),
        ("north", False),
    ]


def test_what_a_page_means_is_said():
    full = row(count=1, granularity=RECORD, result_sets=(one_set(),))
    page = {"skip": 2, "limit": 5}
    words = merged(full, granularity="record", pagination=page)["info"]["page"]
    assert words.startswith("records 11 to 15 of each result set")


def test_datasets_on_another_assembly_are_told_as_such():
    told = Told("old", "north", Came.WRONG_ASSEMBLY, reason="its data are on GRCh37")
    there = MemberRow("north", "North", Came.WRONG_ASSEMBLY, datasets=(told,))
    document = merged(there, row("east", exists=False, count=0))
    (shown,) = document["info"]["datasets"]
    assert (shown["status"], shown["beaconId"], "exists" in shown) == (
        "wrong assembly",
        "north",
        False,
    )


# ---- where there is no answer --------------------------------------------------------------------


def test_only_where_nobody_was_heard_the_broker_has_no_answer():
    with pytest.raises(NoNodeAnswered, match="none of 2 members answered.*South: timed out"):
        merged(silent(), silent("east", Came.OFFLINE))
    with pytest.raises(NoNodeAnswered, match="no members yet"):
        merged()
    assert merged(silent(), silent("east", Came.NOT_PERMITTED))["responseSummary"] == {
        "exists": False
    }


def test_what_no_member_understands_is_a_wrong_question():
    lost = silent(came=Came.NOT_UNDERSTOOD, reason="filters: 'HP:7' is not known")
    with pytest.raises(InvalidRequest, match="HP:7"):
        merged(lost, silent("east", Came.NOT_UNDERSTOOD))
    assert merged(lost, silent("east"))  # who was not heard may understand it


def test_what_no_member_has_is_not_found():
    missing = silent(came=Came.NOT_UNDERSTOOD, is_missing=True, reason="no such dataset")
    with pytest.raises(NotFound):
        merged(missing)
