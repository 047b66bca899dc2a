"""What an attacker sees of a node: answers to questions about variants, never how they came about.

Variants are positions 0 … n-1 along the genome, in one order that attacker and node share.
"""

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Genome = NDArray[np.int8]  # alternate alleles carried, per variant
Sites = NDArray[np.int64]
Answers = NDArray[np.int8]

NO, YES, NOT_ANSWERABLE = 0, 1, -1


class Target(Protocol):
    """A node under attack."""

    def ask(self, sites: Sites) -> Answers:
        """Return YES, NO or NOT_ANSWERABLE for each variant."""
        ...

    def ask_range(self, *, start: int, end: int) -> bool:
        """Return whether any variant in [start, end) is answered yes."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class Table:
    """A node as the table of all it would answer. `counts` stay empty where it never counts."""

    answers: Answers
    counts: Sites = field(default_factory=lambda: np.empty(0, np.int64))
    _yes_before: Sites = field(init=False)

    def __post_init__(self) -> None:
        sums = np.concatenate(([0], np.cumsum(self.answers == YES)))
        object.__setattr__(self, "_yes_before", sums)

    def ask(self, sites: Sites) -> Answers:
        return self.answers[sites]

    def ask_range(self, *, start: int, end: int) -> bool:
        return bool(self._yes_before[end] > self._yes_before[start])

    def ask_counts(self, sites: Sites) -> Sites:
        """Return how many people carry each variant, exactly."""
        return self.counts[sites]


class Attack(Protocol):
    """One way to find out whether somebody is in the data.

    `evidence` returns the score after each question, at most `limit` of them; `random` is the only
    chance an attack may use.
    """

    @property
    def name(self) -> str: ...

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats: ...


def carried_rare_first(victim: Genome, frequencies: Floats) -> Sites:
    """Return the variants a genome carries, the rarest first."""
    carried = np.flatnonzero(victim)
    return carried[np.argsort(frequencies[carried], kind="stable")]
