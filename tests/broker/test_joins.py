"""Both sides approve: a node asks with its key, the operator compares fingerprints and decides."""

import json
from dataclasses import replace

import pytest

from beacon_node.broker.app import create_app
from beacon_node.broker.joins import approve, ask_to_join, refuse
from beacon_node.broker.settings import Joining
from beacon_node.broker.state import State
from beacon_node.errors import Conflict, NotFound, NotPermitted, QuotaExceeded
from beacon_node.model.federation import MESSAGE_HEADER
from beacon_node.model.message import Fault, MessageRefused
from beacon_node.ports import Sent
from tests.broker.homes import BROKER, add, member_of, open_home, signer_of
from tests.broker.world import FixedClock

NODE = "org.hospital.beacon"


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def broker(tmp_path, clock):
    return open_home(tmp_path, clock)


@pytest.fixture
def web(broker):
    return create_app(broker).test_client()


def told(signer, **changed):
    member = {
        "id": signer.id,
        "name": "General Hospital",
        "url": "https://beacon.hospital.example/",
        "organization": {"name": "General Hospital", "url": "https://hospital.example"},
        "keys": [signer.key.public.jwk()],
    }
    return {"member": member | changed, "contact": "it@hospital.example"}


def asking(signer, body=None):
    raw = json.dumps(body or told(signer)).encode()
    return signer.join(BROKER, Sent("POST", "/network/joins", raw))


def posted(web, sent):
    return web.post(sent.path, data=sent.body, headers=dict(sent.headers))


def test_the_broker_says_who_it_is(web, broker):
    document = web.get("/network/identity").json
    assert (document["id"], document["url"]) == (BROKER, "https://broker.example")
    assert document["keys"][0]["kid"] == broker.signer.key.public.id
    assert "d" not in document["keys"][0]  # the private half


def test_a_node_asks_is_approved_and_is_asked_from_then_on(web, broker, clock):
    node = signer_of(NODE, clock)
    response = posted(web, asking(node))
    assert (response.status_code, response.json["standing"]) == (202, "waiting")
    assert response.json["fingerprints"] == [node.key.public.id]
    assert broker.registry.members() == ()

    approve(broker, broker.state.joins.request(NODE))
    (member,) = broker.registry.members()
    assert (member.id, member.url) == (NODE, "https://beacon.hospital.example")
    assert member.keys == (node.key.public.x,)
    assert member.organization_url == "https://hospital.example"
    document = web.get(f"/network/joins/{NODE}").json
    assert document["standing"] == "approved" and document["decidedAt"]
    assert "it@hospital.example" not in json.dumps(document)


def test_who_is_refused_hears_why_and_may_ask_again(web, broker, clock):
    node = signer_of(NODE, clock)
    posted(web, asking(node))
    refuse(broker, broker.state.joins.request(NODE), "we do not know you")
    assert web.get(f"/network/joins/{NODE}").json["reason"] == "we do not know you"
    assert posted(web, asking(node)).json["standing"] == "waiting"


def test_asking_twice_is_asking_once_and_a_member_is_approved_already(broker, clock):
    node = signer_of(NODE, clock)
    ask_to_join(broker, asking(node))
    ask_to_join(broker, asking(node))
    request = broker.state.joins.request(NODE)
    assert len(broker.state.joins.requests()) == 1
    approve(broker, request)
    assert ask_to_join(broker, asking(node)).standing == "approved"
    with pytest.raises(Conflict, match="approved already"):
        approve(broker, request)


def test_nobody_takes_the_name_of_who_waits_or_is_a_member(broker, clock):
    node, thief = signer_of(NODE, clock), signer_of(NODE, clock, 2)
    ask_to_join(broker, asking(node))
    with pytest.raises(Conflict, match="another key"):
        ask_to_join(broker, asking(thief))
    approve(broker, broker.state.joins.request(NODE))
    with pytest.raises(Conflict, match="another key"):
        ask_to_join(broker, asking(thief))
    assert broker.registry.member(NODE).keys == (node.key.public.x,)


