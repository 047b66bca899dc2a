"""attacks/report_*.py: genomes that are listed, bisection by levels, and what outcomes allow."""

import math

import numpy as np
import pytest

from beacon_node.attacks.informed import Guard
from beacon_node.attacks.power import Power
from beacon_node.attacks.ranges import Bisection
from beacon_node.attacks.report_genomes import ListedGenomes
from beacon_node.attacks.report_ranges import TableBisection
from beacon_node.attacks.report_suite import (
    Attacked,
    least_noticed,
    linked_in,
    most_allowed,
    people_to_attack,
    trials_on,
)
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES, Table

B = math.log(2)


def listed(genomes: np.ndarray) -> ListedGenomes:
    people, sites = np.nonzero(genomes)
    return ListedGenomes.of(people, sites, genomes[people, sites], genomes.shape)


@pytest.fixture
def random():
    return np.random.default_rng(11)


def test_listed_genomes_are_those_that_were_listed_in_any_order(random):
    genomes = random.integers(0, 3, (7, 50)).astype(np.int8)
    people, sites = np.nonzero(genomes)
    mixed = random.permutation(len(people))
    found = ListedGenomes.of(
        people[mixed], sites[mixed], genomes[people, sites][mixed], genomes.shape
    )
    assert np.array_equal(np.array(list(found)), genomes)
    assert np.array_equal(np.array(list(found.some([4, 1]))), genomes[[4, 1]])
    assert np.array_equal(found.block(start=10, end=30), genomes[:, 10:30].T)
    with pytest.raises(IndexError):
        found[7]


@pytest.mark.parametrize("limit", [1, 7, 40, 10_000])
@pytest.mark.parametrize("variants", [1, 2, 13, 300])
def test_bisection_by_levels_scores_as_bisection_one_by_one(random, variants, limit):
    for _ in range(20):
        answers = random.choice([YES, NO, NOT_ANSWERABLE], variants, p=[0.2, 0.5, 0.3])
        table = Table(answers.astype(np.int8))
        frequencies = random.uniform(0.001, 0.5, variants)
        never = random.random(variants) < 0.2
        victim = random.integers(0, 3, variants).astype(np.int8)
        slow, fast = (kind(frequencies, 60, never) for kind in (Bisection, TableBisection))
        scores = [one.evidence(victim, table, limit=limit, random=random) for one in (slow, fast)]
        assert np.array_equal(*scores)


def test_linked_variants_are_found_from_genotypes_too(random):
    genome = random.integers(0, 3, (200, 1)).astype(np.int8)
    other = random.integers(0, 3, (200, 1)).astype(np.int8)
    groups = linked_in(listed(np.hstack([genome, genome, other])))
    assert groups[0] == groups[1] != groups[2]


def attacked(random, *, gives_all: bool) -> Attacked:
    """A node that answers truly where it should not, or one that says no to everything."""
    f = np.full(400, 0.02)
    members, outsiders = ((random.random((60, 400)) < 2 * f).astype(np.int8) for _ in range(2))
    carriers = members.sum(axis=0)
    answers = np.where(carriers > 0, YES, NO) if gives_all else np.full(400, NO)
    one_of_half = members[:30].any(axis=0)
    return Attacked(
        target=Table(answers.astype(np.int8), carriers if gives_all else np.empty(0, np.int64)),
        guard=Guard.none(np.full(400, 0.1)),
        frequencies=f,
        people=60,
        groups=np.arange(400),
        known=list(members[:30]),
        unknown=list(members[30:]),
        outsiders=listed(outsiders),
        is_explained=one_of_half if gives_all else np.zeros(400, bool),
        unknown_people=30,
    )


def test_every_attack_is_tried_on_everybody_it_may_be_tried_on(random):
    one, done = attacked(random, gives_all=True), []
    trials = {t.attack: t for t in trials_on(one, (1, 400), random=random, advance=done.append)}
    assert sum(done) == people_to_attack(one) and len(trials) == 9
    assert trials["count likelihood ratio"].powers[0].victims == 60
    assert trials["trained on half"].powers[0].victims == 30
    assert trials["trained on half"].controls == 30
    assert trials["knows half, looks at the rest"].powers[1].share > 0.5


def test_a_node_that_says_no_to_everything_gives_nobody_away(random):
    one = attacked(random, gives_all=False)
    trials = trials_on(one, (1, 400), random=random, advance=lambda amount: None)
    assert len(trials) == 8
    assert max(power.lower for trial in trials for power in trial.powers) <= 0.1


def test_few_controls_allow_more_before_a_bound_is_said_to_fail():
    allowed = [most_allowed(controls, budget=B) for controls in (0, 100, 400, 10_000, 10**8)]
    assert allowed == sorted(allowed, reverse=True) and allowed[0] == 1
    assert allowed[-1] == pytest.approx(0.1, abs=1e-3) and allowed[1] > 0.2


def test_the_limit_of_false_alarms_is_exceeded_once_in_a_hundred(random):
    """The line is drawn by 100 controls; how many strangers are beyond it is known exactly."""
    scores = random.random((20_000, 100))
    beyond = 1 - np.sort(scores, axis=1)[:, -6]  # the sixth highest: 5 of 100 are above it
    assert (beyond > most_allowed(100, budget=0.0)).mean() == pytest.approx(0.01, abs=0.004)


@pytest.mark.parametrize(("victims", "controls"), [(60, 120), (400, 400), (1_000, 2_500)])
def test_what_would_be_noticed_is_the_least_that_is_above_the_limit(victims, controls):
    least = round(least_noticed(victims, controls, budget=B) * victims)
    allowed = most_allowed(controls, budget=B)
    assert Power(least, victims).lower > allowed >= Power(least - 1, victims).lower
    assert least_noticed(3, 10, budget=B) == 1
