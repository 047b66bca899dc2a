"""How well an attack tells members from others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from beacon_node.attacks.target import Attack, Floats, Genome, Target

FALSE_POSITIVES = 0.05
CONFIDENCE = 0.99


@dataclass(frozen=True, slots=True)
class Power:
    """How many of `victims` members an attack found at 5 % false positives."""

    found: int
    victims: int

    @property
    def share(self) -> float:
        return self.found / self.victims

    @property
    def lower(self) -> float:
        """The one-sided 99 % lower confidence limit (Clopper & Pearson 1934)."""
        if self.found == 0:
            return 0.0
        return float(betaincinv(self.found, self.victims - self.found + 1, 1 - CONFIDENCE))

    @property
    def upper(self) -> float:
        """The one-sided 99 % upper confidence limit."""
        if self.found == self.victims:
            return 1.0
        return float(betaincinv(self.found + 1, self.victims - self.found, CONFIDENCE))


def most_false_positives(controls: int) -> float:
    """Return the upper 99 % limit of the false positives where so many outsiders draw the line.

    What lies above the i-th highest of n scores has the law Beta(i, n - i + 1).

    >>> round(most_false_positives(10_000_000), 3)
    0.05
    """
    rank = int(FALSE_POSITIVES * controls) + 1
    return float(betaincinv(rank, controls - rank + 1, CONFIDENCE)) if controls else 1.0


def scores_of(
    attack: Attack,
    people: Sequence[Genome],
    target: Target,
    *,
    questions: Sequence[int],
    random: np.random.Generator,
) -> Floats:
    """Return the score of each person after so many questions, shape (people, len(questions)).

    Who ran out of questions keeps the last score; no question at all is 0.
    """
    rows = []
    for person in people:
        told = attack.evidence(person, target, limit=max(questions), random=random)
        told = np.concatenate(([0.0], told))
        rows.append(told[np.minimum(questions, len(told) - 1)])
    return np.array(rows).reshape(len(rows), len(questions))


def power_of(members: Floats, outsiders: Floats, *, random: np.random.Generator) -> Power:
    """Return the power at 5 % false positives, over the scores of both.

    Ties are broken by lot: the test then has exactly 5 %, where a strict one would be weaker.
    """
    lots = random.random(len(members) + len(outsiders))
    scores = np.concatenate((members, outsiders))
    rank = np.empty(len(scores), np.int64)
    rank[np.lexsort((lots, scores))] = np.arange(len(scores))
    threshold = np.sort(rank[len(members) :])[::-1][int(FALSE_POSITIVES * len(outsiders))]
    return Power(int((rank[: len(members)] > threshold).sum()), len(members))
