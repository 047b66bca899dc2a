"""What an answer costs: how much it tells of somebody, whichever answer it is.

For one person j with carrier status g, let A be the law of (carriers among the others + noise)
and A' the same one higher: the answer has the law P1 = A' if g else A. Had j's seat another
person, it would be P0 = (1 - q) A + q A'. A person whose budget is spent is replaced by a draw
with a public probability c: P1 = (1 - c) A + c A'. Prices are D_a(P1 || P0), rounded up.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from beacon_node.privacy.registered.bounds import RENYI_UNIT, RHO_UNIT, Bounds, account_limits
from beacon_node.privacy.registered.crowd import (
    Crowd,
    Frequency,
    Law,
    carrier_probability,
    others,
    with_noise,
)

_MARGIN = 40  # beyond the window the noise has less than exp(-40 epsilon) left
_ROUNDING = 1e-11  # more than all rounding errors of the sums together


@dataclass(frozen=True, slots=True)
class Prices:
    """What one answer costs, in units, and what stands for people who cannot pay.

    `carrier` and `other` are charged to people who carry and who do not; `fill` is what draws in
    place of exhausted people tell. `rho_carrier` and `rho_other` are the worst case, whatever is
    known of the others. `fill_two` and `fill_one`: probabilities of those draws by callable copies.
    """

    carrier: int
    other: int
    fill: int
    rho_carrier: int
    rho_other: int
    fill_two: float = 0.0
    fill_one: float = 0.0

    @property
    def dearest(self) -> int:
        return max(self.carrier, self.other)

    @property
    def dearest_rho(self) -> int:
        return max(self.rho_carrier, self.rho_other)

    def is_affordable(self, bounds: Bounds) -> bool:
        """Say whether a person with a whole budget can pay; else the question is not answerable.

        Depends on public numbers alone.
        """
        limits = account_limits(bounds)
        return (
            self.dearest <= limits.renyi
            and self.dearest_rho <= limits.rho
            and self.fill <= limits.fill
        )


PriceList = Callable[[Crowd, Frequency], Prices]


def price_list(bounds: Bounds, size: int = 100_000) -> PriceList:
    """Return a function that gives prices and remembers `size` of them."""
    return lru_cache(size)(lambda crowd, frequency: price(crowd, frequency, bounds))


def price(crowd: Crowd, frequency: Frequency, bounds: Bounds) -> Prices:
    """Return the prices of a count of carriers of one allele among `crowd`.

    A carrier stands out most where few are expected to carry, a person who does not where most
    are; everybody stands out most among others who vary least, which is at one of the two limits.
    """
    if not crowd.copies:
        raise ValueError("a question is about at least one person")
    laws = [others(crowd, limit) for limit in (frequency.low, frequency.high)]
    seats = [_Seat.of(frequency, copies) for copies in crowd.copies]
    fill = dict(zip(crowd.copies, (seat.fill for seat in seats), strict=True))

    def worst(pairs: Iterable[tuple[float, float]]) -> int:
        distinct = set(pairs)
        return _units(max(divergence(*pair, law, bounds) for pair in distinct for law in laws))

    return Prices(
        carrier=worst([(1.0, min(seat.low for seat in seats))]),
        other=worst([(0.0, max(seat.high for seat in seats))]),
        fill=worst((seat.fill, limit) for seat in seats for limit in (seat.low, seat.high)),
        rho_carrier=_rho_units(1.0, min(fill.values()), bounds),
        rho_other=_rho_units(0.0, max(fill.values()), bounds),
        fill_two=fill.get(2, 0.0),
        fill_one=fill.get(1, 0.0),
    )


@dataclass(frozen=True, slots=True)
class _Seat:
    """What is publicly known of one person: she carries with probability `low` to `high`.

    `fill`, the middle, is the probability of a draw in her place.
    """

    low: float
    high: float

    @property
    def fill(self) -> float:
        return (self.low + self.high) / 2

    @classmethod
    def of(cls, frequency: Frequency, copies: int) -> "_Seat":
        low, high = (carrier_probability(f, copies) for f in (frequency.low, frequency.high))
        return cls(low, high)


def phenotype_price(bounds: Bounds) -> Prices:
    """Return the prices of a count without a variation, of which no public frequency is known.

    Counted people pay epsilon²/2 of zero-concentrated differential privacy; nobody else pays, and
    nothing stands for people who cannot.
    """
    return Prices(0, 0, 0, rho_carrier=_rho_units(1.0, 0.0, bounds), rho_other=0)


def divergence(one: float, zero: float, law: Law, bounds: Bounds) -> float:
    """Return D_a((1 - one) A + one A' || (1 - zero) A + zero A'), never too little.

    `law` is that of the others, A with noise added. What its window leaves out, and what the noise
    carries beyond, adds at most its mass times exp((a - 1) epsilon): D_a's sum is jointly convex in
    the two laws, and shifting by one changes no probability by a factor above exp(epsilon).
    """
    order, epsilon = bounds.order, bounds.epsilon
    below = with_noise(law, epsilon, _MARGIN)
    low, high = below[1:], below[:-1]  # A and A' at the same counts
    p1 = (1 - one) * low + one * high
    ratio = p1 / ((1 - zero) * low + zero * high)
    inside = float((p1 * ratio ** (order - 1)).sum())
    left_out = law.missing + 2 * math.exp(-epsilon * (_MARGIN - 2))
    total = inside + left_out * math.exp((order - 1) * epsilon)
    return max(0.0, math.log(total)) / (order - 1) + _ROUNDING


def rho(one: float, zero: float, epsilon: float) -> float:
    """Return the zero-concentrated loss between draws of probability `one` and `zero`, plus noise.

    The likelihood ratio takes two values, whose logarithms differ by R. With m its mean (the
    Kullback-Leibler divergence), Hoeffding's lemma gives D_a <= m + (a - 1) R²/8, hence
    D_a / a <= max(m, R²/8). One = 1 and zero = 0 give epsilon²/2 (Bun & Steinke 2016).
    """
    up, down = math.exp(epsilon), math.exp(-epsilon)
    high = _ratio(one, zero, down)  # where the count is above that of the others
    low = _ratio(one, zero, up)
    weight = (one + (1 - one) * down) / (1 + down)
    mean = weight * math.log(high) + (1 - weight) * math.log(low)
    return max(mean, math.log(high / low) ** 2 / 8)


def _ratio(one: float, zero: float, below: float) -> float:
    return (one + (1 - one) * below) / (zero + (1 - zero) * below)


def _units(cost: float) -> int:
    return math.ceil(cost / RENYI_UNIT) + 1


def _rho_units(one: float, zero: float, bounds: Bounds) -> int:
    return math.ceil(rho(one, zero, bounds.epsilon) / RHO_UNIT)
