"""What each attack makes of given answers."""

import math

import numpy as np
import pytest

from beacon_node.attacks.counts import CountRatio
from beacon_node.attacks.informed import REFUTED, Guard, GuardAware, WholeTable
from beacon_node.attacks.linkage import QueryInference, linked_groups
from beacon_node.attacks.membership import MISMATCH, RandomHeterozygous, RareFirst
from beacon_node.attacks.ranges import Bisection
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES, Table
from beacon_node.attacks.trained import Trained, Unexplained
from beacon_node.attacks.withdrawal import BeforeAndAfter

VICTIM = np.array([1, 0, 2, 1, 1], np.int8)
FREQUENCIES = np.array([0.3, 0.2, 0.1, 0.01, 0.001])
PEOPLE = 50


def node(*answers: int) -> Table:
    return Table(np.array(answers, np.int8))


def evidence(attack, target: Table, victim=VICTIM, limit: int = 100) -> list[float]:
    found = attack.evidence(victim, target, limit=limit, random=np.random.default_rng(1))
    return found.tolist()


def yes_weight(f: float, people: int = PEOPLE) -> float:
    return -math.log(1 - (1 - f) ** (2 * people))


def test_rare_first_weighs_each_yes_by_its_rarity_and_stops_at_the_limit():
    found = evidence(RareFirst(FREQUENCIES, PEOPLE), node(YES, YES, YES, YES, YES), limit=2)
    rarest = yes_weight(0.001)
    assert found == pytest.approx([rarest, rarest + yes_weight(0.01)], rel=1e-4)


def test_silence_weighs_nothing_and_a_no_refutes():
    target = node(YES, YES, YES, NO, NOT_ANSWERABLE)
    found = evidence(RareFirst(FREQUENCIES, PEOPLE), target, limit=2)
    assert found == pytest.approx([0.0, math.log(MISMATCH)])


def test_random_questions_are_about_heterozygous_variants_alone():
    found = evidence(RandomHeterozygous(PEOPLE), node(YES, NO, NO, YES, YES))
    assert len(found) == 3 and found == sorted(found) and found[0] > 0


def test_counts_weigh_by_how_far_they_exceed_what_is_expected():
    target = Table(np.full(5, YES, np.int8), np.array([15, 9, 10, 1, 1]))
    found = evidence(CountRatio(FREQUENCIES, PEOPLE), target, limit=1)
    assert found == pytest.approx([math.log(1 / (PEOPLE * (1 - 0.999**2)))])


def test_linked_variants_are_one_group_and_others_are_not():
    haplotypes = np.array([[1, 0, 1, 0], [1, 0, 1, 0], [0, 0, 1, 1], [0, 1, 0, 1], [1, 1, 0, 0]])
    groups = linked_groups(haplotypes)
    assert groups[0] == groups[1] == groups[3]  # r² counts the opposite allele as linked
    assert groups[2] == groups[4] != groups[0]


def test_one_variant_of_a_linked_group_is_asked_and_another_stands_in_for_a_silent_one():
    attack = QueryInference(FREQUENCIES, PEOPLE, groups=np.array([0, 1, 2, 3, 3]))
    heard = evidence(attack, node(YES, YES, YES, YES, YES))
    assert len(heard) == 3 and heard[0] == pytest.approx(yes_weight(0.001), rel=1e-4)
    silent = evidence(attack, node(YES, YES, YES, YES, NOT_ANSWERABLE))
    assert silent[:2] == pytest.approx([0.0, yes_weight(0.01)], rel=1e-4)


def test_bisection_counts_its_ranges_as_questions():
    attack = Bisection(FREQUENCIES, PEOPLE, never_yes=np.zeros(5, bool))
    found = evidence(attack, node(NO, NO, NO, NO, YES))
    assert found[:2] == [0.0, 0.0] and max(found) == pytest.approx(yes_weight(0.001), rel=1e-4)


GUARD = Guard(costs=np.array([0.01, 0.02, 0.1, 0.5, 3.0]), dearest=0.5, budget=0.55)


def test_who_knows_the_guard_knows_where_she_would_be_counted():
    assert GUARD.counted(VICTIM).tolist() == [2, 0]  # 0.01 + 0.1 + 0.5 is more than she has
    assert Guard.none(GUARD.costs).counted(VICTIM).tolist() == [4, 3, 2, 0]


def test_one_no_where_she_would_be_counted_refutes_her():
    attack = GuardAware(GUARD, FREQUENCIES, PEOPLE)
    found = evidence(attack, node(NO, YES, YES, NO, NO))
    assert found[0] > 0 and found[1] < REFUTED / 2


def test_a_no_where_she_carries_nothing_speaks_for_her_in_the_whole_table():
    attack = WholeTable(GUARD, FREQUENCIES, PEOPLE)
    victim = np.array([0, 0, 0, 0, 0], np.int8)
    (dearest, *_) = evidence(attack, node(YES, YES, YES, NO, NO), victim)
    assert dearest == pytest.approx(-math.log(0.99**2))


def test_training_finds_what_members_see_oftener():
    members, outsiders = [np.array([0, 0, 0, 1, 0])] * 9, [np.array([0, 0, 0, 0, 1])] * 9
    target = node(NO, NO, NO, YES, NO)
    trained = Trained.on(target, np.full(5, 0.01), members=members, outsiders=outsiders)
    inside, outside = (evidence(trained, target, who[0])[0] for who in (members, outsiders))
    assert inside > 0 > outside


def test_what_known_members_explain_is_not_asked():
    explained = np.array([True, False, False, False, False])
    attack = Unexplained(GUARD, FREQUENCIES, explained, unknown=25)
    found = evidence(attack, node(YES, YES, YES, YES, YES))
    assert found == pytest.approx([yes_weight(0.1, 25)])


def test_an_answer_lost_speaks_for_its_carriers_and_against_all_others():
    before, after = node(YES, YES, YES, YES, NO), node(YES, YES, YES, NO, NO)
    attack = BeforeAndAfter(FREQUENCIES, before)
    carrier, other = (
        evidence(attack, after, victim)[-1] for victim in (VICTIM, np.zeros(5, np.int8))
    )
    assert carrier == pytest.approx(-math.log(1 - 0.99**2)) and other == REFUTED
