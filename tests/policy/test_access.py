"""Closed by default (design §2.1): only declared open data is answered from."""

import pytest

from beacon_node.model.genome import Assembly
from beacon_node.model.query import Granularity
from beacon_node.model.requester import ANONYMOUS, Requester, Tier
from beacon_node.policy.access import decide
from beacon_node.ports import Dataset


def dataset(**facts) -> Dataset:
    return Dataset("d", "D", Assembly.GRCH38, **{"is_open_data": False, **facts})


@pytest.mark.parametrize("requester", [ANONYMOUS, *(Requester(tier) for tier in Tier)])
def test_a_dataset_that_is_not_open_data_is_closed_to_everybody(requester):
    decision = decide(requester, [dataset()])
    assert decision.ceiling("d") is None
    assert decision.datasets["d"].reason


def test_open_data_without_a_recorded_licence_is_closed():
    assert decide(ANONYMOUS, [dataset(is_open_data=True)]).ceiling("d") is None


def test_open_data_with_its_licence_answers_records():
    decision = decide(ANONYMOUS, [dataset(is_open_data=True, licence="CC0-1.0")])
    assert decision.ceiling("d") is Granularity.RECORD


def test_a_dataset_nobody_decided_on_is_closed():
    assert decide(ANONYMOUS, []).ceiling("other") is None
