"""Rows of the attack table, and how they are held against what is promised."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from beacon_node.attacks.power import (
    FALSE_POSITIVES,
    Power,
    most_false_positives,
    power_of,
)
from beacon_node.privacy.registered.bounds import DEFAULTS

Pair = tuple[np.ndarray, np.ndarray]  # scores of members and of outsiders, (people, questions)
PUBLIC, REGISTERED, BOTH = "public tier", "registered tier", "both tiers"
OPEN, NOISE, GUARDED = "no guard", "noise, no ledger", "guarded"
LEAST_FOUND = 0.6  # of the members, by an attack that succeeds


@dataclass(frozen=True, slots=True, order=True)
class Row:
    """One line: an attack on one kind of node. `bound` None: measured, and not promised."""

    setting: str
    tier: str
    guard: str
    attack: str
    bound: float | None = None

    def allowed(self, controls: int) -> float | None:
        """Return the bound where so few outsiders draw the line of 5 %: it may be one of more."""
        if self.bound is None:
            return None
        part = 1.0 if self.tier == PUBLIC else (DEFAULTS.order - 1) / DEFAULTS.order
        return min(1.0, self.bound * (most_false_positives(controls) / FALSE_POSITIVES) ** part)


Scores = dict[Row, list[Pair]]


def merged(parts: Iterable[Mapping[Row, Sequence[Pair]]]) -> Scores:
    """Return the scores of several jobs as one: victims are pooled."""
    whole: Scores = {}
    for part in parts:
        for row, pairs in part.items():
            whole.setdefault(row, []).extend(pairs)
    return whole


def powers(pairs: Sequence[Pair], random: np.random.Generator) -> list[Power]:
    """Return the power after each number of questions, over all cohorts."""
    members, outsiders = (np.concatenate(side) for side in zip(*pairs, strict=True))
    columns = zip(members.T, outsiders.T, strict=True)
    return [power_of(inside, outside, random=random) for inside, outside in columns]


@dataclass(frozen=True, slots=True)
class Line:
    """A row with its power after each number of questions, against `controls` outsiders."""

    row: Row
    powers: tuple[Power, ...]
    controls: int

    @property
    def lower(self) -> float:
        """The largest of the 99 % lower confidence limits."""
        return max(power.lower for power in self.powers)

    @property
    def is_broken(self) -> bool:
        """Whether more was found than the bound allows, and than few outsiders explain."""
        allowed = self.row.allowed(self.controls)
        return allowed is not None and self.lower > allowed

    @property
    def is_above(self) -> bool:
        return self.row.bound is not None and self.lower > self.row.bound

    def __str__(self) -> str:
        cells = "  ".join(f"{power.share:.3f}" for power in self.powers)
        bound, held = "measured", ""
        if self.row.bound is not None:
            bound = f"{self.row.bound:.2f} {self.row.allowed(self.controls):.3f}"
            held = " BROKEN" if self.is_broken else " above" if self.is_above else ""
        return (
            f"  {self.row.guard:24s}{self.row.attack:46s}{cells}   {self.lower:.3f}  {bound:10s}"
            f"{self.powers[0].victims:6,}{self.controls:6,}{held}"
        )


def lines(scores: Scores, seed: int) -> list[Line]:
    random = np.random.default_rng(seed)
    return [
        Line(row, tuple(powers(pairs, random)), sum(len(outside) for _, outside in pairs))
        for row, pairs in scores.items()
    ]


def attack_table(found: Sequence[Line], questions: Sequence[int]) -> Iterable[str]:
    """Yield the table as text, by setting and tier."""
    for setting, tier in dict.fromkeys((line.row.setting, line.row.tier) for line in found):
        yield f"\n{setting}; {tier}: power at 5 % false positives"
        asked = "  ".join(f"{number:5,}" for number in questions)
        heading = f"  {'node':24s}{'attack; after questions':46s}{asked}"
        yield f"{heading}   lower  bound      victims  others"
        yield from (
            str(line) for line in found if (line.row.setting, line.row.tier) == (setting, tier)
        )


@dataclass(frozen=True, slots=True)
class Useful:
    """A class of variants: how many were asked for, how many of them answered, how many truly, and
    how many the bound itself predicts to be answered."""

    asked: float
    told: float
    true: float
    predicted: float

    def __add__(self, other: "Useful") -> "Useful":
        return Useful(
            self.asked + other.asked,
            self.told + other.told,
            self.true + other.true,
            self.predicted + other.predicted,
        )
