"""Who reads the public tier and has an account too: the evidence of both adds up."""

from dataclasses import dataclass

import numpy as np

from beacon_node.attacks.informed import GuardAware
from beacon_node.attacks.noisy_counts import Counter
from beacon_node.attacks.target import Attack, Floats, Genome, Target


@dataclass(frozen=True, slots=True, repr=False)
class WithPublic:
    """An attack on counts that first reads all the public tier says of her."""

    counts: Attack
    reader: GuardAware
    public: Target

    @property
    def name(self) -> str:
        return f"{self.counts.name} + public"

    def evidence(
        self, victim: Genome, target: Counter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        carried = np.maximum(victim, 0)
        read = self.reader.evidence(carried, self.public, limit=len(victim), random=random)
        before = read[-1] if len(read) else 0.0
        counted = self.counts.evidence(victim, target, limit=limit, random=random)
        return before + np.concatenate(([0.0], counted))[:limit]
