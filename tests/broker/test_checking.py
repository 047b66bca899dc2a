"""`broker check`: what is wrong with a member is said in plain words."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.broker.checking import check_members
from beacon_node.errors import Unreachable
from beacon_node.federation.checks import signed_question
from beacon_node.model.federation import MESSAGE_HEADER, Member, MemberKind
from beacon_node.model.requester import Tier
from beacon_node.ports import Received
from tests.broker.federation import Members, Wire, make_broker
from tests.broker.world import FixedClock
from tests.network.faults import SkewedClock, make_node

INFO = {
    "meta": {"beaconId": "org.n0", "apiVersion": "v2.1.1"},
    "response": {"version": "v1.2", "name": "\x1b[31mred"},
}


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def broker(tmp_path, clock):
    made = make_broker(tmp_path, Members(), "org.example.hub")
    return replace(made, clock=clock, signer=replace(made.signer, clock=clock), transport=Wire())


class Host:
    """A node that answers `/info` as told, signed or not, with a clock of its own."""

    def __init__(self, broker, *, skew_s=0, status=200, info=INFO, signs=True) -> None:
        clock = SkewedClock(broker.clock, timedelta(seconds=skew_s))
        self.node = make_node(0, True, broker.signer, clock)
        self.status, self.info, self.signs = status, info, signs

    def __call__(self, sent):
        answered = self.node.answer(sent)
        if answered.status != 200 or not self.signs:
            return replace(answered, headers={} if not self.signs else answered.headers)
        body = self.info if isinstance(self.info, bytes) else json.dumps(self.info).encode()
        question = signed_question(sent.headers[MESSAGE_HEADER], self.node.brokers)
        reply = self.node.signer.reply(question, Tier.PUBLIC, status=self.status, body=body)
        return Received(self.status, body, {MESSAGE_HEADER.lower(): reply})


def checked(broker, member, handler):
    broker.transport.handlers[member.id] = handler
    (found,) = check_members(broker, (member,))
    return found


def test_all_is_well(broker):
    host = Host(broker)
    found = checked(broker, host.node.member(), host)
    assert found.is_well and found.elapsed_s is not None
    assert (found.version, found.api_version) == ("v1.2", "v2.1.1")
    (sent,) = broker.transport.to("org.n0")
    assert (sent.method, sent.path) == ("GET", "/api/info")


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"skew_s": 40}, "its clock is 40 s ahead of this machine's"),
        ({"skew_s": -3}, None),
        ({"skew_s": -90}, "it was made 90 s after this server's time"),
        ({"info": {"meta": {"beaconId": "org.other"}}}, "calls itself org.other"),
        ({"info": {}}, "calls itself nothing"),
        ({"info": b"<html>"}, "no JSON object"),
        ({"status": 503, "info": {"error": {"errorMessage": "closed"}}}, "status 503: closed"),
        ({"signs": False}, "not authentic"),
    ],
)
def test_what_is_wrong_is_said(broker, told, words):
    host = Host(broker, **told)
    found = checked(broker, host.node.member(), host)
    if words is None:
        assert found.is_well
    else:
        assert words in found.problems[0], found.problems


def test_another_key_than_the_registrys(broker):
    host = Host(broker)
    other = make_node(1, True, broker.signer, broker.clock).member()
    found = checked(broker, replace(host.node.member(), keys=other.keys), host)
    assert "not authentic" in found.problems[0]


def test_a_node_that_does_not_know_this_broker(broker):
    host = Host(broker)
    host.node.brokers.clear()
    found = checked(broker, host.node.member(), host)
    assert "nobody who is known here signed it" in found.problems[0]


def test_who_cannot_be_reached(broker):
    def nothing(sent):
        raise Unreachable("its TLS certificate is refused: certificate has expired")

    host = Host(broker)
    found = checked(broker, host.node.member(), nothing)
    assert found.problems == ("its TLS certificate is refused: certificate has expired",)


def test_a_third_party_signs_nothing_and_tells_its_time(broker):
    elsewhere = Member("org.n0", "N", "https://n.example/api", MemberKind.BEACON)

    def answer(sent):
        assert (sent.path, MESSAGE_HEADER in sent.headers) == ("/info", False)
        headers = {"date": "Mon, 07 Jan 2030 12:01:00 GMT"}
        return Received(200, json.dumps(INFO).encode(), headers)

    found = checked(broker, elsewhere, answer)
    assert found.problems == ("its clock is 60 s ahead of this machine's",)


def test_each_is_checked_and_nobody_holds_up_the_others(broker):
    host = Host(broker)
    gone = Member("org.gone", "Gone", "https://gone.example", MemberKind.BEACON)
    broker.transport.handlers["org.n0"] = host
    found = {one.member.id: one for one in check_members(broker, (gone, host.node.member()))}
    assert found["org.n0"].is_well and not found["org.gone"].is_well
