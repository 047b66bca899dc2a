"""Sets of numbers are sets, however many numbers there are and however they are stored."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyroaring import BitMap

from beacon_node.model.carriers import BITS, LIST16, LIST32, ROARING, NumberSet, decode, encode

UNIVERSES = [1, 8, 9, 300, 2504, 65_536, 65_537, 200_000]


@st.composite
def members(draw, universe: int) -> list[int]:
    """Sparse, dense or blockwise members of a universe, ascending."""
    some = draw(st.sets(st.integers(0, universe - 1), max_size=60))
    first, step = draw(st.integers(0, universe)), draw(st.integers(1, 9))
    block = range(first, min(universe, first + draw(st.sampled_from([0, 50, 4000]))), step)
    return sorted(some | set(block))


two_sets = st.sampled_from(UNIVERSES).flatmap(
    lambda universe: st.tuples(st.just(universe), members(universe), members(universe))
)


@settings(max_examples=200, deadline=None)
@given(two_sets)
def test_a_number_set_is_a_set(given_sets):
    universe, one, other = given_sets
    a, b = NumberSet.of(universe, one), NumberSet.of(universe, other)
    blob = encode(np.array(other, np.int64), universe)
    assert list(a & b) == sorted(set(one) & set(other))
    assert list(a | b) == sorted(set(one) | set(other))
    assert list(a - b) == sorted(set(one) - set(other))
    assert (len(a), bool(a), list(a)) == (len(one), bool(one), one)
    assert a.count_in(blob) == len(a & b)
    assert a.meets(blob) == bool(a & b)
    assert all(number in a for number in one)
    assert (universe - 1 in a) == (universe - 1 in one)
    assert (a == b) == (one == other)


@settings(max_examples=200, deadline=None)
@given(two_sets)
def test_what_is_stored_comes_back(given_sets):
    universe, one, _ = given_sets
    blob = encode(np.array(one, np.int64), universe)
    assert decode(blob).tolist() == one
    assert list(NumberSet.stored(universe, blob)) == one
    assert NumberSet.stored(universe, blob).store() == blob
    assert hash(NumberSet.of(universe, one)) == hash(NumberSet.stored(universe, blob))


@pytest.mark.parametrize(
    ("universe", "numbers", "tag"),
    [
        (2504, [2000], LIST16),
        (2504, range(0, 2504, 50), LIST16),
        (2504, range(0, 2504, 2), BITS),
        (2504, range(2504), BITS),
        (8, [0], BITS),
        (200_000, [7, 199_999], LIST32),
        (200_000, range(16), LIST32),
        (200_000, range(17), ROARING),
        (200_000, range(0, 200_000, 3), ROARING),
    ],
)
def test_a_set_is_stored_in_its_shortest_form(universe, numbers, tag):
    numbers = np.array(numbers)
    blob = encode(numbers, universe)
    lists = 1 + 2 * len(numbers) if universe <= 65_536 else 1 + 4 * len(numbers)
    assert blob[0] == tag
    assert len(blob) <= min(lists, 2 + int(numbers[-1]) // 8) or tag != BITS
    if tag == ROARING:
        assert len(blob) <= 1 + len(BitMap(numbers.astype(np.uint32)).serialize())


@pytest.mark.parametrize("universe", UNIVERSES)
def test_nobody_is_stored_as_nothing(universe):
    assert encode(np.empty(0, np.int64), universe) is None
    assert NumberSet.empty(universe).store() is None
    assert not NumberSet.stored(universe, None)
    assert decode(None).tolist() == []
    assert NumberSet.everyone(universe).count_in(None) == 0
    assert not NumberSet.everyone(universe).meets(None)


@pytest.mark.parametrize("universe", UNIVERSES)
def test_everyone_is_everyone(universe):
    everyone = NumberSet.everyone(universe)
    assert len(everyone) == universe
    assert NumberSet.stored(universe, everyone.store()) == everyone
    assert list(everyone - everyone) == []


def test_a_set_does_not_print_its_members():
    assert repr(NumberSet.of(100, [42])) == "NumberSet(…)"
