"""Nodes and brokers of ours say whom they asked: who did not answer did not say no."""

import pytest

from beacon_node.model.federation import Came, Told
from tests.beacon_v2.reading import (
    BROKER,
    NO,
    NODE,
    OTHER,
    YES,
    hub_says,
    node_says,
    one_set,
    read,
    said,
    sets,
)

# ---- nodes of ours -------------------------------------------------------------------------------


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
