"""Call sets and records are joined by name, and numbered so that call sets come first."""

import pytest

from beacon_node.model.entries import LINEAGE
from beacon_node.store.drafts import Entry
from beacon_node.store.merge.lineage import Lineage, trace

INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS = LINEAGE

PERSON = Entry(1, INDIVIDUAL, "p", None, "")
SAMPLE = Entry(2, BIOSAMPLE, "b", INDIVIDUAL, "p")
OTHER_SAMPLE = Entry(3, BIOSAMPLE, "b2", INDIVIDUAL, "p")
SAMPLE_RUN = Entry(4, RUN, "r", BIOSAMPLE, "b")
RUN_ANALYSIS = Entry(5, ANALYSIS, "a", RUN, "r")
ALL = (PERSON, SAMPLE, SAMPLE_RUN, RUN_ANALYSIS)
EVERY_LEVEL = {INDIVIDUAL: "p", BIOSAMPLE: "b", RUN: "r", ANALYSIS: "a"}


def traced(entries=(), samples=(), removed=(), bodies=None) -> Lineage:
    pairs = [name if isinstance(name, tuple) else (name, name) for name in samples]
    return trace(entries, pairs, frozenset(removed), lambda key: (bodies or {}).get(key, {}))


@pytest.mark.parametrize("name", ["b", "p", "r", "a"])
def test_a_call_set_named_like_any_of_its_records_finds_all_of_them(name):
    lineage = traced(ALL, [name])
    assert lineage.call_sets == {name: EVERY_LEVEL}


def test_a_table_says_whose_a_sample_is():
    assert traced(ALL, [("S-0001", "b")]).call_sets == {"S-0001": EVERY_LEVEL}


def test_of_two_biosamples_nobody_says_which_so_one_is_made():
    lineage = traced([PERSON, SAMPLE, OTHER_SAMPLE], ["p"])
    assert lineage.call_sets == {"p": {INDIVIDUAL: "p", BIOSAMPLE: "p"}}
    assert list(lineage.entries[BIOSAMPLE]) == ["p", "b", "b2"]


def test_of_two_runs_nobody_says_which():
    again = Entry(9, RUN, "r2", BIOSAMPLE, "b")
    assert traced([*ALL, again], ["b"]).call_sets["b"] == {
        INDIVIDUAL: "p",
        BIOSAMPLE: "b",
        ANALYSIS: "a",
    }


def test_a_sample_that_no_record_knows_is_a_person_of_its_own():
    lineage = traced((), ["x", "y"])
    assert lineage.call_sets["y"] == {INDIVIDUAL: "y", BIOSAMPLE: "y"}
    assert lineage.entries[INDIVIDUAL] == {"x": None, "y": None}
    assert lineage.has_one_call_set_each


def test_people_are_numbered_in_the_order_of_their_call_sets_then_the_others():
    people = [Entry(n, INDIVIDUAL, id, None, "") for n, id in enumerate("abcd")]
    lineage = traced(people, ["c", "new", "a"])
    assert list(lineage.entries[INDIVIDUAL]) == ["c", "new", "a", "b", "d"]


def test_tumour_and_normal_of_one_person_are_two_call_sets():
    lineage = traced([PERSON, SAMPLE, OTHER_SAMPLE], ["b", "b2"])
    assert not lineage.has_one_call_set_each
    assert list(lineage.entries[INDIVIDUAL]) == ["p"]


def test_the_same_sample_in_two_files_is_one_call_set():
    assert list(traced((), ["x", "y", "x"]).call_sets) == ["x", "y"]


def test_a_removed_person_goes_with_all_that_belongs_to_her():
    other = Entry(9, INDIVIDUAL, "q", None, "")
    lineage = traced([*ALL, other], ["b", "q"], removed=["p"])
    assert list(lineage.call_sets) == ["q"]
    assert {t: list(ids) for t, ids in lineage.entries.items()} == {
        INDIVIDUAL: ["q"],
        BIOSAMPLE: ["q"],
        RUN: [],
        ANALYSIS: [],
    }


def test_a_person_whom_only_her_biosample_names_is_added():
    lineage = traced([SAMPLE], ["b"])
    assert lineage.entries[INDIVIDUAL] == {"p": None}


def test_a_biosample_of_nobody_is_of_a_person_of_its_own():
    lineage = traced([Entry(1, BIOSAMPLE, "b", None, "")])
    assert lineage.ancestors((BIOSAMPLE, "b")) == {BIOSAMPLE: "b", INDIVIDUAL: "b"}


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"biosampleId": "b"}, {ANALYSIS: "a", BIOSAMPLE: "b", INDIVIDUAL: "p"}),
        (
            {"biosampleId": "new", "individualId": "p"},
            {ANALYSIS: "a", BIOSAMPLE: "new", INDIVIDUAL: "p"},
        ),
        ({"individualId": "p"}, {ANALYSIS: "a", INDIVIDUAL: "p"}),
    ],
    ids=["its biosample", "a biosample to be added", "its person"],
)
def test_an_analysis_whose_run_is_not_loaded_belongs_to(body, line):
    lineage = traced([PERSON, SAMPLE, RUN_ANALYSIS], bodies={5: body})
    assert lineage.ancestors((ANALYSIS, "a")) == line


def test_what_belongs_to_nobody_is_left_out_and_counted():
    lineage = traced([SAMPLE_RUN, RUN_ANALYSIS], bodies={4: {"biosampleId": "b"}})
    assert lineage.unattached == 2
    assert not any(lineage.entries.values())
