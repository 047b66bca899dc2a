import pytest

from tests.clearinghouse.world import LISTED, make_internet, make_world


@pytest.fixture(scope="session")
def internet():
    return make_internet()


@pytest.fixture
def world(tmp_path):
    """A world in which no address was ever asked that is not listed, whatever a test sends."""
    world = make_world(tmp_path)
    yield world
    assert set(world.internet.asked) <= LISTED
