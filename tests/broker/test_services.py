"""What a network offers is what its members say: as a Beacon's documents, and as a registry."""

import orjson
import pytest

from beacon_node.ports import Received
from tests.broker.federation import Double, federation, other_member
from tests.broker.test_ask import YES
from tests.conformance.schemas import RESPONSES, faults

DOCUMENTS = {
    "/entry_types": {
        "meta": {"apiVersion": "v2.0.0"},
        "response": {"entryTypes": {"individual": 1}},
    },
    "/filtering_terms": {
        "response": {
            "filteringTerms": [
                {"id": "HP:1", "type": "ontologyTerm", "label": "A", "scopes": ["individuals"]},
                {"id": "sex", "type": "alphanumeric"},
                {"type": "ontology", "label": "without an id"},
            ],
            "resources": [{"id": "hp", "name": "HPO", "url": "javascript:alert(1)"}],
        }
    },
    "/service-info": {"version": "3.4", "organization": {"url": "https://uni.example"}},
}


def others_documents(sent) -> Received:
    path = sent.path.partition("?")[0]
    if path in DOCUMENTS:
        return Received(200, orjson.dumps(DOCUMENTS[path]))
    return Received(404, b"{}")


@pytest.fixture
def other():
    return other_member("Other")


@pytest.fixture
def client(tmp_path, other):
    return federation(tmp_path, {other: others_documents}).client


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        *(("/configuration", "beaconConfigurationResponse"), ("/map", "beaconMapResponse")),
        ("/entry_types", "beaconEntryTypesResponse"),
        ("/filtering_terms", "beaconFilteringTermsResponse"),
        ("/info", "beaconInfoResponse"),
    ],
)
def test_documents_of_a_small_network_are_valid(client, path, schema):
    assert faults(client.get(f"/api{path}").json, f"{RESPONSES}/{schema}") == []


def test_only_entries_that_a_member_has_are_offered(client):
    types = client.get("/api/entry_types").json["response"]["entryTypes"]
    assert set(types) == {"individual", "genomicVariant"}
    (people,) = [
        one
        for one in client.get("/api/map").json["response"]["endpointSets"].values()
        if one["entryType"] == "individual"
    ]
    assert {one["returnedEntryType"] for one in people["endpoints"].values()} == {"genomicVariant"}


def test_terms_are_those_of_the_members_in_our_words(client):
    found = client.get("/api/filtering_terms").json["response"]
    assert found["filteringTerms"] == [
        {"type": "alphanumeric", "id": "sex"},
        {"type": "ontology", "id": "HP:1", "label": "A", "scopes": ["individual"]},
    ]
    assert found["resources"] == [{"id": "hp", "name": "HPO"}]
    of_people = client.get("/api/individuals/filtering_terms").json["response"]["filteringTerms"]
    assert [term["id"] for term in of_people] == ["HP:1"]


def test_a_node_of_which_nothing_is_known_yet_has_all_entries(tmp_path):
    north = Double("North", YES)
    made = federation(tmp_path, {north.member: north}, learn=False)
    types = made.client.get("/api/entry_types").json["response"]["entryTypes"]
    assert len(types) == 7


def test_the_registry_lists_every_member_with_what_it_says_of_itself(client, other):
    (service,) = client.get("/services").json
    assert service == {
        "id": other.id,
        "name": "Other",
        "type": {"group": "org.ga4gh", "artifact": "beacon", "version": "v2.0.0"},
        "organization": {"name": "Other", "url": "https://uni.example"},
        "version": "3.4",
        "url": "https://other.example/beacon",
    }
    assert client.get(f"/services/{other.id}").json == service
    assert client.get("/services/types").json == [service["type"]]
    assert client.get("/services/nobody").status_code == 404


def test_the_registry_says_what_it_is(client):
    told = client.get("/service-info").json
    assert told["type"]["artifact"] == "service-registry"
    assert faults(told, f"{RESPONSES}/ga4gh-service-info-1-0-0-schema") == []


def test_terms_of_one_dataset_are_those_of_who_has_it(tmp_path):
    listed = {"response": {"filteringTerms": [{"id": "HP:2", "type": "ontology"}]}}

    def has(sent):
        is_it = sent.path == "/api/datasets/mine/filtering_terms"
        return Received(200, orjson.dumps(listed)) if is_it else Received(404, b"{}")

    north, south = Double("North", YES), Double("South", YES)
    made = federation(tmp_path, {north.member: has, south.member: lambda _: Received(404, b"{}")})
    found = made.client.get("/api/datasets/mine/filtering_terms").json["response"]
    assert [term["id"] for term in found["filteringTerms"]] == ["HP:2"]
    assert made.client.get("/api/datasets/theirs/filtering_terms").status_code == 404
