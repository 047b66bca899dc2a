"""The rule of docs/guard.md as one reads it, person by person: what a node must answer."""

import math
from collections.abc import Collection, Mapping
from types import MappingProxyType

import numpy as np

from tests.actions.public_world import _COPIES, GENOMES, World

BUDGET = math.log(0.10 / 0.05)
Opened = Mapping[int, Collection[int]]
NOBODY: Opened = MappingProxyType({})


def naive_answers(
    world: World, reference: np.ndarray, opened: Opened = NOBODY
) -> list[bool | None]:
    """Return what one batch of everybody in a world says of each variant, None: not answerable.

    Each person of `opened` (by number) is told of at these variants, is not counted there, and
    hides nobody anywhere.
    """
    costs = _costs(world, hiding_nobody=frozenset(opened))
    order = _order(world, costs)
    dearest = _dearest(reference, order, costs)
    counted = []
    for number, genome in enumerate(world.genomes):
        private = np.where(np.isin(np.arange(len(genome)), list(opened.get(number, ()))), 0, genome)
        counted.append(_counted(private, order, costs, dearest))
    found = [
        any(v in one for one in counted) if costs[v] <= dearest else None for v in range(len(costs))
    ]
    told = {v for who, where in opened.items() for v in where if world.genomes[who, v] > 0}
    return [True if v in told else one for v, one in enumerate(found)]


def _costs(world: World, *, hiding_nobody: Collection[int]) -> list[float]:
    hiding = [n for n in range(len(world.genomes)) if n not in hiding_nobody]
    people = len(hiding)
    gone = people - math.ceil(0.9 * people) + 1
    costs = []
    for v, (name, limit) in enumerate(zip(world.population.sequences, world.limits, strict=True)):
        of_woman, of_man = _COPIES[name]
        is_woman = [int(world.ids[n][-3:]) % 2 == 0 for n in hiding]
        seen = world.covers[hiding, v].tolist()
        women = sum(w and s for w, s in zip(is_woman, seen, strict=True))
        men = sum(s and not w for w, s in zip(is_woman, seen, strict=True))
        copies = women * of_woman + men * of_man - gone * max(of_woman, of_man)
        copies = max(copies, 0) * 99 // 100
        nobody = (1 - limit) ** copies
        costs.append(-math.log(1 - nobody) if nobody < 1 else math.inf)
    return costs


def _order(world: World, costs: list[float]) -> list[int]:
    """From cheap to dear; of equal costs the more frequent first."""
    return sorted(range(len(costs)), key=lambda v: (round(costs[v], 12), -world.limits[v], v))


def _spent(genome: np.ndarray, costs: list[float], *, up_to: float) -> float:
    return sum(cost for v, cost in enumerate(costs) if genome[v] > 0 and cost <= up_to)


def _dearest(reference: np.ndarray, order: list[int], costs: list[float]) -> float:
    """Return the highest cost with which at most one in a hundred is over the budget."""
    best, allowed = -math.inf, GENOMES - math.ceil(0.99 * GENOMES)
    for v in order:
        if costs[v] > BUDGET:
            break
        over = sum(_spent(genome, costs, up_to=costs[v]) > BUDGET for genome in reference)
        if over > allowed:
            break
        best = costs[v]
    return best


def _counted(genome: np.ndarray, order: list[int], costs: list[float], dearest: float) -> set[int]:
    counted, left = set(), BUDGET
    for v in order:
        if genome[v] > 0 and costs[v] <= min(dearest, left):
            counted.add(v)
            left -= costs[v]
    return counted
