"""The real noise of protected counts."""

import subprocess
import sys

import numpy as np
import pytest

from beacon_node.randomness import OpenDPNoise

DRAWS = 12_000
CRITICAL = 54.64  # of chi² with 14 degrees of freedom: exceeded once in a million runs


def test_geometric_noise_is_two_sided_and_falls_by_epsilon_a_step():
    """chi² over -6 … 6 and both tails; wrong once in a million runs."""
    noise = OpenDPNoise()
    draws = np.array([noise.geometric(1.0) for _ in range(DRAWS)])
    z = np.arange(-6, 7)
    expected = np.tanh(0.5) * np.exp(-np.abs(z)) * DRAWS
    tail = (DRAWS - expected.sum()) / 2
    seen = [*(np.count_nonzero(draws == k) for k in z), *tails(draws)]
    expected = np.array([*expected, tail, tail])
    assert ((np.array(seen) - expected) ** 2 / expected).sum() < CRITICAL


def tails(draws: np.ndarray) -> tuple[int, int]:
    return np.count_nonzero(draws < -6), np.count_nonzero(draws > 6)


def test_less_epsilon_is_more_noise():
    """Variance 2 e^-eps / (1 - e^-eps)²: 31.9 at 0.25, 0.31 at 2; 6 standard errors apart."""
    noise = OpenDPNoise()
    for epsilon, variance in ((0.25, 31.9), (2.0, 0.362)):
        draws = [noise.geometric(epsilon) for _ in range(3_000)]
        assert np.var(draws) == pytest.approx(variance, rel=0.35)


def test_draws_for_absent_people_are_binomial():
    """Mean 300, standard deviation 14.5; the mean of 2,000 is off by 1.5 once in 250,000 runs."""
    draws = [OpenDPNoise().binomial(1_000, probability=0.3) for _ in range(2_000)]
    assert np.mean(draws) == pytest.approx(300, abs=1.5)
    assert np.std(draws) == pytest.approx(14.49, rel=0.1)
    assert OpenDPNoise().binomial(0, probability=0.3) == 0


def test_programs_that_draw_nothing_do_not_load_opendp():
    code = "import sys, beacon_node.randomness; assert 'opendp' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
