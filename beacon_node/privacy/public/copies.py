"""How many allele copies of other people an answer can hide a person among.

Public facts of one batch (the people whom one release adds): how many women and men each assay
covers. What single genotypes are missing does not enter.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from beacon_node.model.genome import PSEUDOAUTOSOMAL, Assembly, Region

Counts = NDArray[np.int64]

LEAST_PEOPLE = 50  # fewer are never answered for
SHARE_REMAINING = 0.9  # of a batch; when fewer still consent, the batch is closed
PERCENT_NOT_EXHAUSTED = 99  # of people still have budget anywhere in the disclosable set


class Place(IntEnum):
    """Parts of the genome that differ in how many copies a person has."""

    AUTOSOME = 0
    PSEUDOAUTOSOMAL = 1  # on X
    X = 2
    Y = 3  # with its pseudoautosomal parts, which callers mask or call as one copy
    MITOCHONDRIAL = 4


_MOST_COPIES = np.array([2, 2, 2, 1, 1])  # of one person, by Place
_OF_WOMEN = np.array([2, 2, 2, 0, 1])
_OF_MEN = np.array([2, 2, 1, 1, 1])
_OF_UNKNOWN = np.minimum(_OF_WOMEN, _OF_MEN)


def place_of(region: Region, assembly: Assembly) -> Place:
    """Return the part of the genome a variant lies in; partly pseudoautosomal is X."""
    if region.reference_name == "X":
        inside = any(
            start <= region.start and region.end <= end
            for start, end in PSEUDOAUTOSOMAL[assembly]["X"]
        )
        return Place.PSEUDOAUTOSOMAL if inside else Place.X
    return {"Y": Place.Y, "MT": Place.MITOCHONDRIAL}.get(region.reference_name, Place.AUTOSOME)


@dataclass(frozen=True, slots=True)
class AssayGroup:
    """How many people of a batch were sequenced by one assay; sex is what their records say."""

    women: int
    men: int
    unknown: int = 0

    def copies(self) -> Counts:
        """Return their allele copies by `Place`; unknown sex counts as the one with fewer."""
        return self.women * _OF_WOMEN + self.men * _OF_MEN + self.unknown * _OF_UNKNOWN


def callable_copies(
    places: ArrayLike, is_covered: ArrayLike, groups: Sequence[AssayGroup]
) -> Counts:
    """Return the batch's callable copies, per site.

    `places` are `Place` values, shape (sites,); `is_covered` says which group's assay covers which
    site, shape (sites, groups).
    """
    by_place = np.array([group.copies() for group in groups]).reshape(len(groups), len(Place))
    covered = np.asarray(is_covered, bool).reshape(-1, len(groups))
    return (covered * by_place[:, np.asarray(places, np.int64)].T).sum(axis=1)


def certain_copies(copies: ArrayLike, places: ArrayLike, *, may_leave: int) -> Counts:
    """Return the copies to reckon with: without herself, without who may leave, 1 % exhausted.

    Each of these `may_leave + 1` people takes as many copies as anybody can have there.
    """
    most = _MOST_COPIES[np.asarray(places, np.int64)]
    left = np.maximum(np.asarray(copies, np.int64) - most * (may_leave + 1), 0)
    return left * PERCENT_NOT_EXHAUSTED // 100


def least_remaining(people: int, *, share: float = SHARE_REMAINING) -> int:
    """Return N_min of a batch: with fewer who still consent it is closed, all its answers no.

    >>> [least_remaining(people) for people in (50, 52, 65, 1000)]
    [50, 50, 59, 900]
    """
    return max(LEAST_PEOPLE, math.ceil(round(share * people, 6)))


def may_leave(people: int, *, share: float = SHARE_REMAINING) -> int:
    """Return how many may leave a batch of `people` (at least 50) before it is closed."""
    return people - least_remaining(people, share=share)
