"""What an operator may declare, and what is shown of it."""

import json

import pytest

from beacon_node.actions.declared_filters import filtering_terms, set_filters, show_filters
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.release_dataset import release
from beacon_node.errors import InvalidRequest, NotFound
from tests.actions.homes import new_node, vcf
from tests.consent.clinic import closed, gives, with_clock

IDS = [f"p{number}" for number in range(10)]
ONSET = "diseases.ageOfOnset"


@pytest.fixture
def node(tmp_path):
    """A protected dataset of ten people, three of whom have a disease and an age of onset."""
    node = with_clock(new_node(tmp_path / "home", closed("c")))
    records = tmp_path / "individuals.json"
    records.write_text(json.dumps([_person(id, number < 3) for number, id in enumerate(IDS)]))
    calls = " ".join(["0/1"] * len(IDS))
    genotypes = vcf(tmp_path / "x.vcf", [f"22 100 . A C . PASS . GT {calls}"], IDS)
    for file in (genotypes, str(records)):
        load(node, "c", file, LoadOptions(processes=1))
    gives(node, *IDS)
    return node


def _person(id: str, is_ill: bool) -> dict:
    person = {"id": id, "sex": {"id": "NCIT:C16576", "label": "female"}}
    if is_ill:
        disease = {"id": "MONDO:0004979", "label": "a label of the hospital's own"}
        onset = {"iso8601duration": "P40Y"}
        person["diseases"] = [{"diseaseCode": disease, "ageOfOnset": onset}]
    return person


def test_terms_and_fields_are_declared_with_how_many_people_have_them(node):
    release(node, "c")
    found = set_filters(node, "c", terms=["MONDO:0004979"], fields=[ONSET, "sex"])
    assert {one.name: one.people for one in found} == {"MONDO:0004979": 3, ONSET: 3, "sex": 10}
    assert all(one.is_too_small for one in found)
    assert show_filters(node, "c") == found


def test_before_a_release_only_what_an_ontology_knows_can_be_declared(node):
    with pytest.raises(InvalidRequest, match="release first"):
        set_filters(node, "c", terms=["MONDO:0004979"], fields=[])


def test_a_hospitals_own_labels_are_not_shown(node):
    release(node, "c")
    set_filters(node, "c", terms=["MONDO:0004979"], fields=[ONSET])
    release(node, "c")
    (dataset,) = node.store.datasets()
    rows = {one["id"]: (one["type"], one["label"]) for one in filtering_terms(node, dataset)}
    assert rows == {"MONDO:0004979": ("ontology", ""), ONSET: ("alphanumeric", "")}


def test_a_release_of_the_same_data_under_another_list_is_a_new_one(node):
    first = release(node, "c")
    set_filters(node, "c", terms=[], fields=["sex"])
    second = release(node, "c")
    assert (second.number, second.is_consent_only) == (first.number + 1, True)
    assert not release(node, "c").is_new


def test_filters_of_no_dataset_are_refused(node):
    with pytest.raises(NotFound):
        set_filters(node, "elsewhere", terms=[], fields=["sex"])
