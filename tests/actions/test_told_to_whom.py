"""An operator reads what a protected dataset tells whom: as it is, not as it was declared."""

import numpy as np
import pytest

from beacon_node.actions.manage_datasets import list_datasets
from beacon_node.actions.public_tier import ONLY_UNDER_A_GRANT, set_panels
from beacon_node.actions.release_dataset import release
from tests.actions.public_world import (
    DATASET,
    PANEL,
    World,
    load_panel,
    make_world,
    released_world,
)
from tests.consent.clinic import withdraws

COUNTS = "noisy counts to registered researchers"
BOTH = f"yes or no to anybody and {COUNTS}, all else under a grant"


def told(world: World) -> str:
    (dataset,) = list_datasets(world.node)
    return dataset.answers


@pytest.fixture(scope="module")
def few(tmp_path_factory) -> World:
    """Return a node whose people are too few to be answered for together."""
    return make_world(tmp_path_factory.mktemp("few"), people=40)


def test_with_panels_anybody_and_registered_researchers_are_answered(tmp_path):
    world = make_world(tmp_path)
    assert told(world) == ONLY_UNDER_A_GRANT  # nothing is released
    assert release(world.node, DATASET).answers == told(world) == BOTH
    set_panels(world.node, DATASET, [])
    assert told(world) == ONLY_UNDER_A_GRANT
    assert release(world.node, DATASET).answers == ONLY_UNDER_A_GRANT


def test_where_too_few_can_be_answered_for_anybody_is_not(few):
    assert release(few.node, DATASET).answers == f"{COUNTS}, all else under a grant"


def test_where_too_few_still_consent_anybody_is_not_answered_at_once(tmp_path):
    world = released_world(tmp_path)
    for id in world.ids[:40]:
        withdraws(world.node, id)
    assert told(world) == f"{COUNTS}, all else under a grant"


def test_without_reference_genomes_it_answers_only_under_a_grant(tmp_path):
    world = make_world(tmp_path, panels=False)
    assert release(world.node, DATASET).answers == ONLY_UNDER_A_GRANT
    load_panel(world, np.random.default_rng(1))
    set_panels(world.node, DATASET, [PANEL])
    assert release(world.node, DATASET).answers == ONLY_UNDER_A_GRANT
