"""Datasets are declared before they hold anything, and forgotten without a trace."""

import json

import pytest

from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import (
    NewDataset,
    add_dataset,
    list_datasets,
    remove_dataset,
    remove_part,
    remove_people,
    restore_people,
    set_terms,
    show_dataset,
)
from beacon_node.actions.release_dataset import release
from beacon_node.errors import Conflict, InvalidRequest, NotFound
from beacon_node.model.calls import FilterPolicy, Interval
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.genome import Assembly
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node_web.terms import FilteringTerms
from tests.actions.homes import new_node, open_data, people, vcf
from tests.actions.said import GRU, consents

RECORDS = ("22 100 . A C . PASS . GT 0/1 1/1",)


@pytest.fixture
def node(tmp_path):
    return new_node(tmp_path / "home")


@pytest.mark.parametrize("id", ["", "a/b", "..", "-x", "a b", "x" * 65, "ä"])
def test_an_id_is_a_plain_word(node, id):
    with pytest.raises(InvalidRequest, match="id has at most 64"):
        add_dataset(node, NewDataset(id, Assembly.GRCH38))


def test_open_data_name_their_licence(node):
    with pytest.raises(InvalidRequest, match="needs a licence"):
        add_dataset(node, NewDataset("d", Assembly.GRCH38, is_open_data=True, licence=" "))


def test_only_open_data_show_their_own_ids(node):
    with pytest.raises(InvalidRequest, match="only open data"):
        add_dataset(node, NewDataset("d", Assembly.GRCH38, keeps_ids=True))


def test_an_id_is_used_once(node):
    add_dataset(node, open_data("d"))
    with pytest.raises(Conflict, match="already a dataset 'D'"):
        add_dataset(node, open_data("D"))


@pytest.mark.parametrize(
    ("assayed", "words"),
    [
        (None, "as the files say"),
        ("whole-genome", "whole genome"),
        ([Interval(1, 0, 1_000), Interval(2, 5, 10)], "2 regions, 1,005 bases"),
    ],
)
def test_what_was_assayed_is_said_in_words(node, assayed, words):
    add_dataset(node, open_data("d", assayed=assayed))
    assert show_dataset(node, "d").assayed == words


def test_a_dataset_shows_what_is_loaded_and_what_of_it_answers(node, tmp_path):
    add_dataset(node, open_data("d", filters=FilterPolicy(frozenset({"q10"}))))
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    release(node, "d")
    load(node, "d", vcf(tmp_path / "y.vcf", RECORDS, samples=["c", "e"]))
    remove_people(node, "d", ["a"])
    details = show_dataset(node, "d")
    assert [(part.source, part.is_released) for part in details.parts] == [
        ("x.vcf", True),
        ("y.vcf", False),
    ]
    assert (details.people_to_remove, details.filters) == (1, ("q10",))
    assert details.size_bytes > 0
    (summary,) = list_datasets(node)
    assert (summary.id, summary.release, summary.parts) == ("d", 1, 2)
    assert summary.is_changed
    release(node, "d")
    assert not list_datasets(node)[0].is_changed


def test_a_removed_dataset_leaves_no_file(node, tmp_path):
    add_dataset(node, open_data("d"))
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    release(node, "d")
    remove_dataset(node, "d")
    assert list_datasets(node) == ()
    assert not node.catalogue.folder("d").exists()
    with pytest.raises(NotFound):
        remove_dataset(node, "d")


def test_what_a_killed_removal_left_goes_with_the_next_command(node, tmp_path):
    add_dataset(node, open_data("d"))
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    node.catalogue.remove_dataset("d")  # … and killed here
    add_dataset(node, open_data("other"))
    assert not node.catalogue.folder("d").exists()


def test_nobody_is_no_one_to_remove(node):
    add_dataset(node, open_data("d"))
    with pytest.raises(InvalidRequest, match="at least one"):
        remove_people(node, "d", ["", " "])


def test_people_are_removed_only_if_all_of_them_are_known(node, tmp_path):
    add_dataset(node, open_data("d"))
    with pytest.raises(NotFound, match="no individual 'a'"):
        remove_people(node, "d", ["a"])
    samples = LoadOptions(sample_table={"b": "patient"})
    first = load(node, "d", vcf(tmp_path / "x.vcf", RECORDS), samples).part
    load(node, "d", people(tmp_path / "i.json", "c"))
    for unknown in (["a", "nope"], ["b"], ["patient", "c", "C"]):
        with pytest.raises(NotFound, match=f"no individual '{unknown[-1]}'; nobody was removed"):
            remove_people(node, "d", unknown)
    assert node.catalogue.removed_people("d") == ()
    assert remove_people(node, "d", ["a", "patient", "c"]) == 3  # two have no clinical record
    assert remove_people(node, "d", ["a"]) == 3
    restore_people(node, "d", ["a"])
    release(node, "d")
    remove_part(node, "d", first)
    assert remove_people(node, "d", ["a"]) == 3  # in the current release alone


def test_a_dataset_made_anew_by_the_same_name_is_another_one_for_those_who_run(node, tmp_path):
    add_dataset(node, open_data())
    terms = FilteringTerms(node, lambda: ANONYMOUS)

    def released(sex: str) -> tuple:
        file = tmp_path / "people.json"
        file.write_text(json.dumps([{"id": "p", "sex": {"id": sex, "label": "x"}}]))
        load(node, "d", str(file))
        release(node, "d")
        (dataset,) = node.store.datasets()
        found = {term["id"] for term in terms.list(None, None)} & {"NCIT:C16576", "NCIT:C20197"}
        return dataset.release, dataset.released_at, dataset.fingerprint, found

    first = released("NCIT:C16576")
    remove_dataset(node, "d")
    add_dataset(node, open_data())
    second = released("NCIT:C20197")
    assert first[0] == second[0] == 1
    assert first[2] != second[2]
    assert (first[3], second[3]) == ({"NCIT:C16576"}, {"NCIT:C20197"})


def test_a_dataset_that_is_not_open_tells_what_it_lacks_to_answer(node, tmp_path):
    add_dataset(node, NewDataset("d", Assembly.GRCH37))
    assert list_datasets(node)[0].missing == ("no release", "no data use terms")
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS))
    release(node, "d")
    set_terms(node, "d", GRU)
    (summary,) = list_datasets(node)
    assert summary.missing == ("nobody in it consented", "no data use terms")
    assert (summary.terms, summary.next_terms, summary.left_out) == ((), ("GRU",), 2)
    assert summary.is_changed
    consents(node, "a")
    release(node, "d")
    (summary,) = list_datasets(node)
    assert (summary.missing, summary.terms, summary.next_terms) == ((), ("GRU",), ())


def test_open_data_lack_nothing(node):
    add_dataset(node, open_data("d"))
    assert list_datasets(node)[0].missing == ()


def test_terms_are_told_with_what_they_are_limited_to(node):
    disease = ConsentTerm("DUO:0000007", diseases=frozenset({"MONDO:2", "MONDO:1"}))
    add_dataset(node, NewDataset("d", Assembly.GRCH37, use=Use.of(disease, *GRU.terms)))
    assert list_datasets(node)[0].next_terms == ("DS (MONDO:1 MONDO:2)", "GRU")
