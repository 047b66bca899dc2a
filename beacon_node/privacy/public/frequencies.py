"""How frequent an allele certainly is, from the counts of public reference panels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv

from beacon_node.privacy.likelihood import Floats

UNSEEN = 1e-7  # of an allele that no panel saw, or that a panel saw too few copies to judge
LEAST_ALLELES = 2_000  # copies a panel must have called at a site: 1,000 people
CONFIDENCE = 0.999


def lower_limits(counts: ArrayLike, numbers: ArrayLike) -> Floats:
    """Return the 99.9 % lower confidence limits of AC / AN (Clopper & Pearson 1934), per site.

    `counts` are AC, `numbers` AN of one panel. Sites with AN < 2,000 and unseen alleles get 1e-7.

    >>> lower_limits([0, 20, 200, 20], [4000, 4000, 4000, 1999]).round(7).tolist()
    [1e-07, 0.0022424, 0.039984, 1e-07]
    """
    ac, an = np.broadcast_arrays(np.asarray(counts, float), np.asarray(numbers, float))
    is_judged = (an >= LEAST_ALLELES) & (ac > 0)
    safe_ac, safe_an = np.where(is_judged, ac, 1.0), np.where(is_judged, an, 2.0)
    limits = betaincinv(safe_ac, safe_an - safe_ac + 1, 1 - CONFIDENCE)
    return np.where(is_judged, np.maximum(limits, UNSEEN), UNSEEN)


def least_of(panels: Sequence[Floats]) -> Floats:
    """Return the minimum over the panels of every ancestry in the cohort, per site."""
    return np.minimum.reduce(list(panels))
