"""`dataset panels` and `dataset filters`: what lets a protected dataset answer, and by what."""

import json

import pytest

from beacon_node.cli import main as cli
from tests.actions.public_world import DATASET, PANEL
from tests.actions.registered.world import make_hospital
from tests.consent.clinic import FEMALE, MALE


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """The home of a node whose dataset `cohort` is released with a panel and one filter."""
    folder = tmp_path_factory.mktemp("tiers")
    make_hospital(folder, people=70)
    return folder / "home"


@pytest.fixture
def run(home, monkeypatch, capsys):
    """Return a function that runs a command on the node and returns what it prints."""
    monkeypatch.setenv("BEACON_NODE_HOME", str(home))

    def command(*words: str, exit_code: int = 0) -> str:
        assert cli.run(list(words)) == exit_code
        return "".join(capsys.readouterr())

    return command


def filters_of(run) -> list[dict]:
    return json.loads(run("dataset", "filters", DATASET, "--json"))["filters"]


def test_panels_that_are_not_loaded_are_refused_by_name(run):
    said = run("dataset", "panels", DATASET, "--panel", "afr", exit_code=2)
    assert "afr" in said


@pytest.mark.parametrize("words", [(), ("--panel", PANEL, "--close")], ids=["neither", "both"])
def test_panels_are_either_named_or_taken_away(run, words):
    assert "--close" in run("dataset", "panels", DATASET, *words, exit_code=2)


def test_panels_that_are_taken_away_close_at_once_and_named_ones_wait_for_a_release(run):
    question = ("query", "22-10000-A-C", "--granularity", "boolean", "--json")

    def status() -> str:
        return json.loads(run(*question))["questions"][0]["answers"][0]["datasets"][0]["status"]

    assert status() == "answered"
    said = run("dataset", "panels", DATASET, "--close")
    assert "answers nobody without a grant any more" in said and status() == "not permitted"
    said = run("dataset", "panels", DATASET, "--panel", PANEL)
    assert f"may answer anybody by {PANEL}, in its public lifetime number 1" in said
    assert f"beacon-node release {DATASET}" in said
    told = json.loads(run("dataset", "panels", DATASET, "--panel", PANEL, "--json"))
    expected = {"dataset": DATASET, "panels": [PANEL], "genomes": "", "lifetime": 1}
    assert told == expected | {"is_rehearsal": False}


def test_filters_are_shown_with_how_many_people_of_the_release_have_them(run):
    assert "filter\tlabel\tpeople" in run("dataset", "filters", DATASET)
    (one,) = filters_of(run)
    assert (one["name"], one["people"], one["least"]) == (FEMALE, 35, 50)


def test_filters_are_declared_instead_of_those_before(run):
    said = run("dataset", "filters", DATASET, "--term", MALE)
    assert f"{MALE} selects fewer than 50 people" in said
    assert f"beacon-node release {DATASET}" in said
    assert [one["name"] for one in filters_of(run)] == [MALE]
    assert MALE in run("dataset", "show", DATASET)
    assert "cannot be filtered" in run("dataset", "filters", DATASET, "--none")
    assert filters_of(run) == []


def test_what_nothing_knows_is_refused_and_nothing_changes(run):
    run("dataset", "filters", DATASET, "--term", FEMALE)
    said = run("dataset", "filters", DATASET, "--term", "MONDO:1", "--field", "age", exit_code=2)
    assert "MONDO:1, age" in said and "load the ontology" in said
    assert [one["name"] for one in filters_of(run)] == [FEMALE]


def test_none_goes_with_no_filter(run):
    assert "--none" in run("dataset", "filters", DATASET, "--none", "--term", MALE, exit_code=2)


def test_open_data_need_no_list(run):
    run("dataset", "add", "o", "--assembly", "GRCh37", "--open-data", "--licence", "CC0")
    assert "open data" in run("dataset", "filters", "o", "--term", FEMALE, exit_code=2)


def test_a_rehearsal_is_named_so_and_begins_before_anybody_is_answered(run):
    said = run("dataset", "panels", DATASET, "--panel", PANEL, "--rehearse", exit_code=4)
    assert "cannot be rehearsed" in said


def test_a_new_lifetime_says_its_bound_and_is_not_started_unasked(run, monkeypatch):
    begin = ("dataset", "panels", DATASET, "--panel", PANEL, "--new-lifetime")
    assert "nothing new" in run(*begin, "--yes", exit_code=4)
    monkeypatch.setenv("BEACON_NODE_PRIVACY_CARRIERS_NEEDED", "2")
    said = run(*begin, exit_code=2)
    assert "at most 20% of the members" in said and "say --yes" in said
    said = run(*begin, "--rehearse", "--yes")
    assert f"{DATASET} rehearses to answer anybody by {PANEL}" in said
    assert "in its public lifetime number 2" in said
