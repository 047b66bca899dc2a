"""Numbers of people told so coarsely that they identify nobody."""

from itertools import cycle

LOWEST = 50  # nothing below it is told apart from nobody


def band(count: int) -> str:
    """Return the band a number of people lies in: below 50, then steps of 1, 2, 5 and so on.

    >>> band(0), band(49), band(50), band(199), band(640), band(12_345)
    ('<50', '<50', '50–99', '100–199', '500–999', '10,000–19,999')
    """
    if count < LOWEST:
        return f"<{LOWEST}"
    low, factors = LOWEST, cycle((2, 2, 2.5))  # 50, 100, 200, 500 …
    while count >= (high := int(low * next(factors))):
        low = high
    return f"{low:,}–{high - 1:,}"
