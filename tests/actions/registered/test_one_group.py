"""Near a place an account asks among one group of people only, whoever joins or leaves later."""

from dataclasses import replace

import numpy as np
import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.actions.load_dataset import WHOLE_GENOME
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import ReleaseOutcome, release
from beacon_node.model.answer import Status
from beacon_node.model.consent import UseKind
from beacon_node.model.query import Query
from beacon_node.model.requester import Requester
from tests.actions.public_world import DATASET, GRCH37, PANEL, World, join, load_cohort
from tests.actions.registered.counted import rows
from tests.actions.registered.test_answers import (
    COUNT,
    account,
    asks,
    charges,
    on_autosome,
    question,
)
from tests.actions.registered.world import WOMEN, carriers_of, make_hospital, on
from tests.consent.clinic import GRU, audits, gives, withdraws


@pytest.fixture
def small(tmp_path):
    """A hospital of one's own, to be changed."""
    return make_hospital(tmp_path)


def near_and_far(world: World) -> tuple[Query, Query, Query]:
    """Return two questions near each other, and one about another chromosome."""
    near, beside = on_autosome(world)[6:8]
    return question(world, near), question(world, beside), question(world, on(world, "X"))


def assert_refused_near_and_counted_far(world: World, who: Requester, people: int) -> None:
    near, beside, far = near_and_far(world)
    for query in (near, beside):
        part = asks(world.node, query, who)
        assert part.count is None and part.granularity is not COUNT
        assert "joined or left" in part.reason and "grant" in part.reason
        assert charges(world.node)[-1] == {}
    assert asks(world.node, far, who).status is Status.ANSWERED
    assert audits(world.node)[-1]["told"][DATASET]["individuals"] == people


def test_after_a_withdrawal_a_place_asked_before_is_not_answered_any_more(small):
    who = account("before")
    asks(small.node, near_and_far(small)[0], who)
    leaver = sorted(carriers_of(small, on_autosome(small)[6]))[0]
    withdraws(small.node, leaver)
    assert_refused_near_and_counted_far(small, who, len(small.ids) - 1)


def test_after_somebody_joined_a_place_asked_before_is_not_answered_any_more(small):
    joiner = sorted(small.ids)[3]
    gives(small.node, joiner, uses={UseKind.PUBLIC_DISCOVERY})
    who = account("joins")
    asks(small.node, near_and_far(small)[0], who)
    gives(small.node, joiner)
    release(small.node, DATASET)
    assert_refused_near_and_counted_far(small, who, len(small.ids))


def test_after_a_release_with_one_more_a_place_asked_before_is_not_answered_any_more(small):
    who = account("release")
    asks(small.node, near_and_far(small)[0], who)
    join(small, small.population.people(1, np.random.default_rng(7)))
    release(small.node, DATASET)
    assert_refused_near_and_counted_far(small, who, len(small.ids))


def test_another_account_asks_among_the_people_of_now(small):
    near = near_and_far(small)[0]
    asks(small.node, near, account("first"))
    withdraws(small.node, sorted(small.ids)[0])
    assert asks(small.node, near, account("second")).status is Status.ANSWERED
    assert audits(small.node)[-1]["told"][DATASET]["individuals"] == len(small.ids) - 1


def test_consents_that_change_nothing_for_the_question_make_no_new_draw(small):
    who, query = account("same"), near_and_far(small)[0]
    first = asks(small.node, query, who)
    gives(small.node, *small.ids)  # said once more
    assert asks(small.node, query, who) == first
    assert [one[DATASET]["drawn"] for one in charges(small.node)] == ["now", "before"]


def test_another_group_of_filters_near_a_place_is_not_answerable_and_not_even_sized(small):
    who, number = account("filters"), on_autosome(small)[6]
    asks(small.node, question(small, number), who)
    spent = len(rows(small.node, DATASET))
    part = asks(small.node, question(small, number, filters=(WOMEN,)), who)
    assert part.status is Status.NOT_ANSWERABLE and "same filters" in part.reason
    assert len(rows(small.node, DATASET)) == spent


def nested(world: World, name: str, more: int) -> ReleaseOutcome:
    """Add a dataset of everybody and some more."""
    add_dataset(world.node, NewDataset(name, GRCH37, use=GRU, assayed=WHOLE_GENOME))
    load_cohort(world, name)
    join(world, world.population.people(more, np.random.default_rng(7)), dataset=name)
    set_panels(world.node, name, [PANEL])
    return release(world.node, name)


def test_where_datasets_share_people_a_place_is_answered_in_one_of_them_alone(small):
    assert any(f"are in {DATASET!r} too" in w for w in nested(small, "bigger", more=1).warnings)
    near, beside, far = near_and_far(small)
    who = account("nested")
    parts = {part.dataset_id: part for part in answer(small.node, near, who).datasets}
    answered = {name for name, part in parts.items() if part.count is not None}
    (first,) = answered
    (other,) = parts.keys() - answered
    assert "some of the same people" in parts[other].reason
    for query in (near, beside):
        parts = {part.dataset_id: part for part in answer(small.node, query, who).datasets}
        assert parts[first].count is not None and parts[other].count is None
    (part,) = answer(small.node, replace(far, datasets=(other,)), who).datasets
    assert part.status is Status.ANSWERED
    fresh = answer(small.node, replace(near, datasets=(other,)), account("other")).datasets
    assert [part.status for part in fresh] == [Status.ANSWERED]
