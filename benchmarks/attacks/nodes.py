"""Nodes to attack, built from a simulated population: one that tells all, and a guarded one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from beacon_node.attacks.informed import Guard
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES, Table
from beacon_node.model.lower_limits import lower_limits
from beacon_node.privacy.likelihood import budget_for, cost_of_yes
from beacon_node.privacy.public import (
    AssayGroup,
    Block,
    callable_copies,
    certain_copies,
    dearest_answerable,
    may_leave,
    public_order,
    walk,
)
from benchmarks.attacks.population import Population

BETA, ALPHA = 0.10, 0.05
_BLOCK = 4_096


@dataclass(frozen=True, slots=True, repr=False)
class Scene:
    """A population, and who is in the panels that all reference frequencies come from.

    `named` are the panels that the node was told of, one for each ancestry. `limits` are what its
    guard reckons with, `points` what an attacker takes for the frequencies among `known` people:
    (AC + 1/2) / (AN + 1).
    """

    population: Population
    named: tuple[np.ndarray, ...]
    limits: np.ndarray
    points: np.ndarray

    @classmethod
    def of(
        cls, population: Population, named: Sequence[np.ndarray], known: np.ndarray | None = None
    ) -> "Scene":
        counted = [_counted_in(population, panel) for panel in named]
        limits = np.min([lower_limits(*panel) for panel in counted], axis=0)
        known = np.concatenate(named) if known is None else known
        counts, numbers = _counted_in(population, known)
        return cls(population, tuple(named), limits, (counts + 0.5) / (numbers + 1))

    @property
    def panels(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return AC and AN by variant of each panel named."""
        return [_counted_in(self.population, panel) for panel in self.named]

    @property
    def reference(self) -> np.ndarray:
        """Return the people whose whole genomes are public: those of the panels named."""
        return np.concatenate(self.named)


def _counted_in(population: Population, who: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return population.genomes[who].sum(axis=0, dtype=np.int64), population.numbers(who)


@dataclass(frozen=True, slots=True, repr=False)
class Assays:
    """Which assay each person of a cohort had, and which variants each assay covers."""

    group_of: np.ndarray  # (people,)
    covers: np.ndarray  # (groups, variants)


@dataclass(frozen=True, slots=True)
class Settings:
    """The guard's settings.

    Two of them break it, as tests must be able to: without `is_charging` each answer alone is
    within the budget, but nobody pays; without `has_limits` a panel's frequencies are taken as
    they are.
    """

    carriers_needed: int = 1
    is_charging: bool = True
    has_limits: bool = True
    budget: float = field(default=budget_for(power=BETA, false_positives=ALPHA))


@dataclass(frozen=True, slots=True, repr=False)
class Node:
    """A cohort behind the guard. `genomes` are what the assays saw of its people."""

    genomes: np.ndarray
    guard: Guard
    is_counted: np.ndarray  # (people, variants)
    carriers_needed: int

    def table(self, *, without: tuple[int, ...] = ()) -> Table:
        """Return what it answers once the people `without` have withdrawn."""
        stays = np.ones(len(self.genomes), bool)
        stays[list(without)] = False
        is_yes = self.is_counted[stays].sum(axis=0) >= self.carriers_needed
        answers = np.where(is_yes, YES, NO)
        is_answerable = self.guard.costs <= self.guard.dearest
        return Table(np.where(is_answerable, answers, NOT_ANSWERABLE).astype(np.int8))


def unguarded(genomes: np.ndarray) -> Table:
    """Return a node that answers everything, and counts."""
    counts = (genomes > 0).sum(axis=0)
    return Table(np.where(counts > 0, YES, NO).astype(np.int8), counts)


def seen(scene: Scene, cohort: np.ndarray, assays: Assays | None) -> np.ndarray:
    """Return what the assays see of these people's genomes; groups repeat for more people."""
    genomes = scene.population.genomes[cohort]
    if assays is None:
        return genomes
    return genomes * assays.covers[np.resize(assays.group_of, len(cohort))]


def guarded(
    scene: Scene, cohort: np.ndarray, *, settings: Settings, assays: Assays | None = None
) -> Node:
    """Return the cohort as one batch behind the guard."""
    costs = _costs(scene, cohort, settings, assays)
    dearest = settings.budget
    if settings.is_charging:
        reference = scene.population.genomes[scene.reference]
        walked = blocks(reference, costs)
        dearest = dearest_answerable(walked, genomes=len(reference), budget=settings.budget)
    genomes = seen(scene, cohort, assays)
    counted = (genomes > 0) & (costs <= dearest)
    if settings.is_charging:
        counted &= _counted(genomes, costs, settings.budget)
    budget = settings.budget if settings.is_charging else np.inf
    guard = Guard(costs, dearest, budget)
    return Node(genomes, guard, counted, settings.carriers_needed)


def _costs(
    scene: Scene, cohort: np.ndarray, settings: Settings, assays: Assays | None
) -> np.ndarray:
    population, places = scene.population, scene.population.places
    if assays is None:
        assays = Assays(np.zeros(len(cohort), np.int64), np.ones((1, len(places)), bool))
    women = [population.is_woman[cohort[assays.group_of == g]] for g in range(len(assays.covers))]
    groups = [AssayGroup(women=int(w.sum()), men=int((~w).sum())) for w in women]
    copies = callable_copies(places, assays.covers.T, groups)
    sure = certain_copies(copies, places, may_leave=may_leave(len(cohort)))
    frequencies = scene.limits if settings.has_limits else scene.points
    return cost_of_yes(frequencies, sure, carriers_needed=settings.carriers_needed)


def blocks(genomes: np.ndarray, costs: np.ndarray) -> Iterator[Block]:
    """Yield the walk over `genomes`, shape (people, variants)."""
    order = public_order(costs, np.arange(len(costs)))
    for start in range(0, len(order), _BLOCK):
        sites = order[start : start + _BLOCK]
        variants, carriers = np.nonzero(genomes[:, sites].T)
        starts = np.searchsorted(variants, np.arange(len(sites) + 1))
        yield Block(costs[sites], sites, starts, carriers.astype(np.int32))


def _counted(genomes: np.ndarray, costs: np.ndarray, budget: float) -> np.ndarray:
    counted = np.zeros(genomes.shape, bool)
    steps = walk(blocks(genomes, costs), people=len(genomes), budget=budget)
    for block, step in zip(blocks(genomes, costs), steps, strict=True):
        sites = block.order[block.variant_of_entries()]
        counted[block.carriers[step.is_counted], sites[step.is_counted]] = True
    return counted
