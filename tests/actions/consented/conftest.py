"""The same released people for every test of who may be counted."""

from dataclasses import replace

import pytest

from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.actions.release_dataset import release
from beacon_node.model.genome import Assembly
from tests.actions.consented.world import (
    PEOPLE,
    World,
)
from tests.actions.homes import new_node, vcf
from tests.policy.histories import (
    GRU_USE,
    given,
)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A node with a release that everybody is in, and its file."""
    folder = tmp_path_factory.mktemp("consented")
    node = new_node(folder / "home", NewDataset("d", Assembly.GRCH37, use=GRU_USE))
    everybody = [replace(given(0, -9000), individual=who) for who in (*PEOPLE, "z")]
    node.ledger.record(everybody, by="r", now=node.clock.now())
    load(node, "d", vcf(folder / "x.vcf", ["22 100 . A C . PASS . GT" + " 0/1" * 5], PEOPLE))
    release(node, "d")
    return node


@pytest.fixture
def world(home, tmp_path):
    return World(home, tmp_path / "ledger")


@pytest.fixture
def all_in(world):
    """Everybody consented on day 0 and was released."""
    for who in PEOPLE:
        world.say(who, given(0, -1))
    world.release()
    return world
