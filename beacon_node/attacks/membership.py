"""Attacks with yes and no alone: Shringarpure & Bustamante 2015, Raisaro et al. 2017."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.target import (
    NO,
    NOT_ANSWERABLE,
    YES,
    Floats,
    Genome,
    Target,
    carried_rare_first,
)

MISMATCH = 1e-6  # chance that a member's own variant is missing from the answers (Raisaro 2017)


@dataclass(frozen=True, slots=True)
class RandomHeterozygous:
    """Asks the victim's heterozygous variants in random order; knows no frequency, only N.

    Shringarpure & Bustamante (Am J Hum Genet 2015), with δ = 1e-6. The chance that none of n people
    carries a variant that somebody is heterozygous for is 1 / (n + 1) under the neutral spectrum
    ∝ 1/f: the mean of (1-f)^(2n) over f ~ Beta(1, 2).
    """

    people: int
    name: ClassVar[str] = "random het sites"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = random.permutation(np.flatnonzero(victim == 1))[:limit]
        none_of_all, none_of_others = 1 / (self.people + 1), 1 / self.people
        yes = math.log1p(-MISMATCH * none_of_others) - math.log1p(-none_of_all)
        no = math.log(MISMATCH * none_of_others / none_of_all)
        answers = target.ask(sites)
        return np.cumsum(np.select([answers == YES, answers == NO], [yes, no], 0.0))


@dataclass(frozen=True, slots=True, repr=False)
class RareFirst:
    """Asks what the victim carries, the rarest first, knowing public frequencies.

    The likelihood ratio of Raisaro et al. (JAMIA 2017), "optimal attack": yes weighs
    -ln(1 - (1-f)^2N), no refutes.
    """

    frequencies: Floats
    people: int
    name: ClassVar[str] = "rare first"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = carried_rare_first(victim, self.frequencies)[:limit]
        return np.cumsum(likelihoods(target.ask(sites), self.frequencies[sites], self.people))


def likelihoods(answers: np.ndarray, frequencies: Floats, people: int) -> Floats:
    """Return ln(P[answer | member] / P[answer | not a member]) of carried variants."""
    x = 2 * people * np.log1p(-np.clip(frequencies, 1e-9, 1 - 1e-9))
    yes = np.log1p(-MISMATCH * np.exp(x)) - np.log(-np.expm1(np.minimum(x, -1e-12)))
    weights = np.where(answers == YES, yes, math.log(MISMATCH))
    return np.where(answers == NOT_ANSWERABLE, 0.0, weights)
