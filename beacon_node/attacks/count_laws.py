"""What one noisy count says about one person: log likelihood ratios."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.special import gammaln, xlog1py, xlogy

from beacon_node.attacks.target import Floats, Sites

_REACH = 45  # of the noise, in 1/ε: what lies beyond has no weight
_LEAST = 1e-12  # chance of what should be impossible: a genotype that is read wrongly


@dataclass(frozen=True, slots=True, repr=False)
class CountLaws:
    """What answers look like with her and with somebody else in her place, per variant.

    `carriage` is the chance that one of the `people` asked about carries; `epsilon` the noise's,
    None for exact counts.
    """

    carriage: Floats
    people: Sites
    epsilon: float | None

    def evidence(self, site: int, answer: int, carries: bool) -> float:
        """Return the log likelihood ratio of one answer."""
        return self.among(int(self.people[site]), site, answer, carries)

    def among(self, people: int, site: int, answer: int, carries: bool) -> float:
        """Return the same where only so many people are unknown."""
        odds = _odds(people, float(self.carriage[site]), self.epsilon)
        return odds.at(answer, carries)

    def shared(self, site: int, answers: Sites, carries: bool) -> float:
        """Return the ratio of several draws about the same carriers: the noise averages out."""
        q, people = float(self.carriage[site]), int(self.people[site])
        start, law = _binomial(people - 1, q)
        counts = start + np.arange(len(law) + 1)
        logs = -(self.epsilon or 50.0) * np.abs(answers[:, None] - counts).sum(axis=0)
        fits = np.exp(logs - logs.max()) + _LEAST
        without, carrying = law @ fits[:-1], law @ fits[1:]
        return float(
            np.log((carrying if carries else without) / (q * carrying + (1 - q) * without))
        )

    def information(self) -> Floats:
        """Return the mean evidence of an answer about a member: shape (2, variants), by whether she
        carries."""
        rows = np.stack([self.people.astype(float), self.carriage])
        distinct, where = np.unique(rows, axis=1, return_inverse=True)
        found = [_odds(int(n), float(q), self.epsilon).information for n, q in distinct.T]
        return np.array(found).reshape(-1, 2).T[:, where.ravel()]


@dataclass(frozen=True, slots=True, repr=False)
class _Odds:
    """Log likelihood ratios of the answers from `start` on, shape (2, answers), and their means."""

    start: int
    ratios: Floats
    information: tuple[float, float]

    def at(self, answer: int, carries: bool) -> float:
        place = min(max(answer - self.start, 0), self.ratios.shape[1] - 1)
        return float(self.ratios[int(carries), place])


@lru_cache(100_000)
def _odds(people: int, carriage: float, epsilon: float | None) -> _Odds:
    if people < 1:
        return _Odds(0, np.zeros((2, 1)), (0.0, 0.0))
    start, law = _binomial(people - 1, carriage)
    margin = 2
    if epsilon is not None:
        margin = int(_REACH / epsilon)
        steps = np.arange(-margin, margin + 1)
        law = np.convolve(law, np.tanh(epsilon / 2) * np.exp(-epsilon * np.abs(steps)))
    else:
        law = np.pad(law, margin)
    without = np.append(law, 0.0) + _LEAST
    carrying = np.append(0.0, law) + _LEAST
    base = (1 - carriage) * without + carriage * carrying
    ratios = np.log(np.stack([without, carrying]) / base)
    information = (float(without @ ratios[0]), float(carrying @ ratios[1]))
    return _Odds(start - margin, ratios, information)


def _binomial(count: int, chance: float) -> tuple[int, Floats]:
    """Return Bin(count, chance) within nine standard deviations and nine more: start, law."""
    reach = 9 * np.sqrt(count * chance * (1 - chance)) + 9
    low = max(0, int(count * chance - reach))
    k = np.arange(low, min(count, int(count * chance + reach)) + 1)
    ways = gammaln(count + 1) - gammaln(k + 1) - gammaln(count - k + 1)
    law = np.exp(ways + xlogy(k, chance) + xlog1py(count - k, -chance))
    return low, law / law.sum()
