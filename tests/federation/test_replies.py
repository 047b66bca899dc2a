"""A reply is what the member signed, of this status and body, to this question."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import NotAuthentic
from beacon_node.federation.checks import check_reply
from beacon_node.model.federation import MESSAGE_HEADER
from beacon_node.model.requester import Tier
from beacon_node.ports import Received
from tests.federation import network as net

_, QUESTION = net.asked()
BODY = b'{"responseSummary": {"exists": true}}'
MESSAGE = net.node().reply(QUESTION, Tier.REGISTERED, status=200, body=BODY)
HEADER, CLAIMS = net.parts(MESSAGE)


def received(message: str = MESSAGE, *, status: int = 200, body: bytes = BODY) -> Received:
    return Received(status, body, {MESSAGE_HEADER.lower(): message})


def written(**changed) -> str:
    return net.written(HEADER, {**CLAIMS, **changed}, net.NODE_KEY)


def test_what_is_read_is_what_was_signed():
    reply = check_reply(net.MEMBER, QUESTION, received())
    assert (reply.node, reply.broker, reply.number) == (net.NODE, net.BROKER, QUESTION.number)
    assert (reply.status, reply.tier, reply.at) == (200, Tier.REGISTERED, net.NOW)


OTHER_QUESTION = net.broker(chance=net.Chance(7)).question(net.MEMBER, net.SENT)[1]
REFUSED = {
    "no message": Received(200, BODY),
    "an empty message": received(""),
    "the question itself": received(net.asked()[0].headers[MESSAGE_HEADER]),
    "another body": received(body=BODY.replace(b"true", b"false")),
    "no body": received(body=b""),
    "another status": received(status=404),
    "another question's answer": received(
        net.node().reply(OTHER_QUESTION, Tier.PUBLIC, status=200, body=BODY)
    ),
    "another node's key": received(net.written(HEADER, CLAIMS, net.STRANGER)),
    "another node's key and id": received(
        net.written({**HEADER, "kid": net.STRANGER.public.id}, CLAIMS, net.STRANGER)
    ),
    "another node's name": received(written(iss="org.clinic")),
    "for another broker": received(written(aud="org.other")),
    "type of a question": received(
        net.written({**HEADER, "typ": "beacon-question+jwt"}, CLAIMS, net.NODE_KEY)
    ),
    "alg none": received(net.written({**HEADER, "alg": "none"}, CLAIMS, net.NODE_KEY)),
    "to hold for an hour": received(written(exp=CLAIMS["exp"] + 3_600)),
    "a status that is a text": received(written(status="200")),
    "a status that is true": received(written(status=True)),
    "a tier of its own": received(written(tier="all")),
    "huge": received(MESSAGE + "A" * 9_000),
}


@pytest.mark.parametrize("answer", REFUSED.values(), ids=REFUSED.keys())
def test_an_answer_is_not_authentic(answer):
    with pytest.raises(NotAuthentic, match=f"what {net.NODE} answered is not authentic: "):
        check_reply(net.MEMBER, QUESTION, answer)


def test_an_answer_to_a_question_to_somebody_else_is_not_authentic():
    with pytest.raises(NotAuthentic):
        check_reply(net.MEMBER, replace(QUESTION, node="org.clinic"), received())


def test_a_member_without_keys_signs_nothing():
    with pytest.raises(NotAuthentic):
        check_reply(replace(net.MEMBER, keys=()), QUESTION, received())


@pytest.mark.parametrize("hours", [-5, 5])
def test_a_member_with_a_wrong_clock_can_say_so(hours):
    time = net.Time(net.NOW + timedelta(hours=hours))
    message = net.node(time).reply(QUESTION, Tier.PUBLIC, status=401, body=BODY)
    assert check_reply(net.MEMBER, QUESTION, received(message, status=401)).at == time.at


def test_what_a_newer_node_adds_is_passed_over():
    assert check_reply(net.MEMBER, QUESTION, received(written(load=0.5))).status == 200


def test_two_keys_hold_while_one_replaces_the_other():
    member = replace(net.MEMBER, keys=(net.NODE_NEXT.public.x, net.NODE_KEY.public.x))
    assert check_reply(member, QUESTION, received()).status == 200


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=300), st.integers(100, 599), st.binary(max_size=50))
def test_anything_else_is_not_authentic(message, status, body):
    with pytest.raises(NotAuthentic):
        check_reply(net.MEMBER, QUESTION, received(message, status=status, body=body))
