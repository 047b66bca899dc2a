"""What is simulated and attacked: cohorts of people, their outsiders, and the node over them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from beacon_node.attacks.linkage import linked_groups
from benchmarks.attacks.nodes import Assays, Node, Scene, Settings, guarded, seen
from benchmarks.attacks.population import Contig, Place, simulated

QUESTIONS = (1, 5, 10, 100, 1_000, 5_000)


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate and attack. `outsiders` are controls, each tried on every cohort."""

    people: int
    cohorts: int
    contigs: tuple[Contig, ...] = (Contig(Place.AUTOSOME, 2_000_000),)
    panel: int = 1_000
    outsiders: int = 300
    victims: int = 10**9  # of each cohort at most
    seed: int = 5
    settings: Settings = Settings()
    questions: tuple[int, ...] = QUESTIONS
    assays: Callable[[Scene, int], Assays] | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Arena:
    """One cohort with its people, their outsiders, and its node under the guard.

    The attacker knows of victims and outsiders what the assay she had, or would have had, sees.
    """

    scene: Scene
    cohort: np.ndarray  # numbers of its people in the population, as of the next
    strangers: np.ndarray
    assays: Assays | None
    node: Node
    outsiders: np.ndarray
    groups: np.ndarray


def arenas(plan: Plan) -> Iterator[Arena]:
    """Yield the cohorts of a plan: disjoint people of one population."""
    total = plan.panel + plan.outsiders + plan.people * plan.cohorts
    population = simulated(total, plan.contigs, seed=plan.seed)
    people = np.random.default_rng(plan.seed).permutation(total)
    panel, outsiders, members = np.split(people, np.cumsum([plan.panel, plan.outsiders]))
    scene = Scene.of(population, [panel])
    assays = plan.assays(scene, plan.people) if plan.assays else None
    for cohort in members.reshape(plan.cohorts, plan.people):
        yield arena_of(scene, cohort, outsiders, plan, assays)


def arena_of(
    scene: Scene,
    cohort: np.ndarray,
    outsiders: np.ndarray,
    plan: Plan,
    assays: Assays | None = None,
) -> Arena:
    """Return a cohort of a scene behind the guard."""
    node = guarded(scene, cohort, settings=plan.settings, assays=assays)
    groups = linked_groups(scene.population.haplotypes[:, :1_000])
    return Arena(scene, cohort, outsiders, assays, node, seen(scene, outsiders, assays), groups)


def three_assays(scene: Scene, people: int) -> Assays:
    """A third of the people each: whole genome, an array of common variants, an exome."""
    variants = len(scene.points)
    array = (scene.points > 0.01) & (np.arange(variants) % 7 == 0)
    exome = np.arange(variants) % 500 < 40
    covers = np.stack([np.ones(variants, bool), array, exome])
    return Assays(np.arange(people) % 3, covers)
