"""Registered counts over HTTP: what is told of a number, which filters there are, when it ends."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from beacon_node.actions.declared_filters import set_filters
from beacon_node.actions.manage_datasets import add_dataset
from beacon_node.actions.release_dataset import release
from beacon_node.errors import InvalidRequest
from beacon_node.model.requester import ANONYMOUS, Requester
from beacon_node.node import Node
from beacon_node.node_web.app import create_app
from beacon_node.settings import Access
from tests.actions.homes import open_data
from tests.actions.public_world import DATASET, World, load_cohort
from tests.actions.registered.test_answers import account, on_autosome
from tests.actions.registered.world import carriers_of, make_hospital
from tests.conformance.schemas import RESPONSES, faults, response_faults
from tests.consent.clinic import FEMALE, audits, granted

NOBODY_HAS = "MONDO:0005393"


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    """150 people who may be asked about, women countable apart."""
    return make_hospital(tmp_path_factory.mktemp("http"))


def trusting(node: Node) -> Node:
    """Return a node whose administrator lists whose passports count."""
    access = Access(trusted_issuers="trusted_issuers.toml")
    return replace(node, settings=replace(node.settings, access=access))


def client(world: World, who: Requester):
    return create_app(world.node, lambda: who).test_client()


def at(world: World, number: int, **more) -> dict:
    place = world.population
    return {
        "assemblyId": "GRCh37",
        "referenceName": place.sequences[number],
        "start": place.positions[number] - 1,
        "referenceBases": "A",
        "alternateBases": "C",
        "requestedGranularity": "count",
        "includeResultsetResponses": "ALL",
        **more,
    }


def asked(world: World, who: Requester, number: int, path: str = "individuals", **more):
    return client(world, who).get(f"/api/{path}", query_string=at(world, number, **more))


def test_a_count_is_marked_as_noisy_everywhere_it_stands(hospital):
    answer = asked(hospital, account("h-1"), 4)
    summary, (row,) = answer.json["responseSummary"], answer.json["info"]["datasets"]
    noise = {"countPrecision": "imprecise", "countAdjustedTo": [">=5"]}
    assert summary == {"exists": True, "numTotalResults": row["count"], **noise}
    assert row == {
        "id": DATASET, "status": "answered", "exists": True, "count": row["count"], **noise,
        "completeness": 1.0,
    }  # fmt: skip
    assert answer.json["meta"]["returnedGranularity"] == "count"
    assert abs(row["count"] - len(carriers_of(hospital, 4))) <= 20  # fails once in 10^8


@pytest.mark.parametrize("granularity", ["boolean", "count", "record"])
@pytest.mark.parametrize("path", ["individuals", "biosamples", "runs", "analyses", "g_variants"])
def test_registered_answers_are_valid_and_say_what_was_told(hospital, path, granularity):
    answer = asked(hospital, account("h-2"), 6, path, requestedGranularity=granularity)
    assert answer.status_code == 200 and response_faults(answer.json) == []
    is_number = path == "individuals" and granularity != "boolean"
    assert answer.json["meta"]["returnedGranularity"] == ("count" if is_number else "boolean")
    assert ("numTotalResults" in answer.json["responseSummary"]) is is_number
    assert "response" not in answer.json


@pytest.mark.parametrize("path", ["datasets", "cohorts"])
def test_collections_with_conditions_are_valid_for_registered_accounts(hospital, path):
    answer = asked(hospital, account("h-3"), 6, path)
    assert answer.status_code == 200 and response_faults(answer.json) == []


def test_get_and_post_and_pages_read_the_same_draw(hospital):
    who = account("h-4")
    first = asked(hospital, who, 8).json["responseSummary"]
    paged = asked(hospital, who, 8, skip=2, limit=3).json["responseSummary"]
    parameters = at(hospital, 8)
    told = {k: parameters.pop(k) for k in ("requestedGranularity", "includeResultsetResponses")}
    body = {"meta": {"apiVersion": "v2.1.1"}}
    body["query"] = {"requestParameters": {"g_variant": parameters}, **told}
    posted = client(hospital, who).post("/api/individuals", json=body).json["responseSummary"]
    assert first == paged == posted and "numTotalResults" in first


def test_the_public_sees_no_number_at_any_granularity(hospital):
    for granularity in ("count", "record"):
        answer = asked(hospital, ANONYMOUS, 4, requestedGranularity=granularity)
        assert answer.json["meta"]["returnedGranularity"] == "boolean"
        assert "countPrecision" not in answer.text and "completeness" not in answer.text


def test_a_grant_is_exact(hospital):
    answer = asked(hospital, granted(DATASET), 4)
    (row,) = answer.json["info"]["datasets"]
    assert row["count"] == len(carriers_of(hospital, 4)) and row["countPrecision"] == "exact"


def test_test_mode_has_no_registered_answers(hospital):
    before = len(audits(hospital.node))
    answer = asked(hospital, account("h-5"), 4, testMode="true")
    assert answer.status_code == 200 and DATASET not in answer.text
    assert "imprecise" not in answer.text and len(audits(hospital.node)) == before


def test_when_nothing_is_left_it_is_429_without_a_time_to_come_back(tmp_path):
    world, who = make_hospital(tmp_path), account("h-6")
    told = []
    for number in on_autosome(world):
        answer = asked(world, who, number)
        if answer.status_code == 429:
            break
        told.append(answer.status_code)
    assert answer.status_code == 429 and set(told) == {200} and len(told) > 5
    assert "budget" in answer.json["error"]["errorMessage"]
    assert "Retry-After" not in answer.headers
    assert faults(answer.json, f"{RESPONSES}/beaconErrorResponse") == []
    assert audits(world.node)[-1]["told"] == {DATASET: {"status": "privacy budget used up"}}
    add_dataset(world.node, open_data("open"))
    load_cohort(world, "open")
    release(world.node, "open")
    beside = asked(world, who, number)
    rows = {row["id"]: row for row in beside.json["info"]["datasets"]}
    assert beside.status_code == 200 and response_faults(beside.json) == []
    assert rows[DATASET]["status"] == "privacy budget used up" and "exists" not in rows[DATASET]
    assert rows["open"]["countPrecision"] == "exact"


def test_the_example_of_the_papers_is_what_is_told(hospital):
    page = (Path(__file__).parents[2] / "docs/researcher.md").read_text("utf-8")
    (shown,) = map(json.loads, re.findall(r"^```json\n(.*?)^```", page, re.DOTALL | re.MULTILINE))
    (row,) = asked(hospital, account("h-9"), 4).json["info"]["datasets"]
    assert shown.keys() == row.keys()
    own = {"count": row["count"], "completeness": row["completeness"]}
    assert shown | own == row


def test_info_says_what_registered_counts_give_away_at_most(hospital):
    trusted = World(**vars(hospital) | {"node": trusting(hospital.node)})
    document = client(trusted, ANONYMOUS).get("/api/info").json
    words = document["response"]["info"]["registeredCounts"]
    assert "none below 5" in words and "at most 15% of the members" in words
    assert "one organisation ask, or all who come through one broker, at most 25%" in words
    assert "however many accounts collude, at most 41%" in words
    assert "under the assumptions that docs/guard-registered.md names" in words
    assert faults(document, f"{RESPONSES}/beaconInfoResponse") == []


def test_info_promises_no_counts_where_nobody_could_have_an_account(hospital):
    info = client(hospital, ANONYMOUS).get("/api/info").json["response"]["info"]
    assert "registeredCounts" not in info
    assert "under the assumptions" in info["privacyBounds"][0]["publicTier"]


# ---- filters -------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [ANONYMOUS, account("h-7"), granted(DATASET)])
@pytest.mark.parametrize(
    "path",
    ["filtering_terms", "individuals/filtering_terms", f"datasets/{DATASET}/filtering_terms"],
)
def test_filtering_terms_of_a_protected_dataset_are_the_declared_ones_for_everybody(
    hospital, path, who
):
    """Neither the terms nor the labels of people's records stand in them."""
    document = client(hospital, who).get(f"/api/{path}").json
    (term,) = document["response"]["filteringTerms"]
    assert (term["type"], term["id"]) == ("ontology", FEMALE)
    assert "label" not in term and term["scopes"] == ["individual"]
    assert faults(document, f"{RESPONSES}/beaconFilteringTermsResponse") == []


