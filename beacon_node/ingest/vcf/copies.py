"""Who carries what, from an array of called copies; what a genotype means is decided here.

`genotypes` holds the same rule as a table over its words; a test keeps the two alike.
"""

from typing import NamedTuple

import numpy as np

from beacon_node.errors import InvalidInput
from beacon_node.model.carriers import encode

MISSING, PADDING = -1, -2


class Calls(NamedTuple):
    """Carrier sets of one record, stored; `alleles[k - 1]` is (het, hom, single) of ALT k."""

    alleles: tuple[tuple[bytes | None, bytes | None, bytes | None], ...]
    no_call: bytes | None
    haploid: bytes | None


def nobody_called(alts: int, samples: int) -> Calls:
    """Return the sets of a record that has no genotypes at all."""
    return Calls(((None, None, None),) * alts, encode(np.arange(samples), samples), None)


def calls_of(copies: np.ndarray, alts: int) -> Calls:
    """Return the sets for `copies`, shape (samples, highest ploidy), padded with PADDING.

    A genotype with a missing part carries nothing and is a no-call. A lone missing copy tells of
    one copy only in a record where somebody has one called copy: some writers put `.` for `./.`.
    """
    samples = len(copies)
    if copies.max(initial=0) > alts:
        raise InvalidInput(
            f"a genotype names allele {copies.max()}, but ALT has {alts}", field="GT"
        )
    ploidy = (copies != PADDING).sum(axis=1)
    is_missing = (copies == MISSING).any(axis=1) | (ploidy == 0)
    is_one = ploidy == 1
    has_called_one = (is_one & ~is_missing).any()
    alleles = []
    for number in range(1, alts + 1):
        carried = np.where(is_missing, 0, (copies == number).sum(axis=1))
        alleles.append(
            (
                _set((carried > 0) & (carried < ploidy), samples),
                _set((carried == ploidy) & (ploidy > 1), samples),
                _set((carried == 1) & is_one, samples),
            )
        )
    haploid = _set(is_one, samples) if has_called_one else None
    return Calls(tuple(alleles), _set(is_missing, samples), haploid)


def _set(members: np.ndarray, samples: int) -> bytes | None:
    return encode(np.flatnonzero(members), samples)
