"""Who gets no count is told what anybody is told, and the record says both."""

from dataclasses import replace

import pytest

from beacon_node.errors import BudgetSpent
from beacon_node.model.answer import DatasetAnswer, Status
from beacon_node.model.query import Granularity, Query
from beacon_node.model.requester import ANONYMOUS
from beacon_node.settings import Registered
from tests.actions.public_world import DATASET, World
from tests.actions.registered.test_answers import account, asks, on_autosome, question
from tests.actions.registered.world import INDIVIDUAL, WOMEN, make_hospital
from tests.consent.clinic import audits

WHO = account("spent")


@pytest.fixture(scope="module")
def spent(tmp_path_factory):
    """A hospital with small budgets, and an account that has spent its own."""
    world = make_hospital(tmp_path_factory.mktemp("instead"))
    settings = replace(world.node.settings, registered=Registered(worst_case=0.5))
    world.node = replace(world.node, settings=settings)
    return world


def told(world: World, number: int) -> DatasetAnswer | str:
    """Return the answer for `WHO`, or in words that there is none."""
    try:
        return asks(world.node, question(world, number), WHO)
    except BudgetSpent as refused:
        return str(refused)


def test_a_spent_account_is_told_what_a_stranger_is_told_and_why_there_is_no_count(spent):
    instead = 0
    for number in on_autosome(spent)[:30]:
        part, before = told(spent, number), audits(spent.node)[-1]
        public = asks(spent.node, question(spent, number), ANONYMOUS)
        if isinstance(part, str):
            assert public.status is not Status.ANSWERED and "of your account" in part
        elif "privacy budget of your account" in part.reason:
            instead += 1
            assert (part.status, part.exists) == (public.status, public.exists)
            assert (part.granularity, part.count) == (Granularity.BOOLEAN, None)
            assert "what the public is told" in part.reason
            assert before["not counted"] == {DATASET: "privacy budget used up"}
            assert "charged" not in before
            on_record = before["told"][DATASET]
            assert (on_record["basis"], on_record["granularity"]) == ("public tier", "boolean")
    assert instead > 5


def test_with_filters_a_refusal_stays_a_refusal(spent):
    query = question(spent, on_autosome(spent)[20], filters=(WOMEN,))
    with pytest.raises(BudgetSpent, match="of all accounts together"):
        asks(spent.node, query, account("filters"))


def test_a_question_that_is_never_counted_is_answered_as_for_a_stranger(spent):
    query = Query(INDIVIDUAL, granularity=Granularity.COUNT)
    public, part = asks(spent.node, query, ANONYMOUS), asks(spent.node, query, account("fresh"))
    assert part.status is public.status and part.exists == public.exists
    assert part.count is None and "told only rounded" in part.reason
