import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.model.federation import MemberKind
from beacon_node.model.genome import Assembly
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from tests.broker.federation import Signatures, at_5050, federation, own_member, served_by
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
    return _broker_over(
        tmp_path_factory.mktemp("hub"),
        {"org.example.small": create_app(node), "org.example.quiet": create_app(closed_node)},
    )


@pytest.fixture(scope="session")
def nested(network, tmp_path_factory):
    """Return a broker whose one member is that broker."""
    folder = tmp_path_factory.mktemp("outer")
    return _broker_over(
        folder, {"org.example.hub": network.app}, id="org.example.outer", kind=MemberKind.BROKER
    )


def _broker_over(folder, apps, *, id="org.example.hub", kind=MemberKind.NODE):
    signing = {name: Signatures(name, number) for number, name in enumerate(apps, 1)}
    members = {}
    for name, app in apps.items():
        member = own_member(name.split(".")[-1].title(), signing[name], kind)
        members[member] = _signing(signing[name], served_by(app))
    made = federation(folder, members, id=id, settings=at_5050())
    for signatures in signing.values():
        signatures.knows(made.broker)
    return made


def _signing(signatures, handler):
    return lambda sent: signatures.signed(sent, handler(sent))


@pytest.fixture(scope="session", params=["node", "broker", "nested broker"])
def client(request):
    """Return a client of a node, of a broker over two nodes, and of a broker over that broker."""
    if request.param == "node":
        return create_app(request.getfixturevalue("node")).test_client()
    name = "network" if request.param == "broker" else "nested"
    return request.getfixturevalue(name).client
