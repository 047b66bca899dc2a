"""Between which limits an allele's frequency certainly lies, from public reference panels."""

from collections.abc import Sequence

import numpy as np
from scipy.special import betaincinv

from beacon_node.model.lower_limits import CONFIDENCE, lower_limits
from beacon_node.model.panels import LEAST_NUMBER
from beacon_node.privacy.registered.crowd import Frequency


def upper_limits(counts: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Return the upper confidence limit of each frequency (model.lower_limits has the lower one).

    Clopper and Pearson's, the quantile CONFIDENCE of Beta(count + 1, number - count); 1 where fewer
    than `LEAST_NUMBER` alleles were looked at, which makes a site not answerable.

    >>> upper_limits([0, 20, 4000, 20], [4000, 4000, 4000, 1999]).round(6).tolist()
    [0.001725, 0.009489, 1.0, 1.0]
    """
    counts, numbers = np.asarray(counts, np.int64), np.asarray(numbers, np.int64)
    limits = np.ones(counts.shape)
    told = (counts < numbers) & (numbers >= LEAST_NUMBER)
    seen, total = counts[told].astype(float), numbers[told].astype(float)
    limits[told] = betaincinv(seen + 1, total - seen, CONFIDENCE)
    return limits


def frequency(panels: Sequence[tuple[int, int]]) -> Frequency:
    """Return the limits over (AC, AN) of the panels of every ancestry in a cohort, at one site.

    >>> found = frequency([(20, 4000), (400, 4000)])
    >>> round(found.low, 5), round(found.high, 4)
    (0.00224, 0.1155)
    """
    counts, numbers = (np.array(column) for column in zip(*panels, strict=True))
    low, high = lower_limits(counts, numbers), upper_limits(counts, numbers)
    return Frequency(float(low.min()), float(high.max()))
