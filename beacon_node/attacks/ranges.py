"""Ranges, pages and lists: the same answers by another way in."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beacon_node.attacks.membership import likelihoods
from beacon_node.attacks.target import NO, YES, Floats, Genome, Target, carried_rare_first


@dataclass(frozen=True, slots=True, repr=False)
class Bisection:
    """Never asks for a variant: halves ranges until a yes can mean only one.

    `never_yes` marks variants that the node's public rule never answers: there silence says
    nothing, and it does not ask.
    """

    frequencies: Floats
    people: int
    never_yes: np.ndarray
    name: ClassVar[str] = "range bisection"

    def evidence(
        self, victim: Genome, target: Target, *, limit: int, random: np.random.Generator
    ) -> Floats:
        carried = carried_rare_first(victim * ~self.never_yes, self.frequencies)
        known: dict[tuple[int, int], bool] = {}
        answers, asked = [], [0]
        for site in carried.tolist():
            if asked[-1] >= limit:
                break
            answers.append(self._bisect(target, site, known))
            asked.append(len(known))
        weights = likelihoods(
            np.array(answers, np.int8), self.frequencies[carried[: len(answers)]], self.people
        )
        scores = np.concatenate(([0.0], np.cumsum(weights)))
        questions = np.arange(1, min(asked[-1], limit) + 1)
        return scores[np.searchsorted(asked, questions, side="right") - 1]

    def _bisect(self, target: Target, site: int, known: dict[tuple[int, int], bool]) -> int:
        """Return what a point question would have been told, asking for ranges around it."""
        start, end = 0, len(self.frequencies)
        while True:
            if (start, end) not in known:
                known[start, end] = target.ask_range(start=start, end=end)
            if not known[start, end]:
                return NO
            if end - start == 1:
                return YES
            middle = (start + end) // 2
            start, end = (start, middle) if site < middle else (middle, end)
