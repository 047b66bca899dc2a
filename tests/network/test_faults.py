"""Whatever the network does, an answer is a sound part of the truth and nobody is missing from it.

Whole federations in one process: a broker's own path of a question, over a transport that spoils
what passes. Only an answer that comes too late waits for real time.
"""

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from beacon_node.beacon_v2.parse import parse_post
from beacon_node.beacon_v2.received import Target
from beacon_node.broker.ask import Desk
from beacon_node.broker.asker import Asker
from beacon_node.broker.broker import make_crew
from beacon_node.broker.library import Library
from beacon_node.broker.merge import totals
from beacon_node.broker.settings import Breaker, Settings
from beacon_node.broker.settings import Network as NetworkSettings
from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.federation.messages import Signer
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import LEEWAY, LONGEST_LIFE, Came, MemberRow
from beacon_node.randomness import SystemRandomness
from tests.broker.federation import Members, make_broker
from tests.broker.world import FixedClock
from tests.network.faults import HARMLESS, Fault, Network, Node, SkewedClock, make_node

DEADLINE_S = 0.06
QUESTION = {
    "query": {
        "requestParameters": {
            "assemblyId": "GRCh38",
            "referenceName": "17",
            "start": [43045710],
            "referenceBases": "C",
            "alternateBases": "T",
        },
        "requestedGranularity": "boolean",
    }
}
PARSED = parse_post(Target(EntryType.GENOMIC_VARIANT), QUESTION)
PATIENT = Settings(
    network=NetworkSettings(deadline_s=DEADLINE_S), breaker=Breaker(failures=1_000_000)
)


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """A broker without members, whose state all federations here share."""
    return make_broker(tmp_path_factory.mktemp("hub"), Members(), "org.example.hub", PATIENT)


def federation(hub, carry, *, skews=()) -> tuple[Desk, Network]:
    """Return a broker over nodes that carry the variant or do not, their clocks being wrong."""
    clock = FixedClock()
    broker_signer = Signer("org.example.hub", SigningKey(b"b" * 32), clock, SystemRandomness())
    nodes: dict[str, Node] = {}
    for number, carries in enumerate(carry):
        skew = timedelta(seconds=skews[number] if number < len(skews) else 0)
        node = make_node(number, carries, broker_signer, SkewedClock(clock, skew))
        nodes[node.id] = node
    network = Network(nodes)
    members = Members(*(node.member() for node in nodes.values()))
    broker = replace(
        hub,
        registry=members,
        transport=network,
        signer=broker_signer,
        clock=clock,
        crew=make_crew(hub.settings, hub.state, clock, hub.randomness),
    )
    return Desk(broker, Library(network, clock, broker.state.learned)), network


def asked(desk: Desk) -> dict[str, MemberRow]:
    rows = list(desk.ask(PARSED, Asker()))
    assert sorted(row.member for row in rows) == sorted(one.id for one in desk.members())
    return {row.member: row for row in rows}


def assert_sound(rows: dict[str, MemberRow], network: Network) -> None:
    """Every answer is what its member says of its data; every other row says nothing of them."""
    for name, row in rows.items():
        if row.came is Came.ANSWERED:
            assert row.exists is network.nodes[name].carries
        else:
            assert row.exists is None and row.count is None and not row.datasets
    said = [row.exists for row in rows.values() if row.came is Came.ANSWERED]
    whole = totals(list(rows.values()), EntryType.GENOMIC_VARIANT.counts)
    assert whole.exists is (any(said) if said else None)
    assert (whole.answered, whole.members) == (len(said), len(rows))


def assert_asked_once(network: Network, questions: int) -> None:
    for node in network.nodes.values():
        assert len(node.ledger) == len(set(node.ledger)) <= questions


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    carry=st.lists(st.booleans(), min_size=1, max_size=6),
    rounds=st.lists(
        st.lists(st.sampled_from(Fault), min_size=6, max_size=6), min_size=1, max_size=3
    ),
)
def test_the_answer_is_a_sound_part_of_the_truth(hub, carry, rounds):
    desk, network = federation(hub, carry)
    for faults in rounds:
        network.over = threading.Event()
        network.faults = dict(zip(network.nodes, faults, strict=False))
        rows = asked(desk)
        network.over.set()
        assert_sound(rows, network)
        for name, row in rows.items():
            if network.faults[name] in HARMLESS:
                assert row.came is Came.ANSWERED, row
        for node in network.nodes.values():  # so that an older answer is a wrong one
            node.carries = not node.carries
    assert_asked_once(network, len(rounds))
    desk.broker.crew.lanes.close()


@pytest.mark.parametrize("fault", Fault)
def test_one_spoiled_member_takes_nothing_from_the_others(hub, fault):
    desk, network = federation(hub, [True, False, True])
    asked(desk)  # so that there are older answers
    network.faults = {"org.n0": fault}
    rows = asked(desk)
    network.over.set()
    assert_sound(rows, network)
    assert rows["org.n1"].exists is False and rows["org.n2"].exists is True
    assert rows["org.n0"].came is _EXPECTED.get(fault, Came.NOT_AUTHENTIC), rows["org.n0"]
    assert_asked_once(network, 2)
    desk.broker.crew.lanes.close()


_EXPECTED = {
    Fault.NONE: Came.ANSWERED,
    Fault.TWICE: Came.ANSWERED,
    Fault.UNREACHABLE: Came.OFFLINE,
    Fault.REQUEST_LOST: Came.TIMED_OUT,
    Fault.REPLY_LOST: Came.TIMED_OUT,
    Fault.LATE: Came.TIMED_OUT,
    Fault.TWICE_LAST: Came.NOT_PERMITTED,  # signed, and it says that the number was used
}
"""What a member's row says; of everything else, that its answer is not its own."""


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(skew=st.integers(-200, 200))
def test_clocks_may_differ_by_the_leeway_and_no_more(hub, skew):
    desk, network = federation(hub, [True, True], skews=[0, skew])
    rows = asked(desk)
    assert_sound(rows, network)
    assert rows["org.n0"].came is Came.ANSWERED
    is_taken = -LEEWAY.total_seconds() <= skew < (LONGEST_LIFE + LEEWAY).total_seconds()
    assert (rows["org.n1"].came is Came.ANSWERED) is is_taken
    assert bool(network.nodes["org.n1"].ledger) is is_taken
    desk.broker.crew.lanes.close()


def test_a_question_for_one_member_is_none_for_another(hub):
    """A member that passes on what it was asked gets no answer in the broker's name."""
    desk, network = federation(hub, [True, True])
    kept = []
    first = network.nodes["org.n0"]
    answer = first.answer
    first.answer = lambda sent: (kept.append(sent), answer(sent))[1]
    asked(desk)
    passed_on = network.nodes["org.n1"].answer(kept[0])
    assert passed_on.status == 401 and not passed_on.headers
    assert len(network.nodes["org.n1"].ledger) == 1
    desk.broker.crew.lanes.close()
