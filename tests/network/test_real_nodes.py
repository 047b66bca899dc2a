"""Real nodes with real ledgers, and a broker: a question counts once, whatever the network does.

Only the servers are left out: what passes between a node and the broker is lost, repeated or kept
here.
"""

from collections.abc import Callable

import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.broker.ask import Desk
from beacon_node.broker.asker import ANYBODY
from beacon_node.errors import Unreachable
from beacon_node.model.federation import Came, MemberRow
from beacon_node.node import Node, open_node
from beacon_node.ports import Received, Sent
from tests.broker.federation import Federation, over_nodes, served_by
from tests.consent.clinic import audits
from tests.network.test_faults import PARSED
from tests.node_web.networked import app_of

NORTH, SOUTH = "org.north", "org.south"
Handler = Callable[[Sent], Received]


@pytest.fixture
def nodes(tmp_path):
    homes = {
        id: init_node(tmp_path / id, NewNode(beacon_id=id, environment="test"))
        for id in (NORTH, SOUTH)
    }
    made = {id: open_node(home, {}) for id, home in homes.items()}
    yield made
    for node in made.values():
        node.ledger.close()


@pytest.fixture
def made(tmp_path, nodes):
    return over_nodes(tmp_path / "hub", nodes)


def asked(made: Federation) -> dict[str, MemberRow]:
    rows = list(Desk(made.broker, made.library).ask(PARSED, ANYBODY))
    return {row.member: row for row in rows}


def counted(nodes: dict[str, Node]) -> dict[str, int]:
    """Return how many questions each ledger has on record."""
    return {id: len(audits(node)) for id, node in nodes.items()}


def between(made: Federation, member: str, passes: Callable[[Handler, Sent], Received]) -> None:
    """Let `passes` carry what goes between a member and the broker from now on."""
    handler = made.wire.handlers[member]
    made.wire.handlers[member] = lambda sent: passes(handler, sent)


def test_each_ledger_has_the_question_once(made, nodes):
    rows = asked(made)
    assert {row.came for row in rows.values()} == {Came.NOT_ANSWERABLE}  # they have no data yet
    assert counted(nodes) == {NORTH: 1, SOUTH: 1}
    assert audits(nodes[NORTH])[0]["by"] == {"broker": "org.example.hub", "tier": "public"}


def test_a_question_that_arrives_twice_counts_once(made, nodes):
    def twice(handler, sent):
        first = handler(sent)
        assert handler(sent).status == 401
        return first

    between(made, NORTH, twice)
    assert asked(made)[NORTH].came is Came.NOT_ANSWERABLE
    assert counted(nodes) == {NORTH: 1, SOUTH: 1}


def test_a_lost_answer_is_not_asked_for_again(made, nodes):
    def lost(handler, sent):
        handler(sent)
        raise Unreachable("it did not answer in time", is_timeout=True)

    between(made, NORTH, lost)
    row = asked(made)[NORTH]
    assert (row.came, row.exists) == (Came.TIMED_OUT, None)
    assert counted(nodes) == {NORTH: 1, SOUTH: 1}


def test_what_was_overheard_is_worth_nothing_also_after_a_restart(made, nodes):
    kept = []
    between(made, NORTH, lambda handler, sent: (kept.append(sent), handler(sent))[1])
    asked(made)
    home = nodes[NORTH].home
    nodes[NORTH].ledger.close()
    nodes[NORTH] = open_node(home, {})
    again = served_by(app_of(nodes[NORTH]))
    assert again(kept[0]).status == 401
    assert counted(nodes)[NORTH] == 1

    made.wire.handlers[NORTH] = again  # and it is in the network as it was
    assert asked(made)[NORTH].came is Came.NOT_ANSWERABLE
    assert counted(nodes) == {NORTH: 2, SOUTH: 2}


def test_a_node_that_left_is_told_apart_from_one_that_says_no(made, nodes):
    path = nodes[NORTH].home / nodes[NORTH].settings.network.brokers
    path.write_text("")
    rows = asked(made)
    assert rows[NORTH].came is not Came.ANSWERED and rows[NORTH].exists is None
    assert rows[SOUTH].came is Came.NOT_ANSWERABLE
    assert counted(nodes) == {NORTH: 0, SOUTH: 1}
