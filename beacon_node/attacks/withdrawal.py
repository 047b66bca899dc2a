"""Before and after: what changes when somebody leaves (Ayoz, Ayday & Cicek 2021)."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.informed import REFUTED
from beacon_node.attacks.target import NO, YES, Floats, Genome, Target


@dataclass(frozen=True, slots=True, repr=False)
class BeforeAndAfter:
    """Was it the victim who left? Each answer that turned from yes to no is one of her variants.

    `earlier` is the node before anybody left, the target is the node afterwards.
    """

    frequencies: Floats
    earlier: Target
    name: ClassVar[str] = "before and after"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        sites = np.argsort(self.frequencies, kind="stable")[:limit]
        is_lost = (self.earlier.ask(sites) == YES) & (target.ask(sites) == NO)
        carries = -np.expm1(2 * np.log1p(-np.clip(self.frequencies[sites], 1e-9, 1 - 1e-9)))
        weights = np.where(victim[sites] > 0, -np.log(carries), REFUTED)
        return np.cumsum(np.where(is_lost, weights, 0.0))
