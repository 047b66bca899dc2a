"""The rule of docs/guard.md as one reads it, person by person: what a node must answer."""

import math

import numpy as np

from tests.actions.public_world import _COPIES, GENOMES, World

BUDGET = math.log(0.10 / 0.05)


def naive_answers(world: World, reference: np.ndarray) -> list[bool | None]:
    """Return what one batch of everybody in a world says of each variant, None: not answerable."""
    costs = _costs(world)
    order = _order(world, costs)
    dearest = _dearest(reference, order, costs)
    counted = [_counted(genome, order, costs, dearest) for genome in world.genomes]
    return [
        any(v in one for one in counted) if costs[v] <= dearest else None for v in range(len(costs))
    ]


def _costs(world: World) -> list[float]:
    people = len(world.genomes)
    gone = people - math.ceil(0.9 * people) + 1
    costs = []
    for v, (name, limit) in enumerate(zip(world.population.sequences, world.limits, strict=True)):
        of_woman, of_man = _COPIES[name]
        is_woman = [int(id[-3:]) % 2 == 0 for id in world.ids]
        seen = world.covers[:, v].tolist()
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
