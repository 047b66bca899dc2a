import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.model.genome import Assembly
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from tests.broker.federation import at_5050, over_broker, over_nodes
from tests.conformance.small_node import make_small_node


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    return make_small_node(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def closed_node(tmp_path_factory):
    """Return a node that answers nobody about its one dataset."""
    home = tmp_path_factory.mktemp("closed") / "home"
    node = open_node(init_node(home, NewNode("org.example.quiet", "Quiet beacon")), {})
    add_dataset(node, NewDataset("elsewhere", Assembly.GRCH38, "Closed data"))
    return node


@pytest.fixture(scope="session")
def network(node, closed_node, tmp_path_factory):
    """Return a broker over the small node and the closed one."""
    nodes = {"Small": node, "Quiet": closed_node}
    return over_nodes(tmp_path_factory.mktemp("hub"), nodes, settings=at_5050())


@pytest.fixture(scope="session")
def nested(network, tmp_path_factory):
    """Return a broker whose one member is that broker."""
    folder = tmp_path_factory.mktemp("outer")
    return over_broker(folder, network, id="org.example.outer", settings=at_5050())


@pytest.fixture(scope="session", params=["node", "broker", "nested broker"])
def client(request):
    """Return a client of a node, of a broker over two nodes, and of a broker over that broker."""
    if request.param == "node":
        return create_app(request.getfixturevalue("node"), proofs_are_shown=True).test_client()
    name = "network" if request.param == "broker" else "nested"
    return request.getfixturevalue(name).client
