"""The client at real programs over HTTP: a node, a broker over two members, somebody's Beacon."""

import pytest
from flask import Flask, Response, request

from beacon_node.client import BeaconClient, Came
from beacon_node.client.addresses import Kind
from beacon_node.errors import InvalidRequest, NotAuthenticated, NotFound, Unreachable
from beacon_node.model.answer import Matches
from beacon_node.model.genome import Assembly
from beacon_node.node_web.app import create_app
from beacon_node.ports import Dataset
from tests.actions.fakes import FakeStore, fake_node
from tests.broker.federation import Double, federation
from tests.client.stub import served

VARIANT = "17-43045711-C-T"
OPEN = Dataset("open", "Open data", Assembly.GRCH38, True, "CC0-1.0")
CLOSED = Dataset("closed", "Closed data", Assembly.GRCH38, False)


def node_app(total=3):
    return create_app(fake_node(FakeStore([CLOSED, OPEN], {"open": Matches("open", total=total)})))


@pytest.fixture
def node():
    with served(node_app()) as url:
        yield url


@pytest.mark.parametrize("suffix", ["", "/", "/api"])
def test_a_node_is_one_site_whose_datasets_say_why_they_say_nothing(node, suffix):
    client = BeaconClient(f"{node}{suffix}")
    answer = client.ask(VARIANT, assembly="GRCh38")
    assert client.address.kind is Kind.NODE
    (row,) = answer.rows
    assert (row.came, row.exists, row.count) == (Came.ANSWERED, True, 3)
    assert {told.dataset: told.status for told in row.datasets} == {
        "open": Came.ANSWERED,
        "closed": Came.NOT_PERMITTED,
    }
    assert answer.words.startswith("C>T at 17:43,045,711 of GRCh38 (counted from 0: 43,045,710)")
    assert row.elapsed_s > 0 and answer.tally.total == 3


def test_what_a_node_refuses_is_its_own_sentence(node):
    with pytest.raises(InvalidRequest, match="XYZ"):
        BeaconClient(node).ask(filters=["XYZ:1"])
    with pytest.raises(InvalidRequest, match="not understood"):
        BeaconClient(node).ask("???")


def test_a_token_that_fails_is_refused_and_never_taken_for_none(node):
    app = create_app(fake_node(FakeStore([OPEN])), who_asks=_refusing)
    with served(app) as url, pytest.raises(NotAuthenticated, match="it ended yesterday"):
        BeaconClient(url, "token").ask(VARIANT)


def _refusing():
    raise NotAuthenticated("it ended yesterday")


def test_a_broker_is_all_its_members(tmp_path):
    north, gone = Double("North", TOLD), Double("Gone", TOLD)
    found = federation(tmp_path, {north.member: north, gone.member: _nobody}, learn=False)
    with served(found.app) as url:
        client = BeaconClient(f"{url}/api")
        answer = client.ask(VARIANT, assembly="GRCh38")
        assert (client.address.kind, client.address.sites) == (Kind.BROKER, 2)
        assert {row.member: (row.came, row.count) for row in answer.rows} == {
            "org.example.north": (Came.ANSWERED, 7),
            "org.example.gone": (Came.OFFLINE, None),
        }
        assert (answer.exists, answer.covers) == (True, ("org.example.north",))
        with pytest.raises(InvalidRequest, match="not understood"):
            client.ask("???")


TOLD = {
    "meta": {"returnedGranularity": "count"},
    "responseSummary": {"exists": True, "numTotalResults": 7, "countPrecision": "exact"},
    "info": {
        "countOf": "individuals",
        "datasets": [
            {
                **{"id": "open", "status": "answered", "exists": True},
                **{"count": 7, "countPrecision": "exact"},
            }
        ],
    },
}


def _nobody(sent):
    raise Unreachable("connection refused")


# ---- somebody's Beacon ---------------------------------------------------------------------------


def others(*, carried="C>T", has_people=False):
    """Return a Beacon that takes flat parameters by POST and knows variations only."""
    app = Flask("others")
    kinds = {"genomicVariant": {}, **({"individual": {}} if has_people else {})}

    @app.get("/beacon/info")
    def info():
        return {"meta": {}, "response": {"id": "org.others", "name": "Others"}}

    @app.get("/beacon/entry_types")
    def entry_types():
        return {"meta": {}, "response": {"entryTypes": kinds}}

    @app.post("/beacon/g_variants")
    def g_variants():
        asked = request.get_json()["query"].get("requestParameters", {})
        change = f"{asked.get('referenceBases')}>{asked.get('alternateBases')}"
        summary = {"exists": change in (carried, "None>None")}  # it ignores what it cannot read
        return {"meta": {"returnedGranularity": "boolean"}, "responseSummary": summary}

    return app


def test_somebodys_beacon_is_asked_what_it_knows_in_its_own_form():
    with served(others()) as url:
        client = BeaconClient(f"{url}/beacon")
        assert client.ask(VARIANT, assembly="GRCh38").exists is True
        assert client.ask("17-43045711-C-G", assembly="GRCh38").exists is False
        (row,) = client.ask("rs80357906").rows
        assert client.address.kind is Kind.BEACON
        assert (row.name, row.came, row.exists) == ("Others", Came.NOT_UNDERSTOOD, None)


def test_where_no_beacon_is_it_is_said():
    with served(Flask("nothing")) as url, pytest.raises(NotFound, match="neither a broker nor"):
        BeaconClient(url).ask(VARIANT)


def test_a_page_that_is_no_beacon_is_none():
    app = Flask("pages")
    app.add_url_rule("/<path:path>", "any", lambda path: Response("<html>"))
    with served(app) as url, pytest.raises(NotFound):
        BeaconClient(url).ask(VARIANT)
