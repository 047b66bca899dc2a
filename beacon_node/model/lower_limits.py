"""How common an allele is at least, by what a panel has counted."""

from collections.abc import Sequence

import numpy as np
from scipy.special import betaincinv

from beacon_node.model.panels import FLOOR, LEAST_NUMBER

CONFIDENCE = 0.999  # one-sided


def lower_limits(counts: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return the lower confidence limit of each frequency, float64, never below `FLOOR`.

    `counts` of `numbers` alleles were seen, 0 <= counts <= numbers. One-sided limit of Clopper and
    Pearson (Biometrika 26, 1934): the frequency at which as many or more are seen with probability
    1 - CONFIDENCE, a quantile of Beta(count, number - count + 1). `FLOOR` where none was seen or
    fewer than `LEAST_NUMBER` looked at.
    """
    counts, numbers = np.asarray(counts, np.int64), np.asarray(numbers, np.int64)
    limits = np.full(counts.shape, FLOOR)
    told = (counts > 0) & (numbers >= LEAST_NUMBER)
    seen, total = counts[told], numbers[told]
    quantiles = betaincinv(seen.astype(float), (total - seen + 1).astype(float), 1 - CONFIDENCE)
    limits[told] = np.maximum(quantiles, FLOOR)
    return limits


def least_limits(panels: Sequence[np.ndarray]) -> np.ndarray:
    """Return the smallest limit of each allele over several panels, arrays of one shape."""
    return np.minimum.reduce(list(panels))
