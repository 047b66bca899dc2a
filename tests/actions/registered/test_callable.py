"""People are asked about where they were sequenced, with the copies that they have there."""

import numpy as np
import pytest

from beacon_node.actions.registered.callable import CallablePeople, CallableThere
from beacon_node.actions.registered.release import Seated, crowd_of
from beacon_node.actions.registered.release import seat as seat_of
from beacon_node.actions.registered.seats import Seats
from beacon_node.model.calls import Interval
from beacon_node.model.carriers import NumberSet
from beacon_node.model.genome import PSEUDOAUTOSOMAL, REFERENCE_NUMBER, Assembly
from beacon_node.model.variation import Allele
from beacon_node.privacy.registered.crowd import Crowd
from beacon_node.store.public import SequencedPeople

HG38 = Assembly.GRCH38
WHOLE = tuple(Interval(number, 0, 200_000_000) for number in REFERENCE_NUMBER.values())
PANEL = (Interval(REFERENCE_NUMBER["17"], 1_000, 2_000), Interval(REFERENCE_NUMBER["X"], 1, 9_000))
WOMEN, MEN, BOTH_SEXES, NO_SEX, PANEL_MAN, UNKNOWN_ASSAY, NOT_SEQUENCED = range(7)
SHARED = PSEUDOAUTOSOMAL[HG38]["X"][0][0]


def sequenced(assays=None) -> SequencedPeople:
    """One person of each kind."""
    whole = dict.fromkeys((WOMEN, MEN, BOTH_SEXES, NO_SEX), frozenset({1}))
    known = {**whole, PANEL_MAN: frozenset({2}), UNKNOWN_ASSAY: frozenset()}
    return SequencedPeople(
        ids={number: f"p{number}" for number in known},
        assays_of=known if assays is None else assays,
        women=frozenset({WOMEN, BOTH_SEXES, NOT_SEQUENCED}),
        men=frozenset({MEN, BOTH_SEXES, PANEL_MAN}),
        regions={1: WHOLE, 2: PANEL},
    )


PEOPLE = CallablePeople(sequenced(), 7, HG38)


def snv(name: str, start: int) -> Allele:
    return Allele(name, start, start + 1, "A", "C")


@pytest.mark.parametrize(
    ("allele", "two", "one"),
    [
        (snv("17", 5_000), {WOMEN, MEN, BOTH_SEXES, NO_SEX}, set()),
        (snv("17", 1_500), {WOMEN, MEN, BOTH_SEXES, NO_SEX, PANEL_MAN}, set()),
        (snv("X", SHARED + 10_000), {WOMEN, MEN, BOTH_SEXES, NO_SEX}, set()),
        (snv("X", 50_000_000), {WOMEN}, {MEN}),
        (snv("Y", 10_000_000), set(), {MEN}),
        (snv("MT", 100), set(), {WOMEN, MEN, BOTH_SEXES, NO_SEX}),
    ],
    ids=["autosome", "panel", "pseudoautosomal", "X", "Y", "MT"],
)
def test_who_can_be_asked_about(allele, two, one):
    there = PEOPLE.at(allele)
    assert (set(there.two), set(there.one)) == (two, one)
    assert there.all_have_two == (not one)


def test_a_deletion_must_be_covered_whole():
    inside, across = Allele("17", 1_900, 1_999, "A" * 99, ""), Allele("17", 1_990, 2_010, "A", "")
    assert PANEL_MAN in PEOPLE.at(inside).two
    assert PANEL_MAN not in PEOPLE.at(across).two


def test_places_alike_share_one_name_and_others_do_not():
    at = {
        place: PEOPLE.at(snv(*place)).name
        for place in (("17", 5_000), ("3", 9), ("X", SHARED + 10_000), ("17", 1_500), ("MT", 1))
    }
    assert at["17", 5_000] == at["3", 9] == at["X", SHARED + 10_000]
    assert len(set(at.values())) == 3


def test_nobody_is_asked_about_where_no_assay_reaches():
    only_panel = CallablePeople(sequenced({PANEL_MAN: frozenset({2})}), 7, HG38)
    unassayed = CallablePeople(sequenced({NO_SEX: frozenset()}), 7, HG38)
    for found in (only_panel.at(snv("17", 5_000)), unassayed.at(snv("17", 1_500))):
        assert not found.two and not found.one


# ---- their numbers -------------------------------------------------------------------------------


def seat(consenting: NumberSet, there: CallableThere, seats: Seats) -> Seated:
    return seat_of(consenting, there, seats, crowd_of(consenting, there))


def half_women(people: int, men: int) -> CallablePeople:
    everybody = dict.fromkeys(range(people), frozenset({1}))
    return CallablePeople(
        SequencedPeople(
            ids={n: str(n) for n in everybody},
            assays_of=everybody,
            women=frozenset(range(men, people)),
            men=frozenset(range(men)),
            regions={1: WHOLE},
        ),
        people,
        HG38,
    )


def test_people_are_told_by_their_numbers_for_life():
    seats = Seats(np.arange(300)[::-1] + 1_000, 1_300)
    consenting = NumberSet.of(300, range(0, 300, 2))
    found = seat(consenting, half_women(300, men=100).at(snv("X", 50_000_000)), seats)
    assert set(found.there) == set(range(0, 300, 2))
    assert set(found.seats) == {1_299 - n for n in range(0, 300, 2)}
    assert set(found.one_copy) == {1_299 - n for n in range(0, 100, 2)}
    assert found.crowd == Crowd(two=90, one=40)  # nine tenths, down to two digits


def test_nobody_of_a_kind_too_few_to_be_reckoned_with_is_asked_about():
    everybody, seats = NumberSet.everyone(111), Seats(np.arange(111), 111)
    few_men = seat(everybody, half_women(111, men=11).at(snv("X", 50_000_000)), seats)
    assert few_men.crowd == Crowd(two=90, one=0)
    assert set(few_men.there) == set(range(11, 111)) and few_men.one_copy is None
    few_women = seat(everybody, half_women(111, men=100).at(snv("X", 50_000_000)), seats)
    assert few_women.crowd == Crowd(two=0, one=90)
    assert set(few_women.there) == set(few_women.one_copy) == set(range(100))


@pytest.mark.parametrize(
    ("people", "crowd"), [(12, 10), (70, 60), (71, 60), (1_400, 1_200), (98_765, 88_000)]
)
def test_sizes_are_rounded_down(people, crowd):
    everybody, seats = NumberSet.everyone(people), Seats(np.arange(people), people)
    there = half_women(people, men=0).at(snv("17", 5))
    assert seat(everybody, there, seats).crowd == Crowd(two=crowd)
