"""Applying at two hospitals at once, through a broker that keeps nothing of what is applied for."""

import json
from dataclasses import dataclass, replace

import pytest

from beacon_node.actions.applications.desk import act
from beacon_node.actions.applications.views import list_applications
from beacon_node.errors import Unreachable
from beacon_node.model.application import Approve, Opinion, Reject, Vote
from beacon_node.node import Node
from beacon_node.ports import Received
from tests.actions.applications.office import AWARD, EVE, FAY, GUS, TERMS, open_office
from tests.broker.federation import (
    Federation,
)
from tests.broker.offices import SITES, broker_over, open_sites
from tests.clearinghouse.world import NOW, T, make_internet, passport, visa

FORM = {"title": "Hearts", "description": "Why", "purpose": {"categories": ["biomedical"]}}
BROKER_URL = "https://broker.example"


@dataclass
class World:
    made: Federation
    nodes: dict[str, Node]

    def says(self, path: str, body: object = None, who: str = "anna", **visas):
        headers = {"Authorization": f"Bearer {bearer(who, **visas)}"} if who else {}
        client = self.made.client
        if body is None:
            return client.get(f"/dac/applications{path}", headers=headers)
        return client.post(f"/dac/applications{path}", json=body, headers=headers)

    def opened(self, **more) -> dict:
        answer = self.says("", {"form": FORM, "sites": SITES}, **more)
        assert answer.status_code == 201, answer.text
        return answer.json

    def sent(self, member: str) -> list[dict]:
        return [json.loads(sent.body) for sent in self.made.wire.to(member)]


def bearer(who: str, seconds: int = 60) -> str:
    """Return a passport with a visa that was made so many seconds ago."""
    claims = {"sub": f"s-{who}", "iat": T - seconds}
    link = {"value": f"{who},https%3A%2F%2Fbroker.example%2Foidc%2F"}
    shown = [
        visa("AffiliationAndRole", claims={**claims, "jti": f"a-{who}"}),
        visa("LinkedIdentities", claims={**claims, "jti": f"l-{who}"}, **link),
        visa("ControlledAccessGrants", claims={"iss": "https://rems.example", "sub": who}),
    ]
    return passport(*shown, claims={"sub": who})


@pytest.fixture(scope="module")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def world(office_home, tmp_path):
    internet = make_internet()
    nodes, apps = open_sites(office_home, tmp_path, internet)
    made = broker_over(tmp_path, nodes, apps, internet)
    yield World(made, nodes)
    for node in nodes.values():
        node.ledger.close()


def test_a_draft_is_opened_at_each_chosen_site_for_its_own_committee(world):
    found = world.opened()
    assert [
        (one["member"], one["name"], one["status"], one["state"]) for one in found["sites"]
    ] == [
        ("org.north", "North", "answered", "draft"),
        ("org.south", "South", "answered", "draft"),
    ]
    assert all({"submit", "save-draft"} <= set(one["may"]) for one in found["sites"])
    for one in found["sites"]:
        (row,) = list_applications(world.nodes[one["member"]], None)
        assert row.application.id == one["application"] and row.application.form.title == "Hearts"


def test_each_committee_decides_for_itself(world):
    found = world.opened()
    id, ids = found["id"], {one["member"]: one["application"] for one in found["sites"]}
    for command in ({"do": "accept-terms", "version": TERMS.version}, {"do": "submit"}):
        rows = world.says(f"/{id}/commands", {"command": command}).json["sites"]
        assert {one["status"] for one in rows} == {"answered"}, rows
    assert {one["state"] for one in rows} == {"submitted"}
    north, south = world.nodes["org.north"], world.nodes["org.south"]
    act(north, ids["org.north"], Vote(Opinion.APPROVE), EVE)
    act(north, ids["org.north"], Approve(replace(AWARD, until=NOW.replace(month=3))), FAY)
    act(south, ids["org.south"], Reject("too broad"), GUS)
    shown = world.says(f"/{id}").json["sites"]
    assert [one["state"] for one in shown] == ["approved", "rejected"]
    (listed,) = world.says("").json["applications"]
    assert [one["state"] for one in listed["sites"]] == ["approved", "rejected"]
    assert listed["id"] == id and listed["sites"][0]["application"] == ids["org.north"]


def test_one_site_alone_can_be_chosen_for_a_deed(world):
    id = world.opened()["id"]
    body = {"command": {"do": "accept-terms", "version": TERMS.version}, "sites": ["org.south"]}
    assert [one["member"] for one in world.says(f"/{id}/commands", body).json["sites"]] == [
        "org.south"
    ]
    strange = world.says(f"/{id}/commands", {**body, "sites": ["org.east"]})
    assert strange.status_code == 400 and "org.east" in strange.text


def test_what_a_site_forbids_is_its_own_sentence_in_its_row(world):
    id = world.opened()["id"]
    rows = world.says(f"/{id}/commands", {"command": {"do": "submit"}}).json["sites"]
    assert {one["status"] for one in rows} == {"not permitted"}
    assert all("terms" in one["reason"] and one["application"] for one in rows)


def test_a_site_that_is_away_has_its_row_and_the_others_go_on(world):
    def away(sent):
        raise Unreachable("connection refused")

    world.made.wire.handlers["org.south"] = away
    found = world.opened()
    assert [(one["status"], one["application"] is None) for one in found["sites"]] == [
        ("answered", False),
        ("offline", True),
    ]
    assert len(world.made.wire.to("org.south")) == 1  # a deed is never sent twice
    assert [one["member"] for one in world.says(f"/{found['id']}").json["sites"]] == ["org.north"]


