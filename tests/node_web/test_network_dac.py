"""Through a broker somebody applies to the committee, and uses what it granted: showing, each time,
who they are by a visa of the last hour."""

import json
import shutil
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from beacon_node.actions.applications.desk import act
from beacon_node.actions.identify import account_of
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.model.application import Approve
from beacon_node.model.federation import Asserted
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Tier
from beacon_node.node import open_node
from beacon_node.ports import Sent
from beacon_node.settings import Access
from tests.actions.applications.office import AWARD, AYE, EVE, FAY, TERMS, open_office
from tests.clearinghouse.world import NODE, STATUS, TRUSTED, T, make_internet, visa
from tests.clearinghouse.world import NOW as AT
from tests.consent.clinic import SITES, at_site, audits, with_clock
from tests.node_web.networked import NETWORK, Broker, app_of, pin

FORM = {"title": "Hearts", "description": "Why", "datasets": ["c"]}
FORM |= {"purpose": {"categories": ["biomedical"]}}
ANN = Asserted(Tier.PUBLIC, "r-1")
CARRIERS = 3


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def broker(office_home, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(office_home, home)
    file = home / "trusted_issuers.toml"
    file.write_text(TRUSTED)
    node = with_clock(open_node(home, {}), AT)
    access = Access(trusted_issuers=file.name)
    node = replace(node, settings=replace(node.settings, access=access))
    pin(node, NETWORK)
    house = open_clearinghouse(file, NODE, make_internet().session(), node.clock)
    yield Broker(node, app_of(node, house))
    node.ledger.close()


def shown(sub: str = "s-1", *, seconds: int = 60) -> list[str]:
    return [visa("AffiliationAndRole", claims={"sub": sub, "iat": T - seconds})]


def says(broker: Broker, path: str, body: dict | None = None, *, who=ANN, visas=None):
    """Send a request for somebody; returns the response, whose signature holds."""
    visas = shown() if visas is None else visas
    method = "GET" if body is None else "POST"
    raw = json.dumps({**(body or {}), **({"visas": visas} if visas else {})}).encode()
    sent = Sent(method, path, raw, {"Content-Type": "application/json"})
    return broker.asks(sent, who)[0]


def applies(broker: Broker) -> str:
    opened = says(broker, "/dac/applications", {"form": FORM})
    assert opened.status_code == 201
    id = opened.json["id"]
    for told in ({"do": "accept-terms", "version": TERMS.version}, {"do": "submit"}):
        done = says(broker, f"/dac/applications/{id}/commands", {"command": told})
        assert done.status_code == 200
    return id


def counted(broker: Broker, *, who=ANN, visas=None) -> int | None:
    place = dict(parse_qsl(at_site(0))) | {"start": SITES[0][0] - 1}
    told = {"requestParameters": {"g_variant": place}, "requestedGranularity": "count"}
    body = {"meta": {"apiVersion": "v2.1.1"}, "query": told}
    answer = says(broker, "/api/individuals", body, who=who, visas=visas)
    assert answer.status_code == 200
    return answer.json["responseSummary"].get("numTotalResults")


def test_from_an_application_to_an_exact_answer(broker):
    id = applies(broker)
    assert counted(broker) is None
    act(broker.node, id, AYE, EVE)
    act(broker.node, id, Approve(AWARD), FAY)
    assert counted(broker) == CARRIERS
    assert counted(broker, visas=[]) is None
    assert counted(broker, visas=shown(seconds=3_601)) is None
    assert counted(broker, who=replace(ANN, researcher="r-2")) is None
    by = [one["by"] for one in audits(broker.node)]
    assert [one["tier"] for one in by] == ["public", "controlled", "public", "public", "public"]
    assert {one["broker"] for one in by} == {NETWORK.id}


def test_the_application_is_of_the_person_and_says_through_whom(broker):
    id = applies(broker)
    person = account_of(broker.node.pseudonym_key, Subject(STATUS, "s-1"))
    entries = broker.node.ledger.dac_entries(0)
    done = [one for one in entries if one.by.through == f"broker {NETWORK.id}"]
    assert len(done) == 3 and len({one.by.account for one in done}) == 1
    assert broker.node.ledger.linked().are_one([person, done[0].by.account])
    assert says(broker, f"/dac/applications/{id}").json["state"] == "submitted"


def test_another_person_sees_nothing_of_it_under_the_same_pseudonym_or_another(broker):
    id = applies(broker)
    other = replace(ANN, researcher="r-2")
    assert says(broker, f"/dac/applications/{id}", who=other, visas=shown("s-2")).status_code == 404
    assert says(broker, f"/dac/applications/{id}", visas=shown("s-2")).status_code == 403
    withdraw = {"command": {"do": "withdraw"}}
    path = f"/dac/applications/{id}/commands"
    assert says(broker, path, withdraw, visas=[]).status_code == 401
    assert says(broker, path, withdraw, visas=shown(seconds=3_601)).status_code == 401
    assert says(broker, f"/dac/applications/{id}").json["state"] == "submitted"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/dac/address", {"mail": "evil@example.org"}),
        ("/dac/blocks", {"block": {"account": EVE, "dataset": "c", "reason": "x"}}),
        ("/dac/exports/grants", None),
        ("/dac/blocks", None),
    ],
)
def test_what_is_not_an_application_does_not_come_through_a_broker(broker, path, body):
    assert says(broker, path, body).status_code in (403, 404)
