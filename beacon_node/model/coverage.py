"""Which places lie wholly in stretches of the reference sequences."""

from bisect import bisect_right
from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from beacon_node.model.calls import Interval, merge_intervals

_SHIFT = 40  # reference number << 40 | base


class Coverage:
    """Assayed stretches, asked about many places at once."""

    def __init__(self, intervals: Iterable[Interval]) -> None:
        merged = merge_intervals([one for one in intervals if one.reference])
        told = [(i.reference << _SHIFT | i.start, i.reference << _SHIFT | i.end) for i in merged]
        stretches = np.array(sorted(told), np.int64).reshape(-1, 2)
        self._starts, self._ends = stretches[:, 0], stretches[:, 1]
        self._listed = self._starts.tolist(), self._ends.tolist()

    def contains(self, references: ArrayLike, starts: ArrayLike, ends: ArrayLike) -> NDArray:
        """Return, for each interbase `[start, end)`, whether all its bases were assayed.

        Of a gap between two bases both must be. `references` are reference numbers.
        """
        shift = np.asarray(references, np.int64) << _SHIFT
        starts, ends = np.asarray(starts, np.int64), np.asarray(ends, np.int64)
        is_gap = starts == ends
        first, behind = shift | np.maximum(starts - is_gap, 0), shift | (ends + is_gap)
        found = np.searchsorted(self._starts, first, side="right") - 1
        if not len(self._ends):
            return np.zeros(first.shape, bool)
        return (found >= 0) & (behind <= self._ends[np.maximum(found, 0)])

    def contains_one(self, reference: int, start: int, end: int) -> bool:
        """Return what `contains` says of one place; faster."""
        starts, ends = self._listed
        shift, gap = reference << _SHIFT, int(start == end)
        found = bisect_right(starts, shift | max(start - gap, 0)) - 1
        return found >= 0 and (shift | end + gap) <= ends[found]
