import pytest

from beacon_node.actions.registered import group_sizes
from tests.actions.public_world import World
from tests.actions.registered.world import Till, make_hospital


@pytest.fixture(scope="session")
def hospital(tmp_path_factory) -> World:
    return make_hospital(tmp_path_factory.mktemp("hospital"))


@pytest.fixture
def till(monkeypatch) -> Till:
    monkeypatch.setattr(group_sizes, "charge", found := Till())
    return found
