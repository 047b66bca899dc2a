"""A network as a member of another: signed both ways, and never in a circle."""

import orjson
import pytest

from beacon_node.broker.asker import Asker
from beacon_node.identity.brokers_file import with_broker
from beacon_node.model.federation import MESSAGE_HEADER
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Tier
from beacon_node.ports import Sent
from tests.beacon_v2.asking import post
from tests.broker.federation import (
    BROKERS_FILE,
    Double,
    broker_member,
    federation,
    over_broker,
    pinned,
    served_by,
)
from tests.broker.test_ask import YES

ASKED = "/api/individuals?requestedGranularity=count"


@pytest.fixture
def north():
    return Double("North", YES)


@pytest.fixture
def inner(tmp_path, north):
    return federation(tmp_path / "inner", {north.member: north}, id="org.example.inner")


@pytest.fixture
def outer(tmp_path, inner, north):
    made = over_broker(tmp_path / "outer", inner, id="org.example.outer")
    north.questions.clear()  # which datasets there are was one
    return made


def test_an_answer_comes_through_two_brokers_with_whose_it_is(outer):
    document = outer.client.get(ASKED).json
    assert document["responseSummary"]["numTotalResults"] == 3
    assert document["info"]["totalCovers"] == ["org.example.north"]
    (hub,) = document["info"]["members"]
    assert hub["members"][0]["id"] == "org.example.north"
    (told,) = document["info"]["datasets"]
    assert (told["beaconId"], told["via"]) == ("org.example.north", ["org.example.inner"])


def test_each_broker_knows_the_asker_by_another_name(outer, north):
    list(outer.desk.ask(post({}), Asker(Subject("https://idp", "anna"), Tier.REGISTERED)))
    (to_inner,) = outer.wire.to("org.example.inner")
    told = north.questions[-1].asserted
    assert told.tier is Tier.REGISTERED and told.researcher.startswith("res-")
    assert told.researcher.encode() not in to_inner.headers[MESSAGE_HEADER].encode()


def test_a_ceiling_lowers_what_a_broker_above_asserts(tmp_path, inner, outer, north):
    path = inner.broker.home / BROKERS_FILE
    path.unlink()
    path.write_text(with_broker(path, pinned(outer.broker, Tier.PUBLIC)))
    list(outer.desk.ask(post({}), Asker(Subject("https://idp", "anna"), Tier.REGISTERED)))
    assert north.questions[-1].asserted.tier is Tier.PUBLIC


def signed(outer, sent: Sent) -> Sent:
    (member,) = outer.broker.registry.members()
    return outer.broker.signer.question(member, sent)[0]


BODY = orjson.dumps({"meta": {"apiVersion": "v2.1.1"}, "query": {}})
QUESTION = Sent("POST", "/api/individuals", BODY, {"Content-Type": "application/json"})


def sends(inner, sent: Sent, **changed):
    told = {"method": sent.method, "data": sent.body, "headers": dict(sent.headers)} | changed
    return inner.client.open(told.pop("path", sent.path), **told)


def test_a_message_counts_once(inner, outer):
    sent = signed(outer, QUESTION)
    assert sends(inner, sent).status_code == 200
    again = sends(inner, sent)
    assert again.status_code == 401 and "used before" in again.json["error"]["errorMessage"]


@pytest.mark.parametrize(
    "changed", [{"data": b"{}"}, {"path": "/api/g_variants"}, {"path": "/api/individuals?skip=1"}]
)
def test_a_message_holds_for_its_request_alone(inner, outer, north, changed):
    assert sends(inner, signed(outer, QUESTION), **changed).status_code == 401
    assert north.questions == []


def test_a_stranger_is_refused(tmp_path, inner, north):
    member = broker_member(inner.broker, "Inner")
    there = {member: served_by(inner.app)}
    stranger = federation(tmp_path / "s", there, id="org.stranger", learn=False)
    sent = stranger.broker.signer.question(member, QUESTION)[0]
    assert sends(inner, sent).status_code == 401
    assert north.questions == []


@pytest.mark.parametrize(
    ("body", "headers"),
    [({"passports": ["a.b.c"]}, {}), ({}, {"Authorization": "Bearer a.b.c"})],
)
def test_no_token_of_a_researcher_comes_through_a_broker(inner, outer, north, body, headers):
    sent = signed(outer, Sent("POST", "/api/individuals", orjson.dumps(body), {}))
    assert sends(inner, sent, headers={**sent.headers, **headers}).status_code == 401
    assert north.questions == []


def test_a_circle_of_brokers_ends(tmp_path, north):
    """Two brokers that are members of each other ask the node below once each, not for ever."""
    ids = ("org.example.left", "org.example.right")
    left = federation(tmp_path / "left", {north.member: north}, id=ids[0])
    right = over_broker(tmp_path / "right", left, id=ids[1])
    member = broker_member(right.broker, "Right")
    left.broker.registry.listed = (north.member, member)
    left.wire.handlers[member.id] = served_by(right.app)
    path = right.broker.home / BROKERS_FILE
    path.write_text(with_broker(path, pinned(left.broker)))
    north.questions.clear()
    document = left.client.get(ASKED).json
    assert document["responseSummary"]["numTotalResults"] == 3
    (_, back) = document["info"]["members"]
    assert "the question came through it already" in back["reason"]
    assert len(north.questions) == 1
