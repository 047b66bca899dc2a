"""Where the public tier stops: the dearest variant that is still answerable.

Found from reference genomes alone, so that it says nothing about who is in the data.
"""

from collections.abc import Iterable

import numpy as np

from beacon_node.privacy.likelihood import Floats
from beacon_node.privacy.public.walks import UNITS, Block, Flags, in_order, running_totals

SHARE_WITHIN_BUDGET = 0.99  # of reference genomes


def dearest_answerable(
    blocks: Iterable[Block],
    *,
    genomes: int,
    budget: float,
    spent: int = 0,
    share: float = SHARE_WITHIN_BUDGET,
) -> float:
    """Return the highest cost up to which `share` of the reference genomes stay within `budget`.

    `blocks` are the walk over reference genomes in the place of people, costs being those of the
    batch, read only as far as needed; `spent` are the units that `charged_to_all` took for what
    stands before them, which is answerable in any case. -inf if not even the cheapest variant of
    `blocks` is answerable, or if there are no reference genomes. Under equal copies everywhere
    `frequency_at` of it is the least frequency answerable, τ.
    """
    if not genomes:
        return -np.inf
    purse = int(np.floor(budget * UNITS))
    allowed = genomes - int(np.ceil(share * genomes - 1e-9))
    owed, last = np.full(genomes, spent, np.int64), np.array([-np.inf, -np.inf])
    for block in in_order(blocks):
        totals = running_totals(block, owed)
        costs = np.concatenate((last, block.costs))
        stop = _first_beyond(block, totals > purse, already=owed > purse, allowed=allowed)
        if stop is not None:
            return _highest_below(block.costs[stop], costs)
        np.maximum.at(owed, block.carriers, totals)
        last = np.array([_highest_below(costs[-1], costs), costs[-1]])
    return float(last[-1])


def _first_beyond(block: Block, is_over: Flags, *, already: Flags, allowed: int) -> int | None:
    """Return the first variant with which more than `allowed` genomes are over the budget."""
    beyond = len(block.costs)
    first = np.where(already, -1, beyond)
    np.minimum.at(first, block.carriers[is_over], block.variant_of_entries()[is_over])
    stop = int(np.sort(first)[allowed])
    return stop if stop < beyond else None


def _highest_below(cost: float, costs: Floats) -> float:
    """Return the highest of `costs` below `cost`: variants of equal cost stand or fall together."""
    return float(costs[costs < cost].max(initial=-np.inf))
