"""How many people filters select is told rounded, and not at all of a group that is too small."""

import pytest

from beacon_node.model.answer import Precision, Status
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, Query
from tests.actions.public_world import DATASET
from tests.actions.registered.test_answers import account, asks, charges
from tests.actions.registered.world import INDIVIDUAL, WOMEN, make_hospital, women_of
from tests.consent.clinic import audits

COUNT = Granularity.COUNT


def women(entry_type: EntryType = INDIVIDUAL) -> Query:
    return Query(entry_type, filters=(WOMEN,), granularity=COUNT)


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    return make_hospital(tmp_path_factory.mktemp("sizes"), people=180)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """Half of 50 people are women: noise never makes 50 of them (|Z| > 20: 1.2e-9)."""
    return make_hospital(tmp_path_factory.mktemp("small"), people=50)


def test_a_group_of_people_is_counted_in_tens(hospital):
    parts = [asks(hospital.node, women(), account(f"n{n}")) for n in range(8)]
    truth = len(women_of(hospital))
    assert all(part.count % 10 == 0 and truth - 30 < part.count <= truth + 20 for part in parts)
    assert all(part.precision is Precision.IMPRECISE for part in parts)


def test_samples_of_a_group_are_there_without_a_number(hospital):
    part = asks(hospital.node, women(EntryType.BIOSAMPLE), account("samples"))
    assert (part.exists, part.count) == (True, None)


@pytest.mark.parametrize("entry_type", [INDIVIDUAL, EntryType.BIOSAMPLE])
def test_a_group_below_50_is_not_counted_and_its_draw_is_on_record(small, entry_type):
    part = asks(small.node, women(entry_type), account(f"asks {entry_type.name}"))
    assert (part.status, part.exists, part.count) == (Status.NOT_ANSWERABLE, None, None)
    assert "fewer than about 50 people" in part.reason
    assert audits(small.node)[-1]["told"] == {DATASET: {"status": "not answerable"}}
    assert charges(small.node)[-1][DATASET]["drawn"] == "now"
