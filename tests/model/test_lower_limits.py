"""Lower limits of frequencies are those of Clopper and Pearson, closed where little is known."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.model.lower_limits import least_limits, lower_limits
from beacon_node.model.panels import FLOOR, LEAST_NUMBER


def limit(count: int, number: int) -> float:
    return float(lower_limits(np.array([count]), np.array([number]))[0])


def as_many_or_more(count: int, number: int, frequency: float) -> float:
    """Return P[Bin(number, frequency) >= count], summed exactly."""
    p = Fraction(frequency)
    fewer = sum(
        comb(number, k) * p.numerator**k * (p.denominator - p.numerator) ** (number - k)
        for k in range(count)
    )
    return float(1 - Fraction(fewer, p.denominator**number))


@pytest.mark.parametrize(
    ("count", "number"), [(2, 2_000), (3, 2_500), (17, 2_000), (40, 4_000), (60, 2_001)]
)
def test_at_the_limit_as_many_are_seen_once_in_a_thousand(count, number):
    assert as_many_or_more(count, number, limit(count, number)) == pytest.approx(1e-3, rel=1e-8)


def test_a_panel_that_has_the_allele_everywhere_has_its_limit_below_one():
    assert limit(2_000, 2_000) == pytest.approx(0.001 ** (1 / 2_000), rel=1e-12)


@settings(max_examples=100, deadline=None)
@given(st.integers(LEAST_NUMBER, 2_000_000), st.floats(0, 1))
def test_a_limit_lies_between_the_floor_and_the_frequency(number, share):
    count = round(share * number)
    assert FLOOR <= limit(count, number) <= max(FLOOR, count / number)


@pytest.mark.parametrize(("count", "number"), [(0, 100_000), (0, 0), (1_999, 1_999), (500, 1_000)])
def test_what_was_not_seen_or_too_little_looked_for_is_at_the_floor(count, number):
    assert limit(count, number) == FLOOR


def test_a_single_sighting_in_a_large_panel_is_no_rarer_than_none():
    assert limit(1, 50_000) == FLOOR < limit(1, 2_000)


def test_two_thousand_alleles_are_just_enough():
    assert limit(1_000, LEAST_NUMBER) > 0.4 > limit(1_000, LEAST_NUMBER - 1) == FLOOR


def test_many_are_computed_at_once_as_each_alone():
    counts, numbers = np.array([[0, 3], [7, 2_000]]), np.array([[9, 5_000], [8_000, 2_000]])
    each = [
        [limit(*pair) for pair in zip(*row, strict=True)]
        for row in zip(counts, numbers, strict=True)
    ]
    assert lower_limits(counts, numbers).tolist() == each


def test_of_several_panels_the_smallest_limit_counts():
    found = least_limits([np.array([0.2, 0.1]), np.array([0.05, 0.3]), np.array([0.1, 0.2])])
    assert found.tolist() == [0.05, 0.1]
