"""A broker and a real node understand each other's signatures, tiers and purposes."""

import pytest

from beacon_node.actions.identify import account_of
from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.broker.asker import Asker, pseudonym_for
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.federation import Came
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Tier
from beacon_node.node import open_node
from tests.beacon_v2.asking import post
from tests.broker.federation import over_nodes, pinned
from tests.node_web.networked import pin

ANNA = Subject("https://idp.example", "anna")
BIOMEDICAL = ResearchPurpose(categories=frozenset({"biomedical"}))
METHODS = ResearchPurpose(categories=frozenset({"methods"}))


@pytest.fixture
def node(tmp_path):
    home = init_node(tmp_path / "node", NewNode("org.example.north", "North"))
    return open_node(home, {})


@pytest.fixture
def network(tmp_path, node):
    return over_nodes(tmp_path / "hub", {"North": node})


def row(network, **told):
    (found,) = network.desk.ask(post({}), Asker(ANNA, Tier.REGISTERED, "https://uni", **told))
    return found


def test_the_node_fixes_the_purpose_of_the_name_that_it_knows(network, node):
    assert row(network, purpose=BIOMEDICAL).came is Came.NOT_ANSWERABLE  # it has no datasets
    name = pseudonym_for(network.broker.pseudonym_key, "org.example.north", ANNA)
    account = account_of(node.pseudonym_key, Subject("broker:org.example.hub", name))
    assert node.ledger.purpose_of(account) == BIOMEDICAL


def test_another_purpose_of_the_same_name_is_refused_by_the_node(network):
    row(network, purpose=BIOMEDICAL)
    assert row(network, purpose=METHODS).came is Came.NOT_PERMITTED


def test_the_nodes_ceiling_is_shown_in_the_row(network, node):
    assert "tier" not in row(network, purpose=BIOMEDICAL).notes
    pin(node, pinned(network.broker, Tier.PUBLIC))
    assert row(network, purpose=BIOMEDICAL).notes["tier"] == "answered at the public tier"


def test_a_node_that_left_the_network_answers_nothing(network, node):
    pin(node)
    left = row(network)
    assert (left.came, left.exists) == (Came.NOT_AUTHENTIC, None)
    assert left.reason.startswith("it does not take this network's questions")
