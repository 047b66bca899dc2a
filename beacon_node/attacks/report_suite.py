"""Every attack on one release at once, and what their outcome says about the bound."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from beacon_node.attacks.counts import CountRatio
from beacon_node.attacks.informed import Guard, GuardAware, WholeTable
from beacon_node.attacks.linkage import QueryInference, linked_groups
from beacon_node.attacks.membership import RandomHeterozygous, RareFirst
from beacon_node.attacks.power import Power, most_false_positives, power_of, scores_of
from beacon_node.attacks.report_genomes import Chosen, ListedGenomes
from beacon_node.attacks.report_ranges import TableBisection
from beacon_node.attacks.target import Attack, Floats, Genome, Sites, Table
from beacon_node.attacks.trained import Trained, Unexplained

_LINKED_AT_ONCE = 4_096  # variants compared with their neighbours together; bounds memory


@dataclass(frozen=True, slots=True, repr=False)
class Attacked:
    """A release under attack, and what its attackers know.

    `frequencies` by variant, `people` who are answered for, `groups` of linked variants. Of the
    members some attackers know half: `known` are some of these, `unknown` of the others;
    `is_explained` marks where a known member is counted, and so many they do not know. Outsiders
    with which an attacker trains are never those on whom she is tested.
    """

    target: Table
    guard: Guard
    frequencies: Floats
    people: int
    groups: Sites
    known: Sequence[Genome]
    unknown: Sequence[Genome]
    outsiders: ListedGenomes
    is_explained: np.ndarray
    unknown_people: int

    @property
    def counts_people(self) -> bool:
        return len(self.target.counts) > 0


@dataclass(frozen=True, slots=True)
class Trial:
    """One attack: its power after each number of questions, against `controls` outsiders."""

    attack: str
    powers: tuple[Power, ...]
    controls: int


def trials_on(
    attacked: Attacked,
    questions: Sequence[int],
    *,
    random: np.random.Generator,
    advance: Callable[[int], None],
) -> list[Trial]:
    """Return what every attack finds; `advance` is told of each person who was attacked."""
    found = []
    for attack, knows_half in _attacks(attacked):
        members = [attacked.unknown] if knows_half else [attacked.known, attacked.unknown]
        outsiders = halves(attacked.outsiders)[1] if knows_half else attacked.outsiders
        scores = []
        for people in (*members, outsiders):
            told = scores_of(attack, people, attacked.target, questions=questions, random=random)
            scores.append(told)
            advance(len(people))
        inside, outside = np.concatenate(scores[:-1]), scores[-1]
        pairs = zip(inside.T, outside.T, strict=True)
        powers = tuple(power_of(one, other, random=random) for one, other in pairs)
        found.append(Trial(attack.name, powers, len(outside)))
    return found


def people_to_attack(attacked: Attacked) -> int:
    """Return how many people all attacks together are tried on."""
    half = len(attacked.unknown) + len(halves(attacked.outsiders)[1])
    everybody = len(attacked.known) + len(attacked.unknown) + len(attacked.outsiders)
    return 2 * half + (6 + attacked.counts_people) * everybody


def halves(genomes: ListedGenomes) -> tuple[Chosen, Chosen]:
    middle, end = len(genomes) // 2, len(genomes)
    return genomes.some(range(middle)), genomes.some(range(middle, end))


def _attacks(attacked: Attacked) -> list[tuple[Attack, bool]]:
    """Return every attack, and whether it knows half of the members."""
    f, people, guard = attacked.frequencies, attacked.people, attacked.guard
    trained = Trained.on(
        attacked.target, f, members=attacked.known, outsiders=halves(attacked.outsiders)[0]
    )
    rest = Unexplained(guard, f, attacked.is_explained, attacked.unknown_people)
    alone: list[Attack] = [
        RandomHeterozygous(people),
        RareFirst(f, people),
        QueryInference(f, people, attacked.groups),
        TableBisection(f, people, guard.costs > guard.dearest),
        GuardAware(guard, f, people),
        WholeTable(guard, f, people),
    ]
    counting: list[Attack] = [CountRatio(f, people)] if attacked.counts_people else []
    return [(one, False) for one in counting + alone] + [(trained, True), (rest, True)]


def linked_in(genomes: ListedGenomes) -> Sites:
    """Return groups of linked variants, by what people carry in place of haplotypes."""
    groups = []
    for start in range(0, genomes.variants, _LINKED_AT_ONCE):
        end = min(start + _LINKED_AT_ONCE, genomes.variants)
        groups.append(linked_groups(genomes.block(start=start, end=end)) + start)
    return np.concatenate([*groups, np.empty(0, np.int64)]).astype(np.int64)


# ---- what the outcome says -----------------------------------------------------------------------


def most_allowed(controls: int, *, budget: float) -> float:
    """Return the power up to which a trial agrees with the bound, e^b times the false positives.

    A line drawn by the scores of few controls is one of about 5 %, and of at most this limit.

    >>> round(most_allowed(10_000_000, budget=math.log(2)), 3)
    0.1
    """
    return min(1.0, math.exp(budget) * most_false_positives(controls))


def least_noticed(victims: int, controls: int, *, budget: float) -> float:
    """Return the least power that such a trial would tell from the bound; 1 if none would be."""
    allowed = most_allowed(controls, budget=budget)
    return next((n / victims for n in range(victims + 1) if Power(n, victims).lower > allowed), 1.0)
