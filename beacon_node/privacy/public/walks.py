"""The walk: who of a batch is counted at which variant, from common to rare, once in a lifetime.

Whoever carries a variant and can pay its cost is counted there and charged, whatever the answer
becomes. Costs never fall along the walk, so who cannot pay once cannot pay any more: each person is
counted at a first stretch of what she carries. Money is whole units, so sums are exact and a walk
gives the same result however it is cut into blocks.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from beacon_node.errors import Conflict
from beacon_node.privacy.likelihood import Floats

Counts = NDArray[np.int64]
Flags = NDArray[np.bool_]

SHARE_FOR_ALL = 0.01  # of the budget, taken from everybody for the commonest variants
UNITS = 2**36  # units in a cost of 1; 3 million charges round by less than 5e-5 altogether


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Block:
    """Consecutive variants of the walk with their carriers. Private.

    `costs` never fall; among equal ones `order`, a number that follows from public facts alone,
    rises. The carriers of variant i are `carriers[starts[i]:starts[i + 1]]`, each once, numbered
    from 0 within the batch; under 8 million of them in one block, so that sums fit 64 bits.
    """

    costs: Floats
    order: Counts
    starts: Counts
    carriers: NDArray[np.int32]

    def variant_of_entries(self) -> Counts:
        """Return for each entry of `carriers` the variant it belongs to."""
        return np.repeat(np.arange(len(self.costs)), np.diff(self.starts))


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Step:
    """What a walk did in one block. Private. `spent` holds everybody's units afterwards."""

    is_counted: Flags  # shape of Block.carriers
    spent: Counts


def public_order(costs: ArrayLike, order: ArrayLike) -> Counts:
    """Return the positions of variants in the order of the walk."""
    return np.lexsort((np.asarray(order), np.asarray(costs)))


def in_units(costs: ArrayLike) -> Counts:
    """Return costs in whole units, rounded up; what nobody could ever pay is cut to 2**40."""
    return np.minimum(np.ceil(np.asarray(costs, float) * UNITS), 2**40).astype(np.int64)


def charged_to_all(
    costs: ArrayLike, *, budget: float, share: float = SHARE_FOR_ALL
) -> tuple[int, int]:
    """Return how many of the first variants of a walk everybody pays for, and the units they cost.

    Nearly all that a genome carries is so common that yes costs next to nothing. Taking its whole
    price, carried or not, from everybody's purse (at most `share` of the budget) charges nobody too
    little, and spares reading those carriers: all of them are counted. The walk and the threshold
    go on behind, with these units as `spent`. Variants of equal cost are not torn apart.
    """
    ascending = np.asarray(costs, float)
    totals = np.cumsum(in_units(ascending))
    affordable = int(np.searchsorted(totals, int(share * budget * UNITS), side="right"))
    if affordable < len(ascending):
        affordable = int(np.searchsorted(ascending, ascending[affordable], side="left"))
    return affordable, int(totals[affordable - 1]) if affordable else 0


def walk(
    blocks: Iterable[Block], *, people: int, budget: float, spent: Counts | None = None
) -> Iterator[Step]:
    """Yield who is counted, block by block.

    `budget` is b. `spent`, units by person, is what those who come back had spent before; nothing
    if left out. Raises Conflict if a block breaks the order of the walk.
    """
    purse = int(np.floor(budget * UNITS))
    now = np.zeros(people, np.int64) if spent is None else spent
    for block in in_order(blocks):
        step = _charge(block, now, purse)
        now = step.spent
        yield step


def in_order(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks; raises Conflict at the first variant that is not in its place."""
    last = (-np.inf, np.iinfo(np.int64).min)
    for block in blocks:
        costs = np.concatenate(([last[0]], block.costs))
        order = np.concatenate(([last[1]], block.order))
        with np.errstate(invalid="ignore"):
            fits = (costs[1:] > costs[:-1]) | ((costs[1:] == costs[:-1]) & (order[1:] > order[:-1]))
        if not fits.all():
            raise Conflict("A public table is built from cheap to dear variants, each once.")
        last = (costs[-1], order[-1])
        yield block


def _charge(block: Block, spent: Counts, purse: int) -> Step:
    after = running_totals(block, spent)
    is_counted = after <= purse
    paid = spent.copy()
    np.maximum.at(paid, block.carriers[is_counted], after[is_counted])
    return Step(is_counted, paid)


def running_totals(block: Block, spent: Counts) -> Counts:
    """Return for each entry what that person would have spent up to and including it."""
    units = in_units(block.costs)[block.variant_of_entries()]
    by_person = np.argsort(block.carriers, kind="stable")
    person, sums = block.carriers[by_person], np.cumsum(units[by_person])
    is_first = np.concatenate(([True], person[1:] != person[:-1]))[: len(person)]
    before = np.where(is_first, sums - units[by_person], 0)
    own = sums - np.maximum.accumulate(before) if len(person) else sums
    totals = np.empty(len(person), np.int64)
    totals[by_person] = own + spent[person]
    return totals
