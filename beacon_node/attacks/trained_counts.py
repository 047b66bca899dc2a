"""Learns from known members what counts look like; needs no model of the guard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.noisy_counts import NOT_CALLABLE
from beacon_node.attacks.target import Floats, Genome, Target

_EDGES = np.array([-2.0, -1.0, -0.4, 0.0, 0.4, 1.0, 2.0])  # of an answer, in standard deviations
_RARITIES = np.array([0.01, 0.03, 0.1, 0.3, 0.6])  # of the chance to carry


@dataclass(frozen=True, slots=True, repr=False)
class TrainedOnCounts:
    """Knows half of the members and some outsiders, and what one account was answered.

    Naive Bayes: per rarity of the allele, distance of the answer from the expected one, and whether
    a person carries it, how much more often that is seen of members.
    """

    sites: np.ndarray
    kinds: np.ndarray  # of answers, by site
    weights: Floats  # (kinds, 2): by whether she carries
    name: ClassVar[str] = "trained on half, counts"

    @classmethod
    def on(
        cls,
        answers: Mapping[int, int],
        carriage: Floats,
        people: int,
        *,
        members: Sequence[Genome],
        outsiders: Sequence[Genome],
    ) -> "TrainedOnCounts":
        sites = np.array(list(answers), np.int64)
        q = carriage[sites]
        spread = np.sqrt(people * q * (1 - q) + 2)
        distance = np.searchsorted(_EDGES, (np.array(list(answers.values())) - people * q) / spread)
        kinds = np.searchsorted(_RARITIES, q) * (len(_EDGES) + 1) + distance
        rates = [_rates(group, sites, kinds) for group in (members, outsiders)]
        return cls(sites, kinds, np.log(rates[0] / rates[1]))

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        carried = victim[self.sites][:limit]
        weights = self.weights[self.kinds[:limit], (carried > 0).astype(int)]
        return np.cumsum(np.where(carried == NOT_CALLABLE, 0.0, weights))


def _rates(group: Sequence[Genome], sites: np.ndarray, kinds: np.ndarray) -> Floats:
    """Return how often a person of this group carries, or does not, per kind of answer."""
    seen = np.full(((len(_EDGES) + 1) * (len(_RARITIES) + 1), 2), 0.5)
    for genome in group:
        carried = genome[sites]
        told = carried != NOT_CALLABLE
        np.add.at(seen, (kinds[told], (carried[told] > 0).astype(int)), 1.0)
    return seen / seen.sum(axis=1, keepdims=True)