def test_nobody_brings_a_key_of_their_own_beside_that_of_a_hospital(broker, clock):
    """Its operator's fingerprint would be among those shown, and both keys would be pinned."""
    node, thief = signer_of(NODE, clock), signer_of(NODE, clock, 2)
    keys = [node.key.public.jwk(), thief.key.public.jwk()]
    with pytest.raises(MessageRefused, match="one key"):
        ask_to_join(broker, asking(thief, told(thief, keys=keys)))
    assert broker.state.joins.requests() == ()


def test_an_approval_that_was_broken_off_is_finished(broker, clock):
    """Killed after the file was written and before the decision was."""
    node = signer_of(NODE, clock)
    ask_to_join(broker, asking(node))
    add(broker, broker.state.joins.request(NODE).member)
    approve(broker, broker.state.joins.request(NODE))
    assert len(broker.registry.members()) == 1


def test_only_so_many_may_wait(broker, clock):
    narrow = replace(broker, settings=replace(broker.settings, joining=Joining(most_waiting=2)))
    for number in range(2):
        ask_to_join(narrow, asking(signer_of(f"org.n{number}", clock, number + 1)))
    with pytest.raises(QuotaExceeded):
        ask_to_join(narrow, asking(signer_of("org.n2", clock, 3)))
    ask_to_join(narrow, asking(signer_of("org.n1", clock, 2)))  # who waits may ask again


def test_a_closed_network_takes_nobody(broker, clock):
    closed = replace(broker, settings=replace(broker.settings, joining=Joining(is_open=False)))
    with pytest.raises(NotPermitted):
        ask_to_join(closed, asking(signer_of(NODE, clock)))


def test_who_does_not_have_the_key_is_refused(web, broker, clock):
    node, thief = signer_of(NODE, clock), signer_of(NODE, clock, 2)
    with pytest.raises(MessageRefused) as raised:
        ask_to_join(broker, asking(thief, told(node)))
    assert raised.value.fault is Fault.SIGNER
    assert posted(web, asking(thief, told(node))).status_code == 401
    assert web.post("/network/joins", json=told(node)).status_code == 401
    assert broker.state.joins.requests() == ()


def test_a_message_holds_for_a_minute(broker, clock):
    sent = asking(signer_of(NODE, clock))
    clock.pass_(66)
    with pytest.raises(MessageRefused) as raised:
        ask_to_join(broker, sent)
    assert raised.value.fault is Fault.LATE


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": ""}, "member.name"),
        ({"name": "A\x1b[31m"}, "member.name"),
        ({"name": "A" * 256}, "member.name"),
        ({"url": "http://beacon.hospital.example"}, "member.url"),
        ({"url": "https://user@beacon.hospital.example"}, "member.url"),
        ({"url": "https://beacon.hospital.example/?a=b"}, "member.url"),
        ({"url": 7}, "member.url"),
        ({"kind": "beacon"}, "member.kind"),
        ({"organization": {"name": "A", "url": "ftp://x"}}, "member.organization.url"),
        ({"organization": 7}, "member.organization"),
        ({"datasets": ["all"]}, "member.datasets"),  # visas are for the broker's operator to give
    ],
)
def test_what_cannot_be_a_member_is_named(web, broker, clock, changed, field):
    node = signer_of(NODE, clock)
    response = posted(web, asking(node, told(node, **changed)))
    assert response.status_code == 400
    assert field in response.json["error"]["errorMessage"]
    assert broker.state.joins.requests() == ()


def test_requests_are_small(web, clock):
    node = signer_of(NODE, clock)
    sent = asking(node, told(node) | {"contact": "a" * 200_000})
    assert posted(web, sent).status_code == 400


def test_nobody_asked(web, broker):
    assert web.get("/network/joins/org.nobody").status_code == 404
    with pytest.raises(NotFound):
        broker.state.joins.request("org.nobody")


def test_a_request_survives_in_another_process(broker, clock):
    ask_to_join(broker, asking(signer_of(NODE, clock)))
    again = State.open(broker.home / "data" / "broker.sqlite")
    assert again.joins.requests() == broker.state.joins.requests()


def test_the_message_header_is_looked_at_only_as_a_text(web, clock):
    node = signer_of(NODE, clock)
    sent = asking(node)
    garbage = {MESSAGE_HEADER: "a.b.c"}
    assert web.post(sent.path, data=sent.body, headers=garbage).status_code == 401
    assert member_of(node).keys
