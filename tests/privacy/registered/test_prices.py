"""What an answer costs, against sums over all counts and all the ways the world may be."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import ConfigurationError
from beacon_node.privacy.registered.bounds import RENYI_UNIT, RHO_UNIT, Bounds, account_limits
from beacon_node.privacy.registered.crowd import (
    NOBODY,
    Crowd,
    Frequency,
    Law,
    binomial,
    carrier_probability,
    others,
    with_noise,
)
from beacon_node.privacy.registered.prices import divergence, phenotype_price, price, rho

BOUNDS = Bounds()
ORDER, EPSILON = BOUNDS.order, BOUNDS.epsilon
probabilities = st.floats(1e-6, 1 - 1e-6)


def summed(one: float, zero: float, law: np.ndarray, order: float = ORDER) -> float:
    """Return D_a by plain summation over counts from -60 to len(law) + 60, law from 0."""
    counts = np.arange(-60, len(law) + 61)
    z = np.exp(-EPSILON * np.abs(counts[:, None] - np.arange(len(law))[None, :]))
    low = math.tanh(EPSILON / 2) * z @ law
    shifted = math.tanh(EPSILON / 2) * (
        np.exp(-EPSILON * np.abs(counts[:, None] - 1 - np.arange(len(law))[None, :])) @ law
    )
    p1 = (1 - one) * low + one * shifted
    p0 = (1 - zero) * low + zero * shifted
    return math.log((p1 * (p1 / p0) ** (order - 1)).sum()) / (order - 1)


def binomial_law(count: int, p: float) -> np.ndarray:
    return np.array([math.comb(count, k) * p**k * (1 - p) ** (count - k) for k in range(count + 1)])


@settings(deadline=None, max_examples=60)
@given(count=st.integers(0, 60), p=probabilities, one=st.sampled_from([0.0, 0.3, 1.0]))
def test_a_divergence_is_never_less_than_the_sum_over_all_counts(count, p, one):
    exact = summed(one, p, binomial_law(count, p))
    assert exact <= divergence(one, p, binomial(count, p), BOUNDS) <= exact + 1e-9


@settings(deadline=None, max_examples=60)
@given(low=st.floats(0.001, 0.95), width=st.floats(0, 0.3), data=st.data())
def test_no_crowd_whose_frequencies_lie_within_the_limits_costs_more(low, width, data):
    """Some are real, some are draws in place of exhausted people: a sum of unequal trials."""
    high = min(0.999, low + width)
    each = data.draw(st.lists(st.floats(low, high), min_size=4, max_size=25))
    law = np.ones(1)
    for p in each[1:]:
        law = np.convolve(law, [1 - p, p])
    prices = price(Crowd(two=0, one=len(each)), Frequency(low, high), BOUNDS)
    assert summed(1.0, each[0], law) <= prices.carrier * RENYI_UNIT
    assert summed(0.0, each[0], law) <= prices.other * RENYI_UNIT
    assert summed(prices.fill_one, each[0], law) <= prices.fill * RENYI_UNIT


@pytest.mark.parametrize("people", [10, 100, 3_000, 200_000])
def test_carriers_cost_less_the_more_others_carry_and_non_carriers_more(people):
    grid = np.concatenate([np.geomspace(1e-7, 0.5, 40), 1 - np.geomspace(0.5, 1e-7, 40)])
    laws = [binomial(people - 1, p) for p in grid.tolist()]
    carrier = [divergence(1.0, p, law, BOUNDS) for p, law in zip(grid, laws, strict=True)]
    other = [divergence(0.0, p, law, BOUNDS) for p, law in zip(grid, laws, strict=True)]
    assert np.all(np.diff(carrier) <= 1e-9) and np.all(np.diff(other) >= -1e-9)


@settings(deadline=None, max_examples=40)
@given(people=st.integers(2, 3_000), fewer=st.floats(0, 1), p=st.floats(1e-4, 0.999))
def test_fewer_people_never_cost_less(people, fewer, p):
    few = binomial(int(people * fewer), p)
    for one in (0.0, 1.0):
        assert divergence(one, p, few, BOUNDS) >= divergence(
            one, p, binomial(people, p), BOUNDS
        ) - (1e-9)


def test_people_with_one_copy_and_people_with_two_are_a_crowd_of_two_kinds():
    law = others(Crowd(two=12, one=8), 0.2)
    expected = np.convolve(binomial_law(11, carrier_probability(0.2, 2)), binomial_law(7, 0.2))
    assert law.start == 0 and np.allclose(law.probabilities, expected, rtol=1e-9)
    assert carrier_probability(0.2, 2) == pytest.approx(0.36)
    mixed = price(Crowd(two=12, one=8), Frequency(0.2, 0.2), BOUNDS)
    for one, q in ((1.0, 0.2), (1.0, 0.36)):
        assert summed(one, q, expected) <= mixed.carrier * RENYI_UNIT
    for one, q in ((0.0, 0.2), (0.0, 0.36)):
        assert summed(one, q, expected) <= mixed.other * RENYI_UNIT


def test_noise_over_a_long_window_is_exact_in_every_probability():
    law = Law(0, np.full(3_000, 1 / 3_000), 0.0)
    below = with_noise(law, EPSILON, 5)
    at = np.arange(-5, 3_005)[:, None]
    weights = np.exp(-EPSILON * np.abs(at - np.arange(3_000)[None, :])) / 3_000
    expected = math.tanh(EPSILON / 2) * weights.sum(1)
    assert np.allclose(below, expected, rtol=1e-12)


def test_a_window_leaves_out_no_more_than_it_says():
    law = binomial(500, 0.1)
    exact = binomial_law(500, 0.1)
    outside = 1 - math.fsum(exact[law.start : law.start + len(law.probabilities)])
    assert outside <= law.missing + 1e-15 and len(law.probabilities) < 200


@settings(deadline=None, max_examples=200)
@given(one=st.floats(0, 1), zero=probabilities, order=st.floats(1.001, 300))
def test_the_worst_case_loss_holds_at_every_order(one, zero, order):
    exact = summed(one, zero, NOBODY.probabilities, order)
    assert exact <= order * rho(one, zero, EPSILON) + 1e-9


def test_a_phenotype_costs_half_of_epsilon_squared_for_whoever_is_counted():
    prices = phenotype_price(BOUNDS)
    assert prices.rho_carrier * RHO_UNIT == pytest.approx(EPSILON**2 / 2)
    assert (prices.rho_other, prices.carrier, prices.other, prices.fill_two) == (0, 0, 0, 0.0)


def test_the_budget_is_what_makes_the_power_beta():
    assert BOUNDS.budget == pytest.approx(0.62433, abs=1e-5)
    assert BOUNDS.power(BOUNDS.budget) == pytest.approx(0.15)
    assert BOUNDS.power(0.0) == pytest.approx(0.05**0.8)
    assert BOUNDS.power(50.0) == 1.0


def test_own_budget_and_what_is_kept_for_draws_are_the_whole_budget():
    limits = account_limits(BOUNDS)
    assert (limits.renyi + limits.fill) * RENYI_UNIT <= BOUNDS.budget


def test_an_allele_that_nobody_else_may_carry_is_not_answerable():
    assert not price(Crowd(1_000), Frequency(1e-7, 0.001), BOUNDS).is_affordable(BOUNDS)
    assert price(Crowd(100_000), Frequency(1e-4, 0.001), BOUNDS).is_affordable(BOUNDS)


def test_being_left_out_tells_next_to_nothing_and_a_nought_would_tell_much():
    """400 questions about alleles that 90 % carry, known to ± 0.5 %, among 1,000 people."""
    prices = price(Crowd(1_000), Frequency(0.679, 0.689), BOUNDS)
    assert 400 * prices.fill * RENYI_UNIT < 0.02 * BOUNDS.budget
    assert 400 * prices.other * RENYI_UNIT > 10 * BOUNDS.budget


@pytest.mark.parametrize(
    "wrong", [{"beta": 0.06}, {"epsilon": 0.0}, {"epsilon": 3.0}, {"share": 0}, {"rho": 100.0}]
)
def test_settings_that_promise_nothing_are_refused(wrong):
    with pytest.raises(ConfigurationError, match="registered tier"):
        Bounds(**wrong)
