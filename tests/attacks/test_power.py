import numpy as np
import pytest
from scipy.stats import binomtest

from beacon_node.attacks.power import Power, power_of, scores_of
from beacon_node.attacks.ranges import Bisection
from beacon_node.attacks.target import NO, YES, Table


@pytest.mark.parametrize(("found", "victims"), [(0, 40), (3, 40), (40, 40), (130, 1300)])
def test_limits_are_those_of_clopper_and_pearson(found, victims):
    exact = binomtest(found, victims).proportion_ci(0.98, "exact")
    power = Power(found, victims)
    assert (power.lower, power.upper) == pytest.approx((exact.low, exact.high))


def random():
    return np.random.default_rng(4)


def test_scores_that_say_nothing_have_the_power_of_chance():
    power = power_of(np.zeros(2_000), np.zeros(2_000), random=random())
    assert power.lower <= 0.05 <= power.upper


def test_scores_that_say_all_find_everybody():
    assert power_of(np.ones(50), np.zeros(50), random=random()).share == 1


def test_no_more_outsiders_than_allowed_are_taken_for_members():
    outsiders = np.arange(100.0)
    assert power_of(np.array([93.5, 94.5, 95.5]), outsiders, random=random()).found == 2


class Rising:
    name = "rising"

    def evidence(self, victim, target, *, limit, random):
        return np.arange(1.0, min(limit, 3) + 1)


def test_who_runs_out_of_questions_keeps_the_last_score():
    table = Table(np.zeros(1, np.int8))
    scores = scores_of(Rising(), [np.ones(1)], table, questions=(0, 2, 9), random=random())
    assert scores.tolist() == [[0.0, 2.0, 3.0]]


def test_ranges_tell_what_points_tell():
    answers = np.array([NO, YES, NO, YES, YES, NO, NO], np.int8)
    never = np.zeros(7, bool)
    attack = Bisection(np.linspace(0.01, 0.2, 7), 65, never)
    known: dict = {}
    found = [attack._bisect(Table(answers), site, known) for site in range(7)]
    assert found == answers.tolist()
