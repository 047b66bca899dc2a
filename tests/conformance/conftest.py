import pytest

from beacon_node.node_web.app import create_app
from tests.conformance.small_node import make_small_node


@pytest.fixture(scope="session")
def node(tmp_path_factory):
    return make_small_node(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="session")
def client(node):
    return create_app(node).test_client()
