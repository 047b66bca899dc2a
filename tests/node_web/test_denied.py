"""A denied question says what would help, and where; the configuration says its tiers."""

import shutil
from dataclasses import replace

import pytest

from beacon_node.actions.applications.desk import set_terms
from beacon_node.cli.main import run
from beacon_node.model.application import AcceptTerms, Return, Revoke
from beacon_node.model.dac import Terms
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from beacon_node.settings import Access, Identity, Logins
from tests.actions.applications.office import (
    ADMIN,
    ANN,
    BOB,
    EVE,
    TERMS,
    applied,
    does,
    granted,
    open_office,
    researcher,
)
from tests.conformance.schemas import response_faults
from tests.consent.clinic import at_site, with_clock

URL = "https://beacon.example"
QUESTION = f"/api/individuals?requestedGranularity=count&{at_site(0)}"


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def node(office_home, tmp_path):
    shutil.copytree(office_home, tmp_path / "home")
    return trusting(with_clock(open_node(tmp_path / "home", {})))


def trusting(node, **more):
    own = {"node": Identity(public_url=URL), "access": Access("trusted_issuers.toml"), **more}
    return replace(node, settings=replace(node.settings, **own))


def asked(node, who: str = "") -> dict:
    app = create_app(node, lambda: researcher(node, who) if who else ANONYMOUS)
    return app.test_client().get(QUESTION).json


def steps(node, who: str = "") -> dict[str, str]:
    """Return the steps that would help, with where they lead."""
    (row,) = asked(node, who)["info"]["datasets"]
    return {one["step"]: one["url"] for one in row.get("wouldHelp", ())}


def test_a_stranger_is_told_to_show_who_they_are_and_apply(node):
    assert steps(node) == {"log in": f"{URL}/whoami", "apply": f"{URL}/dac/applications"}
    with_login = trusting(node, login=Logins(local_accounts=True))
    assert steps(with_login)["log in"] == f"{URL}/login"
    nobody = trusting(node, access=Access())
    assert steps(nobody) == {}, "nobody can show who they are here: nothing would help"


def test_each_step_of_an_application_is_told_to_its_own_people_alone(node):
    assert steps(node, ANN) == {"apply": f"{URL}/dac/applications"}
    id = applied(node)
    here = f"{URL}/dac/applications/{id}"
    assert steps(node, ANN) == {"wait for a decision": here}
    assert steps(node, BOB) == {"apply": f"{URL}/dac/applications"}
    does(node, id, EVE, Return("the end is missing"))
    assert steps(node, ANN) == {"change the application": here}
    id = granted(node, BOB)
    assert steps(node, BOB) == {}, "it answers"
    set_terms(node, Terms("v2", "Stricter."), ADMIN)
    assert steps(node, BOB) == {"accept the terms": f"{URL}/dac/applications/{id}"}
    does(node, id, BOB, AcceptTerms("v2"))
    assert steps(node, BOB) == {}
    does(node, id, EVE, Revoke("handed on"))
    assert steps(node, BOB) == {"ask the committee": f"{URL}/dac/committee"}
    assert TERMS.version == "v1"


def test_handovers_lead_there_too_and_the_answer_keeps_to_the_schema(node):
    answer = asked(node)
    labels = {one["handoverType"]["label"]: one["url"] for one in answer["beaconHandovers"]}
    assert labels == {"Log in": f"{URL}/whoami", "Apply": f"{URL}/dac/applications"}
    assert not response_faults(answer)


def test_the_command_line_says_it(node, monkeypatch, capsys):
    monkeypatch.setenv("BEACON_NODE_HOME", str(node.home))
    monkeypatch.setenv("BEACON_NODE_ACCESS_TRUSTED_ISSUERS", "trusted_issuers.toml")
    monkeypatch.setenv("BEACON_NODE_NODE_PUBLIC_URL", URL)
    assert run(["query", "22-101-A-C", "--dataset", "c"]) == 0
    told = capsys.readouterr().out
    assert f"c: Show who you are: log in, or bring a passport. {URL}/whoami" in told
    assert f"c: Then apply to the data access committee. {URL}/dac/applications" in told


@pytest.mark.parametrize(
    ("more", "levels"),
    [
        ({"access": Access()}, ["PUBLIC"]),
        ({}, ["PUBLIC", "REGISTERED", "CONTROLLED"]),
        (
            {"access": Access(), "login": Logins(local_accounts=True)},
            ["PUBLIC", "REGISTERED", "CONTROLLED"],
        ),
    ],
)
def test_the_configuration_names_the_tiers_that_anybody_can_reach(node, more, levels):
    client = create_app(trusting(node, **more)).test_client()
    told = client.get("/api/configuration").json["response"]["securityAttributes"]
    assert told["securityLevels"] == levels


@pytest.mark.parametrize(
    ("more", "told"),
    [({}, {"controlled": "record"}), ({"access": Access()}, {})],
    ids=["people can show who they are", "nobody can"],
)
def test_datasets_say_what_each_tier_is_told_at_most(node, more, told):
    client = create_app(trusting(node, **more)).test_client()
    (dataset,) = client.get("/api/datasets").json["response"]["collections"]
    assert dataset["info"]["granularityByTier"] == told
