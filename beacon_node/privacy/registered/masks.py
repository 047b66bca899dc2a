"""Sets of people as one flag per person, and how rows store them."""

import numpy as np

from beacon_node.model.carriers import BITS, NumberSet, decode, encode

_DENSE_SHARE = 32  # one in so many: from there on bits are short enough, and far quicker


def mask_of(numbers: NumberSet) -> np.ndarray:
    """Return one flag per number below the universe; not to be changed."""
    return numbers.flags()


def store_mask(mask: np.ndarray) -> bytes:
    """Return a stored set (model.carriers), empty for nobody."""
    count = int(np.count_nonzero(mask))
    if not count:
        return b""
    if count * _DENSE_SHARE > len(mask):
        return bytes([BITS]) + np.packbits(mask, bitorder="little").tobytes()
    return encode(np.flatnonzero(mask), len(mask)) or b""


def load_mask(blob: bytes, universe: int) -> np.ndarray:
    """Return the flags that `store_mask` stored, or those of any other stored set."""
    if blob and blob[0] == BITS:
        bits = np.frombuffer(blob, np.uint8, offset=1)
        return np.unpackbits(bits, count=universe, bitorder="little").view(bool)
    mask = np.zeros(universe, bool)
    mask[decode(blob)] = True
    return mask
