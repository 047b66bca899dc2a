"""Attacks on noisy counts: each finds members where the guard, or a part of it, is missing, and
fails behind it. Seeds are fixed."""

from dataclasses import replace

import numpy as np
import pytest

from beacon_node.privacy.registered.bounds import DEFAULTS
from benchmarks.attacks.plans import Plan, arenas
from benchmarks.attacks.registered import (
    Attacked,
    attacked,
    registered_scores,
    registered_utility,
    together,
    unrepaired,
)
from benchmarks.attacks.tables import GUARDED, NOISE, OPEN, powers
from tests.attacks.conftest import AUTOSOME

PLAN = Plan(
    people=65, cohorts=3, contigs=AUTOSOME, outsiders=100, victims=20, questions=(1, 10, 1_000)
)
NEEDS_NO_GUARD = {"count likelihood ratio", "rare first, counts", "averaging"}


@pytest.fixture(scope="module")
def clinics() -> list[Attacked]:
    return [attacked(arena) for arena in arenas(PLAN)]


@pytest.fixture(scope="module")
def clinic(clinics) -> Attacked:
    return clinics[0]


def test_without_a_guard_counts_find_nearly_everybody(clinic):
    few = replace(PLAN, victims=15)
    for guard, enough in ((OPEN, 0.6), (NOISE, 0.4)):
        found = {
            name: powers([p], lots()) for name, _, p in registered_scores(clinic, few, guard=guard)
        }
        assert {n for n in NEEDS_NO_GUARD if max(p.share for p in found[n]) < enough} == set()


def test_behind_the_guard_no_attack_on_counts_exceeds_what_is_stated(clinics):
    pooled: dict = {}
    for clinic in clinics:
        for name, bound, pair in registered_scores(clinic, PLAN, guard=GUARDED):
            pooled.setdefault((name, bound), []).append(pair)
    promised = {row: pairs for row, pairs in pooled.items() if row[1] is not None}
    assert len(promised) == 7 and {bound for _, bound in promised} == {DEFAULTS.beta}
    for (name, bound), pairs in promised.items():
        assert max(power.lower for power in powers(pairs, lots())) <= bound, name


def test_accounts_in_collusion_and_both_tiers_stay_below_their_bounds(clinic):
    few = replace(PLAN, victims=10, questions=(100,))
    alone = {name: pair for name, _, pair in registered_scores(clinic, few, guard=GUARDED)}
    found = list(together(clinic, few, alone))
    assert {round(bound, 2) for _, bound, _ in found} == {0.26, 0.41, 0.71}
    for name, bound, pair in found:
        assert powers([pair], lots())[0].lower <= bound, name


def test_an_account_asks_until_its_questions_are_used_up(clinic):
    told = registered_utility(clinic, PLAN)["> 5 %"]
    assert 0 < told.told < told.predicted and told.true >= 0.8 * told.told


def test_exhausting_the_others_is_measured_without_the_repair(clinic):
    ((name, bound, (members, outsiders)),) = unrepaired(clinic, replace(PLAN, victims=15))
    assert name == "exhaust the others" and bound is None
    assert len(members) == 15 and len(outsiders) == 50


def lots() -> np.random.Generator:
    return np.random.default_rng(1)
