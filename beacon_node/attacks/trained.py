"""Attackers who know half of the members already."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.informed import REFUTED, Guard, chance_of_none
from beacon_node.attacks.target import YES, Floats, Genome, Target, carried_rare_first

BINS = 24  # of the logarithm of the frequency


@dataclass(frozen=True, slots=True, repr=False)
class Trained:
    """Learns from known members and known outsiders what answers to their variants look like.

    Naive Bayes: per bin of frequency and kind of answer, the logarithm of how much more often
    members see it; it needs no model of the guard.
    """

    frequencies: Floats
    weights: Floats  # shape (BINS, 3): no, yes, not answerable
    name: ClassVar[str] = "trained on half"

    @classmethod
    def on(
        cls,
        target: Target,
        frequencies: Floats,
        *,
        members: Sequence[Genome],
        outsiders: Sequence[Genome],
    ) -> "Trained":
        seen_in, seen_out = (
            sum(_seen(genome, target, frequencies) for genome in group) + 0.5
            for group in (members, outsiders)
        )
        rates = (seen_in / seen_in.sum(axis=1, keepdims=True)) / (
            seen_out / seen_out.sum(axis=1, keepdims=True)
        )
        return cls(frequencies, np.log(rates))

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = carried_rare_first(victim, self.frequencies)[:limit]
        return np.cumsum(self.weights[_bins(self.frequencies[sites]), target.ask(sites)])


def _bins(frequencies: Floats) -> np.ndarray:
    depth = -np.log(np.clip(frequencies, 1e-5, 1.0)) / -np.log(1e-5)
    return np.minimum((depth * BINS).astype(np.int64), BINS - 1)


def _seen(genome: Genome, target: Target, frequencies: Floats) -> Floats:
    sites = np.flatnonzero(genome)
    seen = np.zeros((BINS, 3))
    np.add.at(seen, (_bins(frequencies[sites]), target.ask(sites)), 1.0)
    return seen


@dataclass(frozen=True, slots=True, repr=False)
class Unexplained:
    """Asks only what no known member can account for: a yes there comes from the unknown ones.

    `is_explained` marks the variants at which a known member is counted; `unknown` is how many
    members it does not know.
    """

    guard: Guard
    frequencies: Floats
    is_explained: np.ndarray
    unknown: int
    name: ClassVar[str] = "knows half, looks at the rest"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = self.guard.counted(victim)
        sites = sites[~self.is_explained[sites]][:limit]
        none = chance_of_none(self.frequencies[sites], self.unknown)
        return np.cumsum(np.where(target.ask(sites) == YES, -np.log1p(-none), REFUTED))