def test_filters_hold_from_the_next_release_on(tmp_path):
    world = make_hospital(tmp_path)
    male = "NCIT:C20197"
    found = set_filters(world.node, DATASET, terms=[male], fields=[])
    assert [(one.name, one.people, one.is_too_small) for one in found] == [(male, 75, False)]
    path = f"/api/datasets/{DATASET}/filtering_terms"

    def listed() -> list[str]:
        terms = client(world, ANONYMOUS).get(path).json["response"]["filteringTerms"]
        return [term["id"] for term in terms]

    assert listed() == [FEMALE]
    release(world.node, DATASET)
    assert listed() == [male]
    answer = asked(world, account("h-8"), 2, filters=male)
    assert answer.json["info"]["datasets"][0]["status"] == "answered"
    assert asked(world, account("h-8"), 2, filters=FEMALE).status_code == 400


def test_a_filter_that_nothing_knows_is_not_declared(hospital):
    with pytest.raises(InvalidRequest, match=NOBODY_HAS):
        set_filters(hospital.node, DATASET, terms=[FEMALE, NOBODY_HAS], fields=[])
    assert hospital.node.catalogue.dataset(DATASET).declared_filters == (FEMALE,)


@pytest.mark.parametrize(
    ("terms", "fields", "words"),
    [(["female"], [], "--term 'female'"), ([], ["LOINC:39156-5"], "--field 'LOINC:39156-5'")],
)
def test_terms_and_fields_are_told_apart(hospital, terms, fields, words):
    with pytest.raises(InvalidRequest, match=words):
        set_filters(hospital.node, DATASET, terms=terms, fields=fields)
