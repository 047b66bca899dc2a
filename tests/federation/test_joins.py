"""Who asks to join a network shows that they have the key they name."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.federation.checks import read_join, read_question
from beacon_node.model.federation import MESSAGE_HEADER
from beacon_node.model.message import Fault, MessageRefused
from beacon_node.ports import Sent
from tests.federation import network as net

CANDIDATE = {"id": net.NODE, "name": "Hospital", "keys": [net.NODE_KEY.public.jwk()]}


def sent(**changed) -> Sent:
    body = json.dumps({"member": {**CANDIDATE, **changed}, "contact": "it@hospital.example"})
    return Sent("POST", "/network/joins", body.encode())


def joined(request: Sent = sent()) -> Sent:
    return net.node().join(net.BROKER, request)


def fault_of(request: Sent, now=net.NOW) -> Fault:
    with pytest.raises(MessageRefused) as refused:
        read_join(request, net.BROKER, now)
    return refused.value.fault


@pytest.mark.parametrize("key", [net.NODE_KEY.public.jwk(), net.NODE_KEY.public.x])
def test_a_request_to_join_is_read_as_it_was_written(key):
    found = read_join(joined(sent(keys=[key])), net.BROKER, net.NOW)
    assert found["member"]["id"] == net.NODE and found["contact"] == "it@hospital.example"


def test_nobody_joins_with_a_key_they_do_not_have():
    assert fault_of(joined(sent(keys=[net.STRANGER.public.jwk()]))) is Fault.SIGNER


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"id": "org.clinic"}, Fault.CLAIMS),
        ({"keys": []}, Fault.CLAIMS),
        ({"keys": None}, Fault.CLAIMS),
        ({"keys": [7]}, Fault.CLAIMS),
        ({"keys": [{"x": "short"}]}, Fault.CLAIMS),
        ({"keys": [net.NODE_KEY.public.x, net.STRANGER.public.x]}, Fault.CLAIMS),
    ],
)
def test_a_candidate_is_refused(changed, fault):
    assert fault_of(joined(sent(**changed))) is fault


def test_a_request_to_join_holds_once_signed_for_nothing_else():
    request = joined()
    assert fault_of(replace(request, body=sent(name="Other").body)) is Fault.BODY
    assert fault_of(replace(request, path="/network/checkpoints")) is Fault.PATH
    assert fault_of(request, net.NOW + timedelta(minutes=2)) is Fault.LATE
    assert fault_of(net.node().join("org.other", sent())) is Fault.AUDIENCE
    assert fault_of(replace(request, headers={})) is Fault.SHAPE


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"member": 1}', b'{"member":' + b"[" * 9_999])
def test_a_body_of_another_form_is_refused(body):
    assert fault_of(joined(Sent("POST", "/network/joins", body))) is Fault.BODY


def test_a_request_to_join_is_no_question_and_a_question_is_none_to_join():
    own = {net.NODE: replace(net.PINNED, id=net.NODE, keys=(net.NODE_KEY.public.x,))}
    with pytest.raises(MessageRefused) as refused:
        read_question(joined(), own, net.BROKER, net.NOW)
    assert refused.value.fault is Fault.TYPE
    question = net.asked(sent())[0].headers[MESSAGE_HEADER]
    assert fault_of(net.with_message(question, sent())) is Fault.TYPE
