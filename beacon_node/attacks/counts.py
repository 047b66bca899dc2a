"""Exact counts of carriers: each one is evidence by itself (Homer 2008; Sankararaman 2009)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.target import Floats, Genome, Table, carried_rare_first


@dataclass(frozen=True, slots=True, repr=False)
class CountRatio:
    """Compares each count, rarest variant first, with what N people show with and without her.

    For K ~ Bin(N, q) carriers: P[1 + Bin(N-1, q) = c] / P[Bin(N, q) = c] = c / (N q).
    """

    frequencies: Floats
    people: int
    name: ClassVar[str] = "count likelihood ratio"

    def evidence(
        self, victim: Genome, target: Table, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = carried_rare_first(victim, self.frequencies)[:limit]
        f = np.clip(self.frequencies[sites], 1e-9, 1 - 1e-9)
        expected = self.people * -np.expm1(2 * np.log1p(-f))
        counts = target.ask_counts(sites)
        return np.cumsum(np.log(np.maximum(counts, 1e-6) / expected))
