"""What a dataset can be filtered by."""

from beacon_node.store.variants import SqliteVariantStore
from tests.store.variants.world import BIOSAMPLE, INDIVIDUAL, Shelf, one_each


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
