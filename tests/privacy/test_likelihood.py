import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from beacon_node.privacy.likelihood import budget_for, cost_of_yes, frequency_at

FREQUENCIES = (1e-7, 1e-4, 0.01, 0.5)
COPIES = (2, 101, 2_000, 1_000_000)


def test_the_budget_is_the_logarithm_of_power_over_false_positives():
    assert budget_for(power=0.10, false_positives=0.05) == pytest.approx(math.log(2))


@pytest.mark.parametrize("f", FREQUENCIES)
@pytest.mark.parametrize("copies", COPIES)
def test_one_carrier_costs_the_formula_of_raisaro_with_all_digits(f, copies):
    none = math.fsum([copies * math.log1p(-f)])
    expected = -math.log(-math.expm1(none)) if none > -0.7 else -math.log1p(-math.exp(none))
    assert cost_of_yes(f, copies).item() == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("needed", [2, 3, 10])
@pytest.mark.parametrize(("f", "people"), [(0.001, 5_000), (0.01, 60), (1e-7, 500_000), (0.05, 33)])
def test_several_carriers_cost_the_ratio_of_two_binomial_tails(needed, f, people):
    q = -math.expm1(2 * math.log1p(-f))
    ratio = binom.sf(needed - 2, people, q) / binom.sf(needed - 1, people, q)
    cost = cost_of_yes(f, 2 * people, carriers_needed=needed).item()
    assert cost == pytest.approx(math.log(ratio), rel=1e-6)


@pytest.mark.parametrize("needed", [1, 2, 5])
def test_where_nobody_else_could_carry_it_no_budget_suffices(needed):
    costs = cost_of_yes([0.3, 0.3, 0.0], [0, 2 * needed - 2, 1_000], carriers_needed=needed)
    assert np.isinf(costs[[0, 2]]).all()
    assert needed == 1 or np.isinf(costs[1])


@pytest.mark.parametrize("needed", [1, 2, 5])
def test_a_rarer_variant_among_fewer_people_never_costs_less(needed):
    f, copies = np.meshgrid(np.geomspace(1e-7, 0.5, 60), np.geomspace(20, 10**6, 50).astype(int))
    costs = cost_of_yes(f, copies, carriers_needed=needed)
    cheapest = 1e-12  # below it the tails differ by less than a float shows
    assert (costs >= 0).all()
    assert (np.diff(costs, axis=1) <= cheapest).all() and (np.diff(costs, axis=0) <= cheapest).all()


@given(
    women=st.integers(0, 6),
    men=st.integers(0, 6),
    f=st.floats(0.001, 0.5),
    needed=st.integers(2, 4),
)
def test_pairing_copies_never_makes_a_yes_cheaper(women, men, f, needed):
    """Lemma 2: carriers among people with two and with one copy, against all copies paired."""
    chances = [1 - (1 - f) ** 2] * women + [f] * men
    carriers = np.array([1.0])
    for chance in chances:
        carriers = np.convolve(carriers, [1 - chance, chance])
    enough, one_less = carriers[needed:].sum(), carriers[needed - 1 :].sum()
    true = math.log(one_less / enough) if enough > 0 else math.inf
    paired = cost_of_yes(f, 2 * women + men, carriers_needed=needed).item()
    assert paired >= true - 1e-9


@pytest.mark.parametrize("needed", [1, 3])
def test_the_frequency_of_a_cost_has_that_cost(needed):
    cost = cost_of_yes(0.004, 2_000, carriers_needed=needed).item()
    assert frequency_at(cost, 2_000, carriers_needed=needed) == pytest.approx(0.004, rel=1e-9)
