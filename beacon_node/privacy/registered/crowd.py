"""Among whom a person hides: the law of how many others carry an allele."""

import math
from dataclasses import dataclass

import numpy as np

_TAIL = 35.0  # each binomial's window leaves out a mass of at most 2 exp(-35)
_LONGEST_PRODUCT = 10_000_000  # of two windows that are convolved exactly
_BLOCK = 256  # exp(2 * 256) is still a float


@dataclass(frozen=True, slots=True)
class Frequency:
    """Public confidence limits of an allele's frequency, 0 <= low <= high <= 1.

    The minimum and the maximum over the panels of every ancestry in the cohort.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 <= self.low <= self.high <= 1:
            raise ValueError("frequency limits must be 0 <= low <= high <= 1")


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many people a question is about, by their callable copies of the place.

    Counts may be lower bounds: fewer people only cost more.
    """

    two: int
    one: int = 0

    @property
    def copies(self) -> tuple[int, ...]:
        return tuple(n for n, people in ((2, self.two), (1, self.one)) if people > 0)


@dataclass(frozen=True, slots=True)
class Law:
    """Probabilities of consecutive whole numbers from `start`; `missing` bounds the mass outside.

    The probabilities add up to 1: they are the law given that it lies in the window.
    """

    start: int
    probabilities: np.ndarray
    missing: float


def carrier_probability(frequency: float, copies: int) -> float:
    """Return the probability that a person with 1 or 2 callable copies carries the allele."""
    return (
        frequency
        if copies == 1
        else -math.expm1(2 * math.log1p(-frequency))
        if frequency < 1
        else 1.0
    )


def others(crowd: Crowd, frequency: float) -> Law:
    """Return the law of the number of carriers among the others: a sum of two binomials.

    One person of each kind is taken out, which bounds the case of either. Where both are very
    large only the more variable one is kept: less to hide in, so never too cheap.
    """
    parts = [
        binomial(people - 1, carrier_probability(frequency, copies))
        for people, copies in ((crowd.two, 2), (crowd.one, 1))
        if people > 1
    ]
    parts.sort(key=lambda law: len(law.probabilities))
    if not parts:
        return NOBODY
    if len(parts) == 1:
        return parts[0]
    if len(parts[0].probabilities) * len(parts[1].probabilities) > _LONGEST_PRODUCT:
        return parts[1]
    return Law(
        parts[0].start + parts[1].start,
        np.convolve(parts[0].probabilities, parts[1].probabilities),
        parts[0].missing + parts[1].missing,
    )


NOBODY = Law(0, np.ones(1), 0.0)


def binomial(count: int, probability: float) -> Law:
    """Return Bin(count, probability) within a window that leaves out at most 2 exp(-35).

    Bernstein: P(|X - mean| >= t) <= 2 exp(-u) for t = u/3 + sqrt(u²/9 + 2 u variance).
    """
    if probability <= 0 or probability >= 1:
        return Law(count if probability >= 1 else 0, np.ones(1), 0.0)
    mean = count * probability
    reach = _TAIL / 3 + math.sqrt(_TAIL**2 / 9 + 2 * _TAIL * mean * (1 - probability))
    low, high = max(0, math.floor(mean - reach)), min(count, math.ceil(mean + reach))
    k = np.arange(low, high)
    steps = np.log((count - k) / (k + 1)) + (math.log(probability) - math.log1p(-probability))
    logs = np.concatenate(([0.0], np.cumsum(steps)))
    weights = np.exp(logs - logs.max())
    return Law(low, weights / weights.sum(), 2 * math.exp(-_TAIL))


def with_noise(law: Law, epsilon: float, margin: int) -> np.ndarray:
    """Return the probabilities of law + two-sided geometric noise on the window ± `margin`.

    Exact up to rounding, also relative to each probability: sums of positive terms only.
    """
    padded = np.pad(law.probabilities, margin)
    below = _decayed(padded, epsilon)
    above = _decayed(padded[::-1], epsilon)[::-1]
    return math.tanh(epsilon / 2) * (below + above - padded)


def _decayed(values: np.ndarray, epsilon: float) -> np.ndarray:
    """Return sum over k <= y of values[k] exp(-epsilon (y - k)), for every y, block by block."""
    blocks = np.pad(values, (0, -len(values) % _BLOCK)).reshape(-1, _BLOCK)
    decay = np.exp(-epsilon * np.arange(_BLOCK))
    sums = np.cumsum(blocks / decay, axis=1) * decay
    carried = 0.0
    for number, last in enumerate(sums[:, -1].tolist()):
        sums[number] += carried * math.exp(-epsilon) * decay
        carried = last + carried * math.exp(-epsilon) * float(decay[-1])
    return sums.ravel()[: len(values)]
