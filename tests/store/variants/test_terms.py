"""What a dataset can be filtered by."""

import pytest

from beacon_node.store.variants import SqliteVariantStore
from tests.store.variants.world import BIOSAMPLE, INDIVIDUAL, Record, Shelf, World, one_each


def test_terms_and_fields_are_listed_with_their_scopes(tmp_path):
    shelf = Shelf(tmp_path)
    world = one_each(
        30,
        terms=[
            (INDIVIDUAL, "NCIT:C16576", "sex", "female", {0}),
            (INDIVIDUAL, "HP:1", "phenotypicFeatures.featureType", "", {1}),
            (BIOSAMPLE, "HP:1", "phenotypicFeatures.featureType", "Cough", {0}),
            (BIOSAMPLE, "HP:1", "histologicalDiagnosis", "Cough", {0}),
            (INDIVIDUAL, "our own code", "x", "ours", {2}),
        ],
        measures=[
            (INDIVIDUAL, "LOINC:1", 0, 60.0, "60", "", "kg", "Weight"),
            (INDIVIDUAL, "karyotypicSex", 0, None, "XX", "", "", ""),
            (INDIVIDUAL, "karyotypicSex", 1, None, "XY", "", "", ""),
            (BIOSAMPLE, "karyotypicSex", 1, None, "XX", "", "", ""),
            *((INDIVIDUAL, "nickname", n, None, f"n{n}", "", "", "") for n in range(30)),
        ],
    )
    dataset = shelf.release(world)
    people, both = ["individuals"], ["individuals", "biosamples"]
    assert SqliteVariantStore(shelf).filtering_terms(dataset) == (
        {"type": "ontology", "id": "HP:1", "label": "Cough", "scopes": both},
        {"type": "ontology", "id": "NCIT:C16576", "label": "female", "scopes": people},
        {"type": "custom", "id": "our own code", "label": "ours", "scopes": people},
        {"type": "alphanumeric", "id": "LOINC:1", "label": "Weight", "scopes": people},
        {
            "type": "alphanumeric",
            "id": "karyotypicSex",
            "label": "",
            "scopes": both,
            "values": ["XX", "XY"],
        },
        {"type": "alphanumeric", "id": "nickname", "label": "", "scopes": people},
    )


def listed(folder, world: World) -> dict:
    shelf = Shelf(folder)
    terms = SqliteVariantStore(shelf).filtering_terms(shelf.release(world))
    return {term["id"]: term for term in terms}


def people(*ids: str, public: bool = False) -> World:
    world = one_each(len(ids))
    world.entries[INDIVIDUAL] = [
        Record(id, public_id=id if public else f"p-{n}") for n, id in enumerate(ids)
    ]
    return world


TELLING = ["MRN-77", "of MRN-77", "MRN-77_b", "see MRN-77, please", "(MRN-77)", "TUBE.5"]


@pytest.mark.parametrize("text", TELLING)
def test_what_contains_an_id_that_records_mask_is_not_listed(tmp_path, text):
    world = people("MRN-77", "MRN-78")
    world.entries[BIOSAMPLE] = [Record("TUBE.5", {INDIVIDUAL: 0}, public_id="b-0")]
    world.terms = [
        (INDIVIDUAL, "HP:1", "a", text, {0}),
        (INDIVIDUAL, "HP:1", "b", "Cough", {0}),
        (INDIVIDUAL, "HP:2", "a", text, {0}),
        (INDIVIDUAL, text, "a", "ours", {0}),
        (INDIVIDUAL, f"custom:{text}", "a", "ours", {0}),
    ]
    world.measures = [
        (INDIVIDUAL, "nickname", 0, None, text, "", "", text),
        (INDIVIDUAL, "nickname", 1, None, "Bo", "", "", text),
        (INDIVIDUAL, text, 1, None, "Bo", "", "", ""),
    ]
    found = listed(tmp_path, world)
    assert set(found) == {"HP:1", "HP:2", "nickname"}
    assert (found["HP:1"]["label"], found["HP:2"]["label"]) == ("Cough", "")
    assert (found["nickname"]["values"], found["nickname"]["label"]) == (["Bo"], "")


def test_ids_that_are_public_are_listed(tmp_path):
    world = people("MRN-77", public=True)
    world.terms = [(INDIVIDUAL, "HP:1", "a", "as in MRN-77", {0})]
    assert listed(tmp_path, world)["HP:1"]["label"] == "as in MRN-77"


def test_a_piece_of_a_word_or_number_is_nobodys_id(tmp_path):
    world = people("114", "cou", "1")
    world.terms = [(INDIVIDUAL, "MONDO:0011450", "a", "coughs, type 1", {0})]
    world.measures = [(INDIVIDUAL, "ward", 0, None, text, "", "", "") for text in ("1", "1 b")]
    found = listed(tmp_path, world)
    assert found["MONDO:0011450"]["label"] == "coughs, type 1"
    assert found["ward"]["values"] == ["1 b"]


def test_a_release_is_looked_through_once(tmp_path):
    shelf = Shelf(tmp_path)
    dataset, store = shelf.release(people("MRN-77")), SqliteVariantStore(shelf)
    assert store.filtering_terms(dataset) is store.filtering_terms(dataset)
