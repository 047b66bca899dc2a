"""Questions inferred from others: von Thenen, Ayday & Cicek (Bioinformatics 2019)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.membership import likelihoods
from beacon_node.attacks.target import (
    NOT_ANSWERABLE,
    Floats,
    Genome,
    Sites,
    Target,
    carried_rare_first,
)


def linked_groups(haplotypes: np.ndarray, *, least_r2: float = 0.7, reach: int = 20) -> Sites:
    """Return a group number per variant: variants whose panel haplotypes go together.

    `haplotypes` has the shape (variants, haplotypes) with 0 and 1, along the genome; each variant
    is compared with the `reach` before it and joins the nearest one with r² >= `least_r2`.
    """
    centred = haplotypes - haplotypes.mean(axis=1, dtype=np.float32, keepdims=True)
    norm = np.sqrt((centred**2).sum(axis=1))
    normal = (centred / np.where(norm > 0, norm, np.inf)[:, None]).astype(np.float32)
    groups = np.arange(len(haplotypes))
    joined = np.zeros(len(haplotypes), bool)
    for offset in range(1, reach + 1):
        r2 = np.einsum("ij,ij->i", normal[offset:], normal[:-offset]) ** 2
        new = np.flatnonzero((r2 >= least_r2) & ~joined[offset:]) + offset
        groups[new], joined[new] = new - offset, True
    return _roots(groups)


def _roots(parents: Sites) -> Sites:
    while (parents[parents] != parents).any():
        parents = parents[parents]
    return parents


@dataclass(frozen=True, slots=True, repr=False)
class QueryInference:
    """Asks one variant of each linked group, the rarest; its partners' answers are inferred.

    Where a node will not answer for the rarest, the group's next one stands in for it.
    """

    frequencies: Floats
    people: int
    groups: Sites
    name: ClassVar[str] = "inference by linkage"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = carried_rare_first(victim, self.frequencies)
        rank_of_group = {}
        for rank, group in enumerate(self.groups[sites].tolist()):
            rank_of_group.setdefault(group, rank)
        ranks = np.array([rank_of_group[g] for g in self.groups[sites].tolist()], np.int64)
        sites = sites[np.argsort(ranks, kind="stable")]
        answers = target.ask(sites)
        return self._told(sites, answers)[:limit]

    def _told(self, sites: Sites, answers: np.ndarray) -> Floats:
        """Return the score after each question; a group is left at its first answer."""
        is_answered = answers != NOT_ANSWERABLE
        answered = np.flatnonzero(is_answered)
        _, first = np.unique(self.groups[sites[answered]], return_index=True)
        is_first = np.zeros(len(sites), bool)
        is_first[answered[first]] = True
        weights = likelihoods(answers, self.frequencies[sites], self.people)
        asked = is_first | ~is_answered
        return np.cumsum(np.where(is_first, weights, 0.0)[asked])
