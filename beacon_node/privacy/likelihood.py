"""What one public answer can tell about one person, as a log likelihood ratio.

The proofs stand in docs/guard.md. Everything is vectorised over variants; natural logarithms.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtrc

Floats = NDArray[np.float64]


def budget_for(*, power: float, false_positives: float) -> float:
    """Return b = ln(power / false_positives): the evidence a person may give away in a lifetime.

    >>> round(budget_for(power=0.10, false_positives=0.05), 6)
    0.693147
    """
    return math.log(power / false_positives)


def cost_of_yes(frequencies: ArrayLike, copies: ArrayLike, *, carriers_needed: int = 1) -> Floats:
    """Return r = ln(P[yes | she is counted] / P[yes | she is not there]), per variant.

    `frequencies` are lower limits of the reference frequency, in [0, 1]; `copies` are the allele
    copies of *other* people who are certain to stay (`public.copies`), 0 to some millions. A yes
    needs `carriers_needed` counted carriers. Infinite where nobody else could carry it.

    One carrier: r = -ln(1 - (1-f)^C) (Raisaro et al. 2017). More: r = ln(S(k-1) / S(k)) where S(x)
    is the chance of at least x carriers among C // 2 people with two copies each; pairing the
    copies makes r no smaller (docs/guard.md, lemma 2).

    >>> cost_of_yes([0.01, 1e-7], [2000, 2000]).round(6).tolist()
    [0.0, 8.517293]
    """
    f, c = np.broadcast_arrays(np.asarray(frequencies, float), np.asarray(copies, float))
    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        if carriers_needed == 1:
            return _cost_of_one(f, c)
        return _cost_of_several(f, c // 2, carriers_needed)


def _cost_of_one(f: Floats, copies: Floats) -> Floats:
    """Return -ln(1 - e^x), x = C ln(1-f), by whichever form keeps the digits (Mächler 2012)."""
    x = np.where(copies > 0, copies * np.log1p(-f), 0.0)
    small = x > -math.log(2)
    return np.where(small, -np.log(-np.expm1(x)), -np.log1p(-np.exp(x)))


def _cost_of_several(f: Floats, people: Floats, needed: int) -> Floats:
    """Return ln(1 + P[K = k-1] / P[K >= k]) for K binomial: no difference of two near-equal ones.

    Where too few people could carry it, or P[K >= k] is below the smallest float, it is infinite.
    """
    log_stay = 2 * np.log1p(-f)  # the logarithm of one person's chance of carrying nothing
    carry = -np.expm1(log_stay)
    ways = np.zeros_like(f)
    for i in range(needed - 1):
        ways += np.log(np.maximum(people - i, 0.0)) - math.log(i + 1)
    others = people - needed + 1
    one_less = np.exp(ways + (needed - 1) * np.log(carry) + others * log_stay)
    enough = bdtrc(needed - 1, people.astype(np.int64), carry)
    cost = np.log1p(np.where(enough > 0, one_less / enough, np.inf))
    return np.where((people >= needed) & (f > 0), np.where(f >= 1, 0.0, cost), np.inf)


def frequency_at(cost: float, copies: int, *, carriers_needed: int = 1) -> float:
    """Return the frequency at which a yes costs `cost`: rarer variants cost more.

    >>> round(frequency_at(cost_of_yes(0.004, 2000).item(), 2000), 9)
    0.004
    """
    low, high = math.log(1e-12), 0.0
    for _ in range(80):
        middle = (low + high) / 2
        at_middle = cost_of_yes(math.exp(middle), copies, carriers_needed=carriers_needed).item()
        low, high = (middle, high) if at_middle > cost else (low, middle)
    return math.exp(high)
