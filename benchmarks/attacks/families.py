"""Attackers with the genome of a member's relative, who is not a member: measured, not bounded."""

from collections.abc import Iterator

import numpy as np

from beacon_node.attacks.informed import GuardAware
from beacon_node.attacks.noisy_counts import CountLikelihood, RareCounts
from beacon_node.attacks.power import scores_of
from beacon_node.privacy.registered.bounds import DEFAULTS
from benchmarks.attacks.nodes import Scene
from benchmarks.attacks.plans import Arena, Plan, arena_of
from benchmarks.attacks.population import simulated
from benchmarks.attacks.registered import attacked, pair_of
from benchmarks.attacks.tables import Pair


def family_scores(plan: Plan) -> Iterator[tuple[str, str, Pair]]:
    """Yield (tier, attack, scores of relatives and of outsiders) by relation."""
    for relation, arena, relatives in _families(plan):
        genomes = arena.scene.population.genomes[relatives]
        yield "public tier", f"{relation}: {GuardAware.name}", _public(arena, genomes, plan)
        target = attacked(arena)
        laws = target.node.laws(DEFAULTS.epsilon)
        for attack in (CountLikelihood(laws, laws.information()), RareCounts(laws)):
            name = f"{relation}: {attack.name}"
            yield "registered tier", name, pair_of(target, plan, attack, genomes)


def _families(plan: Plan) -> Iterator[tuple[str, Arena, np.ndarray]]:
    """Yield cohorts, and of each member one relative."""
    total = plan.panel + plan.outsiders + 2 * plan.people
    population = simulated(total, plan.contigs, seed=plan.seed)
    random = np.random.default_rng(plan.seed)
    people = random.permutation(total)
    ends = np.cumsum([plan.panel, plan.outsiders, plan.people])
    panel, outsiders, mothers, fathers = np.split(people, ends)
    for _ in range(2):
        population = population.with_children(mothers, fathers, random)
    eldest = np.arange(total, total + plan.people)
    scene = Scene.of(population, [panel])
    for relation, cohort, relatives in (
        ("child", mothers, eldest),
        ("parent", eldest, mothers),
        ("sibling", eldest, eldest + plan.people),
    ):
        yield relation, arena_of(scene, cohort, outsiders, plan), relatives


def _public(arena: Arena, relatives: np.ndarray, plan: Plan) -> Pair:
    attack = GuardAware(arena.node.guard, arena.scene.points, plan.people)
    random, table = np.random.default_rng(plan.seed), arena.node.table()
    inside, outside = (
        scores_of(attack, list(who), table, questions=plan.questions, random=random)
        for who in (relatives, arena.outsiders)
    )
    return inside, outside