def test_where_no_site_opened_anything_nothing_is_kept(world):
    world.made.wire.handlers.clear()
    answer = world.says("", {"form": FORM, "sites": SITES})
    assert answer.status_code == 200 and answer.json["id"] is None
    assert world.says("").json == {"applications": []}


def test_an_answer_without_the_sites_signature_is_thrown_away(world):
    forged = Received(201, b'{"id": "A-1", "state": "approved"}', {})
    world.made.wire.handlers["org.south"] = lambda sent: forged
    south = world.opened()["sites"][1]
    assert south["status"] == "not authentic" and south["application"] is None


def test_nobody_sees_another_persons_applications(world):
    id = world.opened()["id"]
    assert world.says("", who="bob").json == {"applications": []}
    assert world.says(f"/{id}", who="bob").status_code == 404
    deed = {"command": {"do": "withdraw"}}
    assert world.says(f"/{id}/commands", deed, who="bob").status_code == 404
    assert world.says("", who="").status_code == 401
    assert world.says("", {"form": FORM, "sites": SITES}, who="").status_code == 401


def test_a_visa_that_is_too_old_does_not_apply(world):
    answer = world.says("", {"form": FORM, "sites": SITES}, seconds=7_200)
    assert {one["status"] for one in answer.json["sites"]} == {"not permitted"}
    assert all("last hour" in one["reason"] for one in answer.json["sites"])


def test_a_chosen_site_sees_who_applies_and_no_token_or_other_committees_grant(world):
    world.says("", {"form": FORM, "sites": {"org.north": ["c"]}})
    assert not world.made.wire.to("org.south")
    (sent,) = world.sent("org.north")
    assert len(sent["visas"]) == 2 and "passports" not in sent
    assert bearer("anna") not in json.dumps(sent)
    for request in world.made.wire.to("org.north"):
        assert "Authorization" not in request.headers


def test_the_broker_keeps_ids_alone(world, tmp_path):
    world.opened()
    kept = b"".join(file.read_bytes() for file in (tmp_path / "hub" / "data").iterdir())
    assert b"org.north" in kept
    for secret in (b"Hearts", b"anna", b"biomedical", b"s-anna"):
        assert secret not in kept


BAD = {
    "no form": {"sites": SITES},
    "no sites": {"form": FORM},
    "sites without any": {"form": FORM, "sites": {}},
    "a stranger": {"form": FORM, "sites": {"org.east": ["c"]}},
    "no list": {"form": FORM, "sites": {"org.north": "c"}},
    "a form that is none": {"form": {"title": "x"}, "sites": SITES},
    "a field too many": {"form": {**FORM, "votes": 3}, "sites": SITES},
    "a member too many": {"form": FORM, "sites": SITES, "submit": True},
    "a list": [],
}


@pytest.mark.parametrize("body", BAD.values(), ids=BAD.keys())
def test_what_cannot_be_an_application_is_refused_before_anything_is_sent(world, body):
    assert world.says("", body).status_code == 400
    assert not world.made.wire.sent


def test_another_sites_page_cannot_apply_in_somebodys_name(world):
    """A form of another site can send text, and no JSON by its type."""
    told = {"Authorization": f"Bearer {bearer('anna')}", "Content-Type": "text/plain"}
    body = json.dumps({"form": FORM, "sites": SITES})
    answer = world.made.client.post("/dac/applications", data=body, headers=told)
    assert answer.status_code == 400 and not world.made.wire.sent


# ---- what is granted then ------------------------------------------------------------------------


def told(world, **visas) -> dict[str, str]:
    """Return what each site's dataset says to a question through the broker: status or count."""
    headers = {"Authorization": f"Bearer {bearer('anna', **visas)}"}
    query = {"q": "22-100-A-C", "assembly": "GRCh37", "granularity": "count"}
    rows = world.made.client.get("/ask.json", query_string=query, headers=headers).json["members"]
    return {row["id"]: row["status"] for row in rows}


def approved_at_north(world) -> None:
    found = world.opened()
    ids = {one["member"]: one["application"] for one in found["sites"]}
    for command in ({"do": "accept-terms", "version": TERMS.version}, {"do": "submit"}):
        world.says(f"/{found['id']}/commands", {"command": command})
    north = world.nodes["org.north"]
    act(north, ids["org.north"], Vote(Opinion.APPROVE), EVE)
    act(north, ids["org.north"], Approve(replace(AWARD, until=NOW.replace(month=3))), FAY)


def test_a_grant_that_was_applied_for_through_the_broker_holds_through_it(world):
    before = told(world)
    assert set(before.values()) == {"not permitted"}
    approved_at_north(world)
    assert told(world) == {"org.north": "answered", "org.south": "not permitted"}


def test_without_visas_of_the_last_hour_such_a_grant_rests(world):
    approved_at_north(world)
    assert told(world, seconds=3_700)["org.north"] == "not permitted"


def test_who_applied_nowhere_shows_who_they_are_to_nobody(world):
    told(world)
    bodies = [body for id in SITES for body in world.sent(id) if "query" in body]
    assert bodies and not any("visas" in body for body in bodies)
