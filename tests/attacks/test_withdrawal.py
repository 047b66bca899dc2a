"""What changes when somebody leaves: little about who stays, a stated amount about who left."""

import math

import numpy as np

from beacon_node.attacks.informed import GuardAware
from beacon_node.attacks.power import FALSE_POSITIVES, power_of, scores_of
from beacon_node.attacks.target import YES
from beacon_node.attacks.withdrawal import BeforeAndAfter
from benchmarks.attacks.nodes import BETA, unguarded

LEAVERS = range(0, 300, 6)


def differencing(hospital, tables) -> tuple:
    """Return the power to name who left. `tables` gives the node before and after one leaves."""
    random = np.random.default_rng(11)
    outsiders = list(hospital.outsiders[:8])
    inside, outside = [], []
    for leaver in LEAVERS:
        before, after = tables(leaver)
        attack = BeforeAndAfter(hospital.scene.points, before)
        for people, scores in (([hospital.node.genomes[leaver]], inside), (outsiders, outside)):
            scores.append(scores_of(attack, people, after, questions=(10**6,), random=random))
    return power_of(np.concatenate(inside)[:, 0], np.concatenate(outside)[:, 0], random=random)


def test_without_a_guard_whoever_leaves_is_named(hospital):
    genomes = hospital.node.genomes
    before = unguarded(genomes)
    power = differencing(hospital, lambda i: (before, unguarded(np.delete(genomes, i, axis=0))))
    assert power.lower > 0.8  # of 50 leavers


def test_behind_the_guard_a_leaver_is_named_no_oftener_than_stated(hospital):
    before = hospital.node.table()
    power = differencing(hospital, lambda i: (before, hospital.node.table(without=(i,))))
    assert power.lower <= 1 - math.exp(-hospital.node.guard.budget) + FALSE_POSITIVES


def test_a_leaver_changes_fewer_answers_than_the_budget_on_average(hospital):
    before = hospital.node.table().answers
    changed = [
        int((hospital.node.table(without=(leaver,)).answers != before).sum()) for leaver in LEAVERS
    ]
    open_before = unguarded(hospital.node.genomes).answers
    open_after = unguarded(hospital.node.genomes[1:]).answers
    assert np.mean(changed) <= hospital.node.guard.budget < (open_before != open_after).sum()


def test_an_answer_only_ever_turns_from_yes_to_no(hospital):
    before = hospital.node.table().answers
    after = hospital.node.table(without=tuple(range(30))).answers
    assert not ((after == YES) & (before != YES)).any()


def test_who_stays_is_as_safe_after_as_many_left_as_may(hospital):
    random = np.random.default_rng(12)
    after = hospital.node.table(without=tuple(range(30)))
    attack = GuardAware(hospital.node.guard, hospital.scene.points, 270)
    members, outsiders = (
        scores_of(attack, list(people), after, questions=(1_000,), random=random)[:, 0]
        for people in (hospital.node.genomes[30:], hospital.outsiders)
    )
    assert power_of(members, outsiders, random=random).lower <= BETA
