"""The framework's documents and what collections tell."""

import pytest

from beacon_node.beacon_v2 import documents
from beacon_node.beacon_v2.collections import cohort_documents, dataset_document
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.ports import Dataset

IDENTITY = BeaconIdentity(
    "org.example", "A beacon", "org", "An organization", "https://org.example",
    "https://b.example/api", "v1", environment="staging",
)  # fmt: skip
COHORT = {
    "id": "c1",
    "name": "One",
    "cohortType": "study-defined",
    "cohortSize": 3,
    "collectionEvents": [{"eventSize": 3}],
}
DATASET = Dataset(
    "d", "Data", Assembly.GRCH38, True, "CC0-1.0", release=2, released_at="2030-01-07T00:00:00Z",
    sizes={EntryType.INDIVIDUAL: 3}, document={"id": "own", "externalUrl": "https://x.example"},
    cohorts=(COHORT,),
)  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "status"),
    [("prod", "PROD"), ("test", "TEST"), ("staging", "TEST"), ("dev", "DEV")],
)
def test_production_status_follows_the_environment(environment, status):
    from dataclasses import replace

    document = documents.configuration_document(replace(IDENTITY, environment=environment))
    assert document["response"]["maturityAttributes"]["productionStatus"] == status


def test_security_attributes_say_what_a_stranger_gets():
    security = documents.configuration_document(IDENTITY)["response"]["securityAttributes"]
    assert security == {"defaultGranularity": "record", "securityLevels": ["PUBLIC"]}


def test_what_is_empty_is_left_out():
    response = documents.info_document(IDENTITY)["response"]
    assert "welcomeUrl" not in response and "contactUrl" not in response["organization"]


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
    assert (document["id"], document["externalUrl"]) == ("d", "https://x.example")
    assert document["info"]["sizes"] == {"individuals": 3}


def test_of_a_closed_dataset_and_its_cohorts_no_number_is_told():
    assert "sizes" not in dataset_document(DATASET, is_open=False)["info"]
    (cohort,) = cohort_documents([DATASET], frozenset())
    assert cohort == {
        "id": "c1",
        "name": "One",
        "cohortType": "study-defined",
        "info": {"datasetId": "d"},
    }
    (told,) = cohort_documents([DATASET], frozenset({"d"}))
    assert told["cohortSize"] == 3
