"""The framework's documents and what collections tell."""

from dataclasses import replace

import pytest

from beacon_node.beacon_v2 import documents
from beacon_node.beacon_v2.collections import cohort_documents, dataset_document
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.public_tier import PublicTier
from beacon_node.ports import Dataset
from tests.conformance.schemas import RESPONSES, faults
from tests.policy.duo import ds, term, use

IDENTITY = BeaconIdentity(
    "org.example", "A beacon", "org", "An organization", "https://org.example",
    "https://b.example/api", "v1", environment="staging",
)  # fmt: skip
COHORT = {
    "id": "c1",
    "name": "One",
    "cohortType": "study-defined",
    "cohortSize": 4,
    "collectionEvents": [{"eventSize": 4, "eventGenders": {"distribution": {"genders": {}}}}],
    "cohortDesign": {"id": "ABC:1", "label": "a design", "notes": "by H-1"},
    "inclusionCriteria": {
        "ageRange": {"start": {"iso8601duration": "P18Y"}},
        "diseaseConditions": [{"diseaseCode": {"id": "HP:1"}, "notes": "not H-1"}, "H-1"],
        "members": ["H-1"],
    },
    "exclusionCriteria": "H-1",
    "ids": {"individualIds": ["H-1", "H-2"]},
    "individualIds": ["H-1"],
    "info": {"contact": "H-1"},
}
DUO = {"id": "DUO:0000042", "label": "general research use", "version": "2021-02-23"}
WRITTEN = {
    "id": "own",
    "name": "H-1 and others",
    "description": "As loaded",
    "externalUrl": "https://x.example",
    "createDateTime": "2029-01-01T00:00:00Z",
    "dataUseConditions": {"duoDataUse": [{**DUO, "info": "H-1"}, "H-1"], "info": "H-1"},
    "ids": {"individualIds": ["H-1"], "biosampleIds": ["H-1-b"]},
    "info": {"individualIds": ["H-1"]},
    "whoever": "H-1",
}
DATASET = Dataset(
    "d", "Data", Assembly.GRCH38, True, "CC0-1.0", release=2, released_at="2030-01-07T00:00:00Z",
    sizes={EntryType.INDIVIDUAL: 3}, document=WRITTEN,
    cohorts=(COHORT,),
)  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "status"),
    [("prod", "PROD"), ("test", "TEST"), ("staging", "TEST"), ("dev", "DEV")],
)
def test_production_status_follows_the_environment(environment, status):
    document = documents.configuration_document(replace(IDENTITY, environment=environment))
    assert document["response"]["maturityAttributes"]["productionStatus"] == status


def test_security_attributes_say_what_a_stranger_gets():
    security = documents.configuration_document(IDENTITY)["response"]["securityAttributes"]
    assert security == {"defaultGranularity": "record", "securityLevels": ["PUBLIC"]}


def test_what_is_empty_is_left_out():
    response = documents.info_document(IDENTITY)["response"]
    assert "welcomeUrl" not in response and "contactUrl" not in response["organization"]


def test_info_says_what_each_protected_dataset_gives_away_at_most():
    tier = PublicTier("", "", "", power=0.1, false_positives=0.05, lifetime=2)
    told = [
        Dataset("closed", "", Assembly.GRCH38, is_open_data=False),
        Dataset("asked", "", Assembly.GRCH38, is_open_data=False, public=tier),
    ]
    document = documents.info_document(IDENTITY, told)
    assert faults(document, f"{RESPONSES}/beaconInfoResponse") == []
    (bound,) = document["response"]["info"]["privacyBounds"]
    assert bound["datasetId"] == "asked" and bound["publicTier"].endswith(tier.bound)
    assert "20% of the members" in bound["publicTier"]
    assert "info" not in documents.info_document(IDENTITY, told[:1])["response"]


def test_filtering_terms_of_datasets_become_one_list():
    one = {"type": "ontology", "id": "HP:1", "label": "", "scopes": ["individuals"]}
    other = {"type": "ontology", "id": "HP:1", "label": "Seizure", "scopes": ["biosamples"]}
    field = {"type": "alphanumeric", "id": "age", "scopes": ["individuals"], "values": ["b", "a"]}
    terms = documents.merge_terms([[one], [other, field]])
    assert terms == [
        {"type": "alphanumeric", "id": "age", "scopes": ["individual"], "values": ["a", "b"]},
        {
            "type": "ontology",
            "id": "HP:1",
            "label": "Seizure",
            "scopes": ["biosample", "individual"],
        },
    ]
    assert documents.restrict_terms(terms, EntryType.BIOSAMPLE) == [terms[1]]


