"""Attackers who know the guard: its costs, its threshold, its budget, its walk."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.target import NO, YES, Floats, Genome, Sites, Target

REFUTED = -50.0


@dataclass(frozen=True, slots=True, repr=False)
class Guard:
    """The public rule of one batch: cost of a yes per variant, the dearest answerable, b."""

    costs: Floats
    dearest: float
    budget: float

    @classmethod
    def none(cls, costs: Floats) -> "Guard":
        """Return the rule of a node that answers everything and counts everybody."""
        return cls(costs, math.inf, math.inf)

    def counted(self, victim: Genome) -> Sites:
        """Return where she would be counted were she in the data, the dearest first."""
        carried = np.flatnonzero((victim > 0) & (self.costs <= self.dearest))
        carried = carried[np.argsort(self.costs[carried], kind="stable")]
        can_pay = np.cumsum(self.costs[carried]) <= self.budget
        return carried[can_pay][::-1]


@dataclass(frozen=True, slots=True, repr=False)
class GuardAware:
    """Asks only where the victim would be counted, the dearest first: no yes there is wasted.

    The likelihood ratio against a release without her; one no refutes her.
    """

    guard: Guard
    frequencies: Floats
    people: int
    name: ClassVar[str] = "knows the guard"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = self.guard.counted(victim)[:limit]
        none = chance_of_none(self.frequencies[sites], self.people)
        return np.cumsum(np.where(target.ask(sites) == YES, -np.log1p(-none), REFUTED))


@dataclass(frozen=True, slots=True, repr=False)
class WholeTable:
    """Reads all that is disclosed, also where the victim would not be counted.

    The likelihood ratio against a release of the same size with somebody else in her place: a no
    where she carries nothing speaks for her, since somebody else might have carried it.
    """

    guard: Guard
    frequencies: Floats
    people: int
    name: ClassVar[str] = "whole table"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = np.flatnonzero(self.guard.costs <= self.guard.dearest)
        sites = sites[np.argsort(-self.guard.costs[sites], kind="stable")][:limit]
        is_counted = np.isin(sites, self.guard.counted(victim))
        f, answers = self.frequencies[sites], target.ask(sites)
        none, none_of_others = (chance_of_none(f, n) for n in (self.people, self.people - 1))
        own = np.where(answers == YES, -np.log1p(-none), REFUTED)
        yes = np.log1p(-none_of_others) - np.log1p(-none)
        no = np.log(none_of_others) - np.log(none)
        others = np.select([answers == YES, answers == NO], [yes, no], 0.0)
        return np.cumsum(np.where(is_counted, own, others))


def chance_of_none(frequencies: Floats, people: int) -> Floats:
    """Return the chance that none of `people` carries a variant, kept from 0 and from 1."""
    f = np.clip(frequencies, 1e-6, 1 - 1e-6)
    return np.clip(np.exp(2 * people * np.log1p(-f)), math.exp(-600), 1 - 1e-12)
