"""A truncated or rewritten ledger contradicts what its node left with the broker before."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from beacon_node.broker.app import create_app
from beacon_node.broker.audit_heads import contradiction
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.model.checkpoint import Checkpoint, SignedCheckpoint, checkpoint_text, signed_bytes
from beacon_node.model.ledger import Head
from beacon_node.ports import Sent
from tests.broker.homes import BROKER, add, member_of, open_home, signer_of
from tests.broker.world import NOON, FixedClock

NODE = "org.hospital.beacon"
LEDGER_KEY = SigningKey(b"L" * 32)


def checkpoint(sequence: int, *, day: int = 0, filler: int = 0, **told) -> Checkpoint:
    return Checkpoint(
        node=told.get("node", NODE),
        head=Head(sequence, bytes([filler]) * 32),
        at=NOON + timedelta(days=day),
        counts=told.get("counts", {"consent": sequence}),
        key=told.get("key", LEDGER_KEY.public.id),
    )


# ---- two checkpoints -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kept", "newest", "words"),
    [
        (checkpoint(10), checkpoint(12, day=1), ""),
        (checkpoint(10), checkpoint(10, day=1), ""),
        (checkpoint(12, day=1), checkpoint(10), ""),  # an older one that comes late
        (checkpoint(10), checkpoint(9, day=1), "went back from 10 entries"),
        (checkpoint(9, day=1), checkpoint(10), "went back from 10 entries"),
        (checkpoint(10), checkpoint(10, day=1, filler=7), "entry 10 is another one"),
        (checkpoint(10), checkpoint(12, day=1, key="other"), "another key"),
        (
            checkpoint(10, counts={"consent": 6, "audit": 4}),
            checkpoint(12, day=1, counts={"consent": 5, "audit": 7}),
            "fewer entries of consent",
        ),
    ],
)
def test_one_ledger_only_grows(kept, newest, words):
    found = contradiction([kept], newest)
    assert words in found and bool(found) == bool(words)


# ---- left with a broker --------------------------------------------------------------------------


@pytest.fixture
def clock():
    return FixedClock()


@pytest.fixture
def node(clock):
    return signer_of(NODE, clock)


@pytest.fixture
def broker(tmp_path, clock, node):
    opened = open_home(tmp_path, clock)
    add(opened, member_of(node))
    return opened


@pytest.fixture
def web(broker):
    return create_app(broker).test_client()


def leave(web, node, one, *, key=LEDGER_KEY, told_key=LEDGER_KEY):
    signed = SignedCheckpoint(one, key.sign(signed_bytes(one)))
    body = {"checkpoint": json.loads(checkpoint_text(signed))}
    if told_key:
        body["key"] = told_key.public.jwk()
    sent = Sent("POST", "/network/checkpoints", json.dumps(body).encode())
    sent = node.checkpoint(BROKER, sent)
    return web.post(sent.path, data=sent.body, headers=dict(sent.headers))


def test_a_ledger_that_grows_goes_on(web, node, broker):
    for number, sequence in enumerate((3, 5, 5, 9)):
        response = leave(web, node, checkpoint(sequence, day=number))
        assert (response.status_code, response.json["goesOn"]) == (200, True)
    assert web.get("/health").json["status"] == "ok"
    assert len(broker.state.checkpoints.checkpoints(NODE)) == 4


def test_a_truncated_ledger_turns_health_red_until_the_operator_says_why(web, node, broker):
    leave(web, node, checkpoint(9))
    response = leave(web, node, checkpoint(4, day=1))
    assert response.json["goesOn"] is False and "went back" in response.json["problem"]
    health = web.get("/health")
    assert health.status_code == 503
    assert "org.hospital.beacon left a checkpoint" in health.json["warnings"][0]

    assert broker.state.checkpoints.settle(NODE, "restored on Monday's backup") == 1
    assert web.get("/health").json["status"] == "ok"
    assert leave(web, node, checkpoint(6, day=2)).json["goesOn"] is True
    assert leave(web, node, checkpoint(5, day=3)).json["goesOn"] is False
    kept = broker.state.checkpoints.checkpoints(NODE)
    assert [one.sequence for one in kept] == [9, 4, 6, 5]


def test_the_same_checkpoint_is_kept_once(web, node, broker):
    for _ in range(3):
        assert leave(web, node, checkpoint(9)).json["goesOn"] is True
    assert len(broker.state.checkpoints.checkpoints(NODE)) == 1


def test_the_key_that_was_left_first_is_the_one_that_counts(web, node):
    other = SigningKey(b"M" * 32)
    leave(web, node, checkpoint(9))
    assert leave(web, node, checkpoint(10, day=1), told_key=None).status_code == 200
    forged = leave(web, node, checkpoint(11, day=2), key=other, told_key=other)
    assert forged.status_code == 400 and "signature" in forged.json["error"]["errorMessage"]


def test_a_forged_first_one_pins_no_key(web, node, broker):
    other = SigningKey(b"M" * 32)
    assert leave(web, node, checkpoint(9), told_key=other).status_code == 400
    assert broker.state.checkpoints.key(NODE) is None
    assert leave(web, node, checkpoint(9)).status_code == 200


def test_the_first_one_must_bring_its_key(web, node):
    response = leave(web, node, checkpoint(9), told_key=None)
    assert response.status_code == 400 and "key" in response.json["error"]["errorMessage"]


def test_a_new_key_counts_once_the_operator_lets_it(web, node, broker):
    other = SigningKey(b"M" * 32)
    leave(web, node, checkpoint(9))
    broker.state.checkpoints.forget_key(NODE)
    moved = checkpoint(10, day=1, key=other.public.id)
    response = leave(web, node, moved, key=other, told_key=other)
    assert "another key" in response.json["problem"]


def test_only_members_leave_anything_and_only_their_own(web, node, clock, broker):
    stranger = replace(node, id="org.stranger")
    assert leave(web, stranger, checkpoint(9)).status_code == 401
    assert leave(web, signer_of(NODE, clock, 2), checkpoint(9)).status_code == 401
    assert leave(web, node, checkpoint(9, node="org.other")).status_code == 400
    assert broker.state.checkpoints.checkpoints(NODE) == ()


def test_what_is_no_checkpoint_is_named(web, node):
    sent = node.checkpoint(BROKER, Sent("POST", "/network/checkpoints", b'{"checkpoint": {}}'))
    response = web.post(sent.path, data=sent.body, headers=dict(sent.headers))
    assert response.status_code == 400
    assert "checkpoint: format" in response.json["error"]["errorMessage"]
