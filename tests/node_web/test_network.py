"""A node answers a question of a broker only if it is what a pinned broker signed, once."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.actions.join_network import network_problems
from beacon_node.errors import NotAuthentic, StoreUnavailable
from beacon_node.model.federation import MESSAGE_HEADER, Asserted
from beacon_node.model.requester import Tier
from beacon_node.node_web.identity import identity_of
from beacon_node.node_web.network import membership_of
from beacon_node.node_web.pace import TICK_S
from beacon_node.node_web.passports import clearinghouse_of
from beacon_node.ports import Sent
from beacon_node.randomness import SystemRandomness
from beacon_node.settings import Server
from beacon_node.storage import used_numbers
from beacon_node.store.ledger import Ledger
from tests.clearinghouse.world import make_world, passport
from tests.consent.clinic import audits
from tests.federation import network as net
from tests.node_web.networked import NETWORK, OTHER, Broker, app_of, pin

JSON = {"Content-Type": "application/json"}
QUESTION = Sent("POST", "/api/individuals", b'{"query": {}}', JSON)
INFO = Sent("GET", "/api/info")


@pytest.fixture
def world(tmp_path):
    world = make_world(tmp_path)
    ledger = Ledger.create(tmp_path / "data" / "ledger.sqlite")
    node = replace(world.node, ledger=ledger, randomness=SystemRandomness())
    pin(node, NETWORK, OTHER)
    yield replace(world, node=node)
    ledger.close()


@pytest.fixture
def node(world):
    return world.node


@pytest.fixture
def broker(world):
    return Broker(world.node, app_of(world.node, world.house))


# ---- what is signed ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "sent", [QUESTION, INFO, replace(INFO, path="/api/info?requestedSchema=x")]
)
def test_an_answer_is_signed_for_this_question(broker, sent):
    response, reply = broker.asks(sent)
    assert response.status_code == reply.status == 200
    assert response.headers["Cache-Control"] == "no-store"


REFUSED = {
    "there is no such path": (Sent("GET", "/nothing"), 404),
    "nor this method": (Sent("PUT", "/api/info"), 405),
    "no JSON": (replace(QUESTION, body=b"{"), 400),
    "no list of visas": (replace(QUESTION, body=b'{"visas": 7}'), 400),
    "visas of nobody": (replace(QUESTION, body=b'{"visas": ["x"]}'), 400),
    "larger than the node takes": (replace(QUESTION, body=b" " * 1_001), 413),
    "a token of the researcher": (
        replace(QUESTION, headers={**JSON, "Authorization": f"Bearer {passport()}"}),
        401,
    ),
    "a passport of the researcher": (
        replace(QUESTION, body=json.dumps({"passports": [passport()]}).encode()),
        401,
    ),
    "a deed without a visa": (replace(QUESTION, path="/dac/applications"), 401),
    "whoami is for passports": (Sent("GET", "/whoami"), 401),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refusal_is_signed_too(node, world, sent, status):
    small = replace(node, settings=replace(node.settings, server=Server(max_body_bytes=1_000)))
    broker = Broker(small, app_of(small, world.house))
    response, reply = broker.asks(sent)
    assert response.status_code == reply.status == status
    assert response.headers["Cache-Control"] == "no-store"


def test_so_is_that_nothing_can_be_recorded(broker, node, monkeypatch):
    def away(*_, **__):
        raise StoreUnavailable("gone")

    monkeypatch.setattr(Ledger, "moment", away)
    response, reply = broker.asks(QUESTION)
    assert response.status_code == reply.status == 503 and response.headers["Retry-After"]


def test_and_that_a_broker_asks_too_often(broker, monkeypatch):
    monkeypatch.setattr(used_numbers, "MOST_NUMBERS", 1)
    monkeypatch.setattr(used_numbers, "SWEPT_EVERY", 1)
    assert broker.asks(INFO)[1].status == 200
    response, reply = broker.asks(INFO)
    assert response.status_code == reply.status == 429 and response.headers["Retry-After"]


def test_an_answer_to_head_is_signed_as_it_leaves(broker):
    response, reply = broker.asks(replace(INFO, method="HEAD"))
    assert response.data == b"" and reply.status == 200


def test_what_nobody_signed_is_answered_as_ever(broker):
    response = broker.sends(QUESTION)
    assert response.status_code == 200 and MESSAGE_HEADER not in response.headers


def test_visas_count_for_brokers_alone(broker):
    assert broker.sends(replace(QUESTION, body=b'{"visas": []}')).status_code == 400
    assert broker.asks(replace(QUESTION, body=b'{"visas": []}'))[1].status == 200


# ---- what is refused -----------------------------------------------------------------------------


def stranger(broker: Broker, **changed) -> Broker:
    found = replace(broker, **changed)
    found.member = broker.member
    return found


UNKNOWN = {
    "a key that is not pinned": {"key": net.STRANGER},
    "a broker that is not pinned": {"id": "org.unknown"},
    "another pinned broker's name": {"id": "org.other"},
}


@pytest.mark.parametrize("changed", UNKNOWN.values(), ids=UNKNOWN.keys())
def test_who_is_not_known_is_refused_without_a_signature(broker, node, changed):
    sent, _ = stranger(broker, **changed).signs(QUESTION)
    response = broker.sends(sent)
    assert response.status_code == 401 and MESSAGE_HEADER not in response.headers
    assert audits(node) == []


@pytest.mark.parametrize("message", ["", "x", "a.b.c", "A" * 8_001, "é"])
def test_a_broken_message_is_never_nobody_s_question(broker, node, message):
    headers = {**JSON, MESSAGE_HEADER: message}
    assert broker.sends(replace(QUESTION, headers=headers)).status_code == 401
    assert audits(node) == []


def test_a_message_counts_once(broker, node):
    sent, question = broker.signs(QUESTION)
    first, again = broker.sends(sent), broker.sends(sent)
    assert (first.status_code, again.status_code) == (200, 401)
    assert "used before" in again.json["error"]["errorMessage"]
    assert broker.authentic(question, again).status == 401
    assert len(audits(node)) == 1


def test_a_message_counts_once_in_all_processes(broker, world, node):
    other = replace(broker, app=app_of(node, world.house))
    sent, _ = broker.signs(QUESTION)
    assert [one.sends(sent).status_code for one in (broker, other)] == [200, 401]


def test_of_many_at_the_same_time_one_is_answered(broker, node):
    sent, _ = broker.signs(INFO)
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: broker.sends(sent).status_code, range(24)))
    assert sorted(found) == [200] + [401] * 23


@pytest.mark.parametrize(
    "changed",
    [
        {"body": b'{"query": {"requestedGranularity": "record"}}'},
        {"path": "/api/biosamples"},
        {"path": "/api/individuals?testMode=true"},
        {"path": "/dac/applications"},
        {"method": "PUT"},
    ],
    ids=["body", "path", "parameter", "another part", "method"],
)
def test_a_message_holds_for_its_request_alone(broker, node, changed):
    sent, question = broker.signs(QUESTION)
    response = broker.sends(replace(sent, **changed))
    assert response.status_code == 401 and broker.authentic(question, response).status == 401
    assert audits(node) == []
    assert broker.sends(sent).status_code == 200  # it was not used up by somebody in between


def test_a_message_for_another_node_is_refused(broker, node):
    elsewhere = replace(broker.member, id="org.clinic")
    sent, _ = broker.signer.question(elsewhere, QUESTION)
    assert broker.sends(sent).status_code == 401


@pytest.mark.parametrize(("seconds", "words"), [(66, "66 s before"), (-6, "6 s after")])
def test_a_wrong_clock_is_told_to_the_broker_and_to_the_operator(world, broker, seconds, words):
    sent, question = broker.signs(QUESTION)
    world.clock.forward(seconds=seconds)
    response = broker.sends(sent)
    assert response.status_code == 401 and words in response.json["error"]["errorMessage"]
    assert broker.authentic(question, response).at == world.clock.now()
    heard = membership_of(world.node).numbers.heard()[net.BROKER]
    assert words in heard.refused and heard.asked_at is None


def test_info_says_what_those_are_told_whom_a_broker_vouches_for(node):
    alone = replace(node, settings=replace(node.settings, access=type(node.settings.access)()))
    for brokers, is_told in (((NETWORK,), True), ((), False)):
        pin(node, *brokers)
        client = app_of(alone, clearinghouse_of(alone)).test_client()
        told = identity_of(alone.settings, has_brokers=is_told).registered_counts
        assert ("one broker" in told) is is_told
        levels = client.get("/api/configuration").json["response"]["securityAttributes"]
        assert ("REGISTERED" in levels["securityLevels"]) is is_told


def test_the_operator_is_told_while_what_a_broker_sends_is_refused(world, broker):
    assert broker.asks(INFO)[1].status == 200 and list(network_problems(world.node)) == []
    late, _ = broker.signs(INFO)
    world.clock.forward(seconds=100)
    broker.sends(late)
    (problem,) = network_problems(world.node)
    assert problem.startswith("what org.network sent last is not answered (2030-01-11 12:01 UTC)")
    assert "100 s before this server's time" in problem
    world.clock.forward(seconds=1)
    assert broker.asks(INFO)[1].status == 200 and list(network_problems(world.node)) == []
    (world.node.home / "brokers.toml").write_text("broken")
    assert "no broker is answered" in next(network_problems(world.node))


def test_nobody_fills_the_log(world, broker, caplog):
    forged = replace(QUESTION, headers={MESSAGE_HEADER: "x"})
    unknown, _ = stranger(broker, key=net.STRANGER).signs(QUESTION)
    for _ in range(20):
        broker.sends(forged)
        broker.sends(unknown)
    assert len(caplog.records) == 1
    world.clock.forward(seconds=31)
    broker.sends(unknown)
    assert "another key than those pinned" in caplog.records[-1].getMessage()


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=300))
def test_any_header_is_refused(broker, text):
    environ = {"HTTP_BEACON_MESSAGE": text}
    answer = broker.app.test_client().post("/api/individuals", environ_overrides=environ)
    assert answer.status_code == 401 and MESSAGE_HEADER not in answer.headers


def test_numbers_that_are_lost_let_nothing_come_twice(world, broker, node):
    sent, _ = broker.signs(QUESTION)
    assert broker.sends(sent).status_code == 200
    for file in node.data.glob("network.sqlite*"):
        file.unlink()
    world.clock.forward(seconds=2)
    response = broker.sends(sent)
    assert response.status_code == 401 and "memory" in response.json["error"]["errorMessage"]
    assert broker.asks(QUESTION)[1].status == 200


# ---- the operator's file -------------------------------------------------------------------------


def test_a_broker_that_is_taken_out_is_refused_from_the_next_question_on(broker, node):
    assert broker.asks(QUESTION)[1].status == 200
    pin(node, OTHER)
    assert broker.sends(broker.signs(QUESTION)[0]).status_code == 401
    pin(node)
    assert broker.sends(broker.signs(QUESTION)[0]).status_code == 401


def test_while_the_file_is_broken_no_broker_is_answered(broker, node):
    (node.home / "brokers.toml").write_text("broken")
    sent, question = broker.signs(QUESTION)
    response = broker.sends(sent)
    assert response.status_code == 503
    with pytest.raises(NotAuthentic):
        broker.authentic(question, response)
    assert broker.sends(QUESTION).status_code == 200


def test_two_keys_hold_while_one_replaces_the_other(broker, node):
    renewed = stranger(broker, key=net.NEXT_KEY)
    pin(node, replace(NETWORK, keys=(net.BROKER_KEY.public.x, net.NEXT_KEY.public.x)))
    assert broker.asks(INFO)[1].status == renewed.asks(INFO)[1].status == 200
    pin(node, replace(NETWORK, keys=(net.NEXT_KEY.public.x,)))
    assert broker.sends(broker.signs(INFO)[0]).status_code == 401


@pytest.mark.parametrize(
    ("ceiling", "asserted", "believed"),
    [
        (Tier.REGISTERED, Asserted(), Tier.PUBLIC),
        (Tier.REGISTERED, Asserted(Tier.PUBLIC, "r-1"), Tier.PUBLIC),
        (Tier.REGISTERED, net.ASSERTED, Tier.REGISTERED),
        (Tier.REGISTERED, replace(net.ASSERTED, tier=Tier.CONTROLLED), Tier.REGISTERED),
        (Tier.REGISTERED, replace(net.ASSERTED, researcher=""), Tier.PUBLIC),
        (Tier.PUBLIC, net.ASSERTED, Tier.PUBLIC),
        (Tier.PUBLIC, replace(net.ASSERTED, tier=Tier.CONTROLLED), Tier.PUBLIC),
    ],
)
def test_what_a_broker_asserts_is_believed_up_to_its_ceiling(
    broker, node, ceiling, asserted, believed
):
    pin(node, replace(NETWORK, ceiling=ceiling))
    _, reply = broker.asks(QUESTION, asserted)
    assert reply.tier is believed
    (audit,) = audits(node)
    assert audit["by"]["tier"] == believed.name.lower() and audit["by"]["broker"] == net.BROKER
    assert audit["by"].get("account", "").startswith("acc-") is bool(asserted.researcher)
    assert "r-1" not in json.dumps(audit)


def test_a_ceiling_that_is_lowered_holds_from_the_next_question_on(broker, node):
    assert broker.asks(QUESTION, net.ASSERTED)[1].tier is Tier.REGISTERED
    pin(node, replace(NETWORK, ceiling=Tier.PUBLIC))
    assert broker.asks(QUESTION, net.ASSERTED)[1].tier is Tier.PUBLIC


def test_a_purpose_is_fixed_with_the_first_question(broker, node):
    other = net.read_purpose({"categories": ["commercial"]})
    assert broker.asks(QUESTION, net.ASSERTED)[1].status == 200
    response, _ = broker.asks(QUESTION, replace(net.ASSERTED, purpose=other))
    assert response.status_code == 403 and "purpose" in response.json["error"]["errorMessage"]
    assert broker.asks(QUESTION, replace(net.ASSERTED, purpose=None))[1].status == 200
    fresh = replace(net.ASSERTED, researcher="r-2", purpose=other)
    assert broker.asks(QUESTION, fresh)[1].status == 200


def test_the_trust_file_that_is_broken_stops_brokers_too(world, broker):
    world.file.write_text("broken")
    response, reply = broker.asks(QUESTION, net.ASSERTED)
    assert response.status_code == reply.status == 503


def test_a_node_whose_clearinghouse_trusts_nobody_answers_brokers(node):
    alone = replace(node, settings=replace(node.settings, access=type(node.settings.access)()))
    broker = Broker(alone, app_of(alone, clearinghouse_of(alone)))
    assert broker.asks(QUESTION, net.ASSERTED)[1].tier is Tier.REGISTERED
    assert timedelta(0) <= broker.asks(INFO)[1].until - node.clock.now()


def test_what_a_registered_researcher_is_told_leaves_on_a_tick(broker):
    begun = time.monotonic()
    assert broker.asks(QUESTION, net.ASSERTED)[1].status == 200
    assert time.monotonic() - begun >= TICK_S