@pytest.mark.parametrize(
    ("page", "shown"),
    [({}, [0, 1, 2, 3, 4]), ({"limit": 2}, [0, 1]), ({"limit": 2, "skip": 2}, [4])],
)
def test_filtering_terms_are_paged_by_pages(page, shown):
    document = documents.filtering_terms_document(IDENTITY, list(range(5)), [], **page)
    assert document["response"]["filteringTerms"] == shown


def test_a_dataset_is_told_under_the_nodes_own_id():
    document = dataset_document(DATASET, is_open=True)
    assert (document["id"], document["name"]) == ("d", "Data")
    assert (document["description"], document["externalUrl"]) == ("As loaded", "https://x.example")
    assert document["info"]["sizes"] == {"individuals": 3}


@pytest.mark.parametrize("is_open", [True, False])
def test_what_a_file_says_beyond_the_description_of_a_dataset_is_not_told(is_open):
    document = dataset_document(DATASET, is_open=is_open)
    assert "H-1" not in repr(document) and "ids" not in document
    assert document["dataUseConditions"] == {"duoDataUse": [DUO]}


def test_a_closed_dataset_is_told_as_declared_with_its_data_use():
    assert dataset_document(replace(DATASET, is_open_data=False), is_open=False) == {
        "id": "d",
        "name": "Data",
        "version": "release 2",
        "updateDateTime": "2030-01-07T00:00:00Z",
        "dataUseConditions": {"duoDataUse": [DUO]},
        "info": {
            "assembly": "GRCh38",
            "isOpenData": False,
            "isSynthetic": False,
            "licence": "CC0-1.0",
            "release": 2,
        },
    }


@pytest.mark.parametrize("conditions", [None, "DUO:0000042", [], {"duoDataUse": [None]}])
def test_data_use_that_is_not_written_as_terms_is_not_told(conditions):
    dataset = replace(DATASET, document={"dataUseConditions": conditions})
    assert "dataUseConditions" not in dataset_document(dataset, is_open=False)


@pytest.mark.parametrize("is_open", [True, False])
def test_the_terms_in_force_are_told_not_those_of_the_file(is_open):
    terms = use(
        [
            ds("MONDO:0005105", "MONDO:0004979"),
            term("GS", countries=["FI", "EU"]),
            term("MOR", date="2031-01-01"),
            term("TS", months=12),
            term("US", users=["Ada Example"]),
            term("PS", projects=["P-1"]),
            term("COL", investigators=["Bob Example"]),
            "DUO:9999999",
            "no id of an ontology",
        ]
    )
    told = dataset_document(replace(DATASET, use=terms), is_open=is_open)["dataUseConditions"]
    assert "Example" not in str(told) and "P-1" not in str(told)
    assert {one["id"]: one.get("label") for one in told["duoDataUse"]} == {
        "DUO:0000007": "disease specific research",
        "DUO:0000020": "collaboration required",
        "DUO:0000022": "geographical restriction: EU, FI",
        "DUO:0000024": "publication moratorium: not before 2031-01-01",
        "DUO:0000025": "time limit on use: 12 months",
        "DUO:0000026": "user specific restriction",
        "DUO:0000027": "project specific restriction",
        "DUO:9999999": None,
    }
    (limited,) = [one["modifiers"] for one in told["duoDataUse"] if "modifiers" in one]
    assert limited == [{"id": "MONDO:0004979"}, {"id": "MONDO:0005105"}]
    assert {one["version"] for one in told["duoDataUse"]} == {"2022-09-15"}


def test_a_cohort_is_told_by_its_definition_and_the_size_of_the_release():
    (cohort,) = cohort_documents([DATASET], frozenset({"d"}))
    assert cohort == {
        "id": "c1",
        "name": "One",
        "cohortType": "study-defined",
        "cohortDesign": {"id": "ABC:1", "label": "a design"},
        "inclusionCriteria": {
            "ageRange": {"start": {"iso8601duration": "P18Y"}},
            "diseaseConditions": [{"diseaseCode": {"id": "HP:1"}}],
        },
        "cohortSize": 3,
        "info": {"datasetId": "d"},
    }


def test_each_open_dataset_tells_its_cohort_of_a_shared_id_and_closed_ones_none():
    datasets = [replace(DATASET, id=id) for id in ("d", "e", "closed")]
    told = cohort_documents(datasets, frozenset({"d", "e"}))
    assert [(c["id"], c["info"]["datasetId"]) for c in told] == [("c1", "d"), ("c1", "e")]
