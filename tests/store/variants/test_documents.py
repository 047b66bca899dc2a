"""The hospital's ids and what may name a person elsewhere stay inside."""

import json

import pytest

from beacon_node.model.query import Granularity
from tests.store.variants.world import (
    ANALYSIS,
    BIOSAMPLE,
    INDIVIDUAL,
    RUN,
    Record,
    World,
    one_each,
)

SEX = {"id": "NCIT:C16576", "label": "female"}
PERSON = {
    "sex": SEX,
    "info": {"mrn": "MRN-77"},
    "hospitalNumber": "MRN-77",
    "phenotypicFeatures": [
        {"featureType": {"id": "HP:1", "label": "Cough"}, "notes": "MRN-77 coughs"},
    ],
    "pedigrees": [
        {
            "id": "family MRN-77",
            "disease": {"diseaseCode": {"id": "MONDO:1", "label": "X"}},
            "members": [
                {"memberId": "MRN-78", "affected": False, "role": {"id": "NCIT:1"}},
                {"memberId": "MRN-77", "affected": True, "role": {"id": "NCIT:2"}},
                {"memberId": "MRN-99", "affected": True, "role": {"id": "NCIT:3"}},
            ],
        }
    ],
}


@pytest.fixture
def world() -> World:
    world = one_each(2)
    world.entries = {
        INDIVIDUAL: [
            Record("MRN-77", body=PERSON, public_id="p-1"),
            Record("MRN-78", body={"sex": SEX}, public_id="p-2"),
        ],
        BIOSAMPLE: [
            Record(
                "TUBE-5",
                {INDIVIDUAL: 0},
                {"individualId": "MRN-77", "notes": "MRN-77", "sampleOriginType": {"id": "U:1"}},
                "b-1",
            ),
            Record("TUBE-6", {INDIVIDUAL: 1}, {"individualId": "MRN-nobody"}, "b-2"),
        ],
        RUN: [
            Record(
                "RUN-5",
                {INDIVIDUAL: 0, BIOSAMPLE: 0},
                {"biosampleId": "TUBE-5", "individualId": "MRN-77", "platform": "X"},
                "r-1",
            )
        ],
        ANALYSIS: [
            Record(
                "AN-5",
                {INDIVIDUAL: 0, BIOSAMPLE: 0, RUN: 0},
                {
                    "runId": "RUN-5",
                    "vcfSampleId": "MRN-77",
                    "aligner": "bwa",
                    "pipelineRef": "s3://bucket/RUN-5.vcf",
                    "variantCaller": "AN-5",
                },
                "a-1",
            )
        ],
    }
    return world


@pytest.fixture
def shown(ask, world):
    def reading(entry_type) -> tuple[dict, ...]:
        return ask(world, entry_type, granularity=Granularity.RECORD).page

    return reading


@pytest.mark.parametrize("entry_type", [INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS])
def test_no_id_of_the_hospital_is_shown_anywhere(shown, entry_type):
    text = json.dumps(shown(entry_type))
    assert not any(id in text for id in ("MRN", "TUBE", "RUN-5", "AN-5"))


def test_records_refer_to_each_other_by_public_ids(shown):
    assert shown(BIOSAMPLE) == (
        {"id": "b-1", "individualId": "p-1", "sampleOriginType": {"id": "U:1"}},
        {"id": "b-2"},
    )
    assert shown(RUN) == (
        {"id": "r-1", "biosampleId": "b-1", "individualId": "p-1", "platform": "X"},
    )
    assert shown(ANALYSIS) == ({"id": "a-1", "runId": "r-1", "aligner": "bwa"},)


def test_a_pedigree_shows_the_members_who_are_here(shown):
    person, _ = shown(INDIVIDUAL)
    assert person["sex"] == SEX
    assert person["phenotypicFeatures"] == [{"featureType": {"id": "HP:1", "label": "Cough"}}]
    (pedigree,) = person["pedigrees"]
    assert pedigree["id"] == "pedigree-p-1"
    assert [member["memberId"] for member in pedigree["members"]] == ["p-2", "p-1"]
    assert pedigree["disease"] == {"diseaseCode": {"id": "MONDO:1", "label": "X"}}


def test_a_record_whose_id_is_public_is_shown_as_it_was_loaded(shown, world):
    world.entries[INDIVIDUAL][0].public_id = "MRN-77"
    person, other = shown(INDIVIDUAL)
    (pedigree,) = person.pop("pedigrees")
    assert person == {"id": "MRN-77", **{k: v for k, v in PERSON.items() if k != "pedigrees"}}
    assert other == {"id": "p-2", "sex": SEX}
    (loaded,) = PERSON["pedigrees"]
    assert pedigree == {**loaded, "members": loaded["members"][:2]}  # MRN-99 is not here


@pytest.mark.parametrize("public_id", ["p-1", "MRN-77"])
@pytest.mark.parametrize(
    "pedigrees",
    [
        None,
        "MRN-99",
        ["MRN-99", None, 3],
        [{"members": None}],
        [{"members": "MRN-99"}],
        [{"members": [None, "MRN-99", {}, {"memberId": ["MRN-99"]}, {"memberId": None}]}],
        [{"members": [{"memberId": "MRN-78"}, {"memberId": ["MRN-78"]}]}],
    ],
)
def test_pedigrees_of_any_shape_show_nobody_who_is_not_here(shown, world, pedigrees, public_id):
    world.entries[INDIVIDUAL][0] = Record("MRN-77", body={"pedigrees": pedigrees})
    world.entries[INDIVIDUAL][0].public_id = public_id
    person, _ = shown(INDIVIDUAL)
    assert "MRN-99" not in json.dumps(person)
    assert all(isinstance(pedigree, dict) for pedigree in person["pedigrees"])
