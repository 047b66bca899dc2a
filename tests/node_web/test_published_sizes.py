"""Nobody but the operator learns how many people a protected dataset has (docs/guard.md, "If the
size is known exactly"): every endpoint is asked, with what is there, in every way."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict

import pytest

from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.privacy_report import Sampling, privacy_report
from beacon_node.actions.release_dataset import release
from beacon_node.model.entries import EntryType
from beacon_node.model.requester import Requester, Tier
from beacon_node.node_web.app import create_app
from tests.actions.public_world import DATASET, join, make_world
from tests.consent.clinic import granted, withdraws

LOADED, LEFT, WAITING = 137, 6, 17
EXACT = {LOADED + WAITING, LOADED, LOADED - LEFT, LOADED + WAITING - LEFT, LEFT, WAITING}
COHORT = {"id": "study", "name": "A study", "cohortType": "study-defined", "cohortSize": LOADED}
ENTRY = {"id": DATASET, "name": "A cohort", "info": {"individuals": LOADED}}
GRANULARITIES = ("boolean", "count", "record")
REGISTERED = Requester(Tier.REGISTERED, account="somebody")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A batch of 137 of whom 6 left since, 17 who wait, and files that tell sizes themselves."""
    made = make_world(tmp_path_factory.mktemp("sizes") / "w", people=LOADED)
    for name, document in (("cohorts", [COHORT]), ("datasets", [ENTRY])):
        path = made.folder / f"{name}.json"
        path.write_text(json.dumps(document))
        load(made.node, DATASET, str(path), LoadOptions(processes=1))
    release(made.node, DATASET)
    ids = list(made.ids)
    join(made, made.genomes[:WAITING])
    release(made.node, DATASET)
    withdraws(made.node, *ids[:LEFT])
    return made


def asked_everything(world, requester) -> Iterator[tuple[str, str]]:
    """Yield (address, body) of every rule of the application, by GET and by POST."""
    client = create_app(world.node, lambda: requester).test_client()
    place = {"assemblyId": "GRCh37", "referenceName": "22", "start": 9_999}
    allele = {**place, "referenceBases": "A", "alternateBases": "C"}
    for rule in client.application.url_map.iter_rules():
        for id in (DATASET, "study", "p0-000") if "<id>" in rule.rule else ("",):
            path = rule.rule.replace("<id>", id)
            for granularity in GRANULARITIES:
                for parameters in ({}, allele, {**place, "end": 12_000}):
                    told = {"requestedGranularity": granularity, **parameters}
                    told["includeResultsetResponses"] = "ALL"
                    yield path, client.get(path, query_string=told).text
                if "POST" in rule.methods:
                    body = {"query": {"requestedGranularity": granularity}}
                    yield path, client.post(path, json=body).text


def exact_sizes(text: str) -> set[int]:
    """Return which of the exact sizes stand in JSON, as numbers or as words in a text."""
    return set(_numbers(json.loads(text))) & EXACT


def _numbers(value: object) -> Iterator[int]:
    if isinstance(value, int) and not isinstance(value, bool):
        yield value
    elif isinstance(value, str):
        yield from map(int, re.findall(r"(?<![\w.:/-])\d+(?![\w:/-]|\.\d)", value))
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _numbers(part)


@pytest.mark.parametrize(
    "requester", [Requester(Tier.PUBLIC), REGISTERED], ids=["anybody", "registered"]
)
def test_no_endpoint_tells_an_exact_size(world, requester):
    asked = list(asked_everything(world, requester))
    assert len(asked) > 300
    assert {path: found for path, text in asked if (found := exact_sizes(text))} == {}


def test_with_a_grant_sizes_of_the_dataset_are_rounded_down(world):
    client = create_app(world.node, lambda: granted(DATASET)).test_client()
    (entry,) = client.get("/api/datasets").json["response"]["collections"]
    (cohort,) = client.get("/api/cohorts").json["response"]["collections"]
    assert entry["info"]["sizes"][EntryType.INDIVIDUAL.path] == 150
    assert cohort["cohortSize"] == 150
    assert not exact_sizes(json.dumps([entry, cohort]))


def test_the_operator_alone_reads_exact_sizes(world):
    few = Sampling(dearest=10, others=10, victims=10, controls=10)
    told = json.dumps(asdict(privacy_report(world.node, DATASET, sampling=few)))
    assert {LOADED, LOADED - LEFT, WAITING} <= exact_sizes(told)


def test_the_search_for_sizes_finds_them():
    assert exact_sizes('{"n":{"m":137},"of":["154 people, 6."],"at":"2030-01-17"}') == {137, 154, 6}
