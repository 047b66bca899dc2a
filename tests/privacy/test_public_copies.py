import numpy as np
import pytest

from beacon_node.model.genome import Assembly, Region
from beacon_node.privacy.public import (
    AssayGroup,
    Place,
    callable_copies,
    certain_copies,
    least_remaining,
    may_leave,
    place_of,
)


@pytest.mark.parametrize(
    ("region", "place"),
    [
        (Region("17", 100, 101), Place.AUTOSOME),
        (Region("X", 10_000, 10_001), Place.PSEUDOAUTOSOMAL),
        (Region("X", 2_781_478, 2_781_480), Place.X),
        (Region("X", 50_000_000, 50_000_001), Place.X),
        (Region("X", 156_030_894, 156_030_895), Place.PSEUDOAUTOSOMAL),
        (Region("Y", 10_500, 10_501), Place.Y),
        (Region("MT", 0, 1), Place.MITOCHONDRIAL),
    ],
)
def test_a_variant_lies_where_people_have_so_many_copies(region, place):
    assert place_of(region, Assembly.GRCH38) is place


@pytest.mark.parametrize(
    ("place", "copies"),
    [
        (Place.AUTOSOME, 12),
        (Place.PSEUDOAUTOSOMAL, 12),
        (Place.X, 9),  # whose sex is unknown has one
        (Place.Y, 2),  # and none here
        (Place.MITOCHONDRIAL, 6),
    ],
)
def test_women_men_and_unknown_have_these_copies(place, copies):
    group = AssayGroup(women=3, men=2, unknown=1)
    assert callable_copies([place], [[True]], [group]).tolist() == [copies]


def test_only_people_whose_assay_covers_a_place_count_there():
    exome, array = AssayGroup(women=10, men=0), AssayGroup(women=0, men=5)
    covered = [[True, True], [True, False], [False, True], [False, False]]
    found = callable_copies([Place.AUTOSOME] * 4, covered, [exome, array])
    assert found.tolist() == [30, 20, 10, 0]


def test_she_herself_and_who_may_leave_hide_nobody_and_one_in_a_hundred_is_exhausted():
    copies, places = [2_000, 1_000, 20], [Place.AUTOSOME, Place.MITOCHONDRIAL, Place.X]
    sure = certain_copies(copies, places, may_leave=100)
    assert sure.tolist() == [1_798 * 99 // 100, 899 * 99 // 100, 0]


@pytest.mark.parametrize(("people", "least"), [(50, 50), (55, 50), (60, 54), (65, 59), (1000, 900)])
def test_a_batch_is_closed_below_nine_tenths_and_below_fifty(people, least):
    assert least_remaining(people) == least
    assert may_leave(people) == people - least


def test_a_batch_that_will_not_lose_anybody_gives_away_less():
    steady, loose = (
        certain_copies([2_000], [Place.AUTOSOME], may_leave=may_leave(1_000, share=share))
        for share in (1.0, 0.5)
    )
    assert np.all(steady > loose)
