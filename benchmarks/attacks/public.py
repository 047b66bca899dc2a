"""Attacks on the public tier: yes and no, to anybody."""

from collections.abc import Sequence

import numpy as np

from beacon_node.attacks.counts import CountRatio
from beacon_node.attacks.informed import Guard, GuardAware, WholeTable
from beacon_node.attacks.linkage import QueryInference
from beacon_node.attacks.membership import RandomHeterozygous, RareFirst
from beacon_node.attacks.power import Power, scores_of
from beacon_node.attacks.ranges import Bisection
from beacon_node.attacks.target import NOT_ANSWERABLE, YES, Attack, Table
from beacon_node.attacks.trained import Trained, Unexplained
from beacon_node.privacy.public import dearest_answerable
from benchmarks.attacks.nodes import blocks, unguarded
from benchmarks.attacks.plans import Arena, Plan
from benchmarks.attacks.tables import Pair, Useful, powers

CLASSES = {"< .5 %": (0, 0.005), ".5–5 %": (0.005, 0.05), "> 5 %": (0.05, 1.1)}


def attacks_on(arena: Arena, target: Table, guard: Guard) -> list[Attack]:
    """Return every attack, knowing all that is public; two of them know half of the members."""
    f, people, node = arena.scene.points, len(arena.node.genomes), arena.node
    half = people // 2
    is_open = not np.isfinite(guard.dearest)
    counted = node.genomes[:half] > 0 if is_open else node.is_counted[:half]
    trained = Trained.on(
        target,
        f,
        members=list(node.genomes[:half]),
        outsiders=list(arena.outsiders[: len(arena.outsiders) // 2]),
    )
    counting = [CountRatio(f, people)] if is_open else []
    return counting + [
        RandomHeterozygous(people),
        RareFirst(f, people),
        QueryInference(f, people, arena.groups),
        Bisection(f, people, guard.costs > guard.dearest),
        GuardAware(guard, f, people),
        WholeTable(guard, f, people),
        trained,
        Unexplained(guard, f, counted.any(axis=0), people - half),
    ]


def results(all_arenas: Sequence[Arena], plan: Plan, *, is_guarded: bool) -> dict[str, list[Power]]:
    """Return the power of each attack after each number of questions, pooled over the cohorts."""
    random = np.random.default_rng(plan.seed + 2)
    pooled: dict[str, list[Pair]] = {}
    for arena in all_arenas:
        for name, pair in scores(arena, plan, is_guarded=is_guarded).items():
            pooled.setdefault(name, []).append(pair)
    return {name: powers(pairs, random) for name, pairs in pooled.items()}


def scores(arena: Arena, plan: Plan, *, is_guarded: bool) -> dict[str, Pair]:
    """Return each attack's scores of members and of outsiders after each number of questions."""
    random = np.random.default_rng(plan.seed + 1)
    half, unknown = len(arena.node.genomes) // 2, len(arena.outsiders) // 2
    target = arena.node.table() if is_guarded else unguarded(arena.node.genomes)
    guard = arena.node.guard if is_guarded else Guard.none(arena.node.guard.costs)
    found = {}
    for attack in attacks_on(arena, target, guard):
        knows_half = isinstance(attack, Trained | Unexplained)
        members = arena.node.genomes[half if knows_half else 0 :][: plan.victims]
        inside, outside = (
            scores_of(attack, list(who), target, questions=plan.questions, random=random)
            for who in (members, arena.outsiders[unknown:])
        )
        found[attack.name] = inside, outside
    return found


def utility(all_arenas: Sequence[Arena]) -> dict[str, Useful]:
    """Return per class of variants what is answered and how much of it truly.

    Absent ones are those that nobody of the cohort carries; the others are weighed by carriers: a
    random member's random variant of that class. Predicted is what the same rule answers where
    other people, the outsiders, stand in for the reference genomes.
    """
    totals: dict[str, Useful] = {}
    for arena in all_arenas:
        f, answers, costs = arena.scene.points, arena.node.table().answers, arena.node.guard.costs
        carriers = (arena.node.genomes > 0).sum(axis=0)
        is_told = answers != NOT_ANSWERABLE
        is_true = np.where(carriers > 0, answers == YES, answers != YES) & is_told
        is_predicted = costs <= _dearest_by_outsiders(arena)
        weights = {"absent": (carriers == 0).astype(float)}
        for name, (low, high) in CLASSES.items():
            weights[name] = carriers * ((f >= low) & (f < high))
        for name, weight in weights.items():
            sums = (float((weight * one).sum()) for one in (1, is_told, is_true, is_predicted))
            totals[name] = totals.get(name, Useful(0, 0, 0, 0)) + Useful(*sums)
    return totals


def _dearest_by_outsiders(arena: Arena) -> float:
    genomes = arena.scene.population.genomes[arena.strangers]
    walk = blocks(genomes, arena.node.guard.costs)
    return dearest_answerable(walk, genomes=len(genomes), budget=arena.node.guard.budget)
