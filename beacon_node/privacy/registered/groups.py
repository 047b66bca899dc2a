"""Filters at the registered tier: how large a group is, and what is predicted of it."""

import numpy as np

from beacon_node.errors import NotPermitted
from beacon_node.privacy.registered.bounds import Bounds

_LEAST_STEP = 10  # to which numbers of people are rounded
_LN_MISS = 14.0  # the lower bound of a group's size is too high with probability below 1e-6


def group_size(noisy: int, bounds: Bounds) -> int:
    """Return a lower bound of the number of people a filter selects; NotPermitted for few.

    `noisy` is a count of those people with noise of its own (`count.draw` at phenotype prices),
    drawn once and stored: the decision tells no more than that draw does.
    """
    if noisy < bounds.group_floor:
        raise NotPermitted(too_few(bounds.group_floor))
    return max(1, noisy - int(np.ceil(_LN_MISS / bounds.epsilon)))


def too_few(floor: int) -> str:
    """Return why a group of fewer people is not counted."""
    return (
        f"filters: fewer than about {floor} people are selected, too few for a count to hide "
        "anybody; wider terms may select more, and a data access committee can grant exact counts"
    )


def told_size(noisy: int) -> int:
    """Return what is told of a noisy number of people: rounded down to two digits, or to tens.

    So the number of people of a dataset stays as it is published, rounded.

    >>> [told_size(noisy) for noisy in (57, 123, 1_999, 98_765)]
    [50, 120, 1900, 98000]
    """
    return noisy - noisy % max(_LEAST_STEP, 10 ** (len(str(noisy)) - 2))
