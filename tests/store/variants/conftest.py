from collections.abc import Callable

import pytest

from beacon_node.model.answer import Matches
from beacon_node.model.genome import Assembly
from beacon_node.model.query import Granularity
from beacon_node.ports import SearchPlan
from beacon_node.store.variants import SqliteVariantStore
from tests.store.variants.world import OPEN, Shelf, World


@pytest.fixture
def shelf(tmp_path) -> Shelf:
    return Shelf(tmp_path)


@pytest.fixture
def ask(shelf) -> Callable[..., Matches]:
    """Return a function that releases a world and asks it: `ask(world, entry_type, *lookups)`.

    Without lookups no variation is asked for; `facts` of the dataset and fields of the plan may be
    given by name.
    """

    def asking(world: World, entry_type, *lookups, decision=OPEN, facts=None, **plan) -> Matches:
        dataset = shelf.release(world, **(facts or {}))
        given = {Assembly.GRCH38: lookups} if lookups else None
        plan = {"lookups": given, "granularity": Granularity.COUNT, **plan}
        return SqliteVariantStore(shelf).search(dataset, SearchPlan(entry_type, **plan), decision)

    return asking
