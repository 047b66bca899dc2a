"""Public reference panels: what is known of allele frequencies without looking at any cohort."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from beacon_node.model.carriers import NumberSet
from beacon_node.model.genome import Assembly
from beacon_node.model.variation import Allele

FLOOR = 1e-7
"""The lower limit of an allele that a panel has not seen, or not often enough to say."""

LEAST_NUMBER = 2_000
"""Alleles a panel must have looked at where one lies; below it, it says nothing of that place."""


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the operator says of a panel.

    `ancestry` is a free label, `population` the one of the file's populations that is meant (all
    of it, if empty). `is_disjoint`: nobody of it is in a cohort of this node; no other panel is
    used to protect anybody.
    """

    ancestry: str
    population: str = ""
    is_disjoint: bool = False


class PanelSite(NamedTuple):
    """An allele in normal form, how often the panel has it, of how many alleles it looked at."""

    allele: Allele
    count: int
    number: int


@dataclass(frozen=True, slots=True)
class Panel:
    """A loaded panel. `sites` are its alleles; `thin` of them lie where it looked too little."""

    name: str
    assembly: Assembly
    declaration: Declaration
    version: str
    sites: int
    thin: int


@dataclass(frozen=True, slots=True, eq=False)
class FrequencyChunk:
    """Some alleles of a walk, of highest limit first; arrays of one length.

    `places` are int64, the id of the first allele that starts there (store/schema.py); `refs` and
    `alts` are strings; `limits` float64, the lower limits of the frequency.
    """

    places: np.ndarray
    refs: np.ndarray
    alts: np.ndarray
    limits: np.ndarray

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True)
class GenomeCalls:
    """What reference people have of one allele; sets of people's numbers.

    `het` one of two copies, `hom` all of two or more, `single` the only copy. `one_copy`:
    everybody called with one copy there. `unknown`: of whom it is not known whether they have it.
    """

    het: NumberSet
    hom: NumberSet
    single: NumberSet
    one_copy: NumberSet
    unknown: NumberSet

    @property
    def carriers(self) -> NumberSet:
        return self.het | self.hom | self.single


@dataclass(frozen=True, slots=True, eq=False)
class CarrierChunk:
    """Who carries the alleles of a `FrequencyChunk`.

    Allele i is carried by `people[offsets[i]:offsets[i + 1]]` (int32, ascending), in as many
    `copies` (uint8: 1, or 2 for homozygous).
    """

    offsets: np.ndarray
    people: np.ndarray
    copies: np.ndarray
