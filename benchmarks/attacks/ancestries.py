"""A cohort of two ancestries: with the panels of both named, and with one alone."""

from collections.abc import Iterator

import numpy as np

from benchmarks.attacks.nodes import Scene
from benchmarks.attacks.plans import Arena, Plan, arena_of
from benchmarks.attacks.population import simulated


def both_named(plan: Plan) -> Iterator[Arena]:
    """Yield cohorts, half of each ancestry, on nodes that were told so."""
    return _mixed(plan, named=2)


def one_named(plan: Plan) -> Iterator[Arena]:
    """Yield such cohorts on nodes that know of one of the ancestries: the operator's error."""
    return _mixed(plan, named=1)


def _mixed(plan: Plan, *, named: int) -> Iterator[Arena]:
    """The attacker knows the frequencies of both; `plan.panel` people are in each panel."""
    each = plan.panel + (plan.outsiders + plan.people * plan.cohorts + 1) // 2
    population = simulated(2 * each, plan.contigs, seed=plan.seed, ancestries=2)
    random = np.random.default_rng(plan.seed)
    people = np.stack([random.permutation(each), each + random.permutation(each)])
    panels = list(people[:, : plan.panel])
    others = people[:, plan.panel :].T.ravel()  # of the one and the other in turn
    scene = Scene.of(population, panels[:named], known=np.concatenate(panels))
    outsiders, members = np.split(others, [plan.outsiders])
    for cohort in members[: plan.people * plan.cohorts].reshape(plan.cohorts, plan.people):
        yield arena_of(scene, cohort, outsiders, plan)
