"""Attacks on one release, its own people being the victims: does the guard hold?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from beacon_node.actions.privacy_report.contents import (
    QUESTIONS,
    AttackResult,
    Attacks,
    Figure,
    Outcome,
    Verdict,
)
from beacon_node.actions.privacy_report.scene import Cast, Scene, scene_of
from beacon_node.actions.privacy_report.sites import Chosen, Sampling, chosen_sites
from beacon_node.actions.privacy_report.subject import Subject
from beacon_node.attacks.informed import Guard
from beacon_node.attacks.report_genomes import ListedGenomes
from beacon_node.attacks.report_suite import (
    Attacked,
    Trial,
    least_noticed,
    linked_in,
    most_allowed,
    people_to_attack,
    trials_on,
)
from beacon_node.model.coverage import Coverage
from beacon_node.ports import Progress
from beacon_node.store.public import Batch
from beacon_node.store.schema import REFERENCE_SHIFT, START_SHIFT

_TOO_COARSE = 4  # times β: where only such a power would be noticed, attacks tell nothing
_GOLDEN = (5**0.5 - 1) / 2  # whose multiples, less whole numbers, fill [0, 1) evenly
_STARTS = (1 << REFERENCE_SHIFT - START_SHIFT) - 1


def attacks_on(subject: Subject, sampling: Sampling, progress: Progress) -> Attacks:
    """Return what every attack finds in the data without a guard, and in the node's answers."""
    random = np.random.default_rng(sampling.seed)
    batches = sorted(subject.open_batches, key=lambda one: (-one.people, one.number))
    cast = _cast(subject, batches[: sampling.batches], sampling, random)
    chosen = chosen_sites(subject, sampling)
    scene = scene_of(subject, chosen, cast, progress)
    stage = _Stage(subject, scene, cast, linked_in(scene.outsiders))
    made = [
        (batch, is_guarded, _attacked(stage, batch, is_guarded=is_guarded))
        for batch, is_guarded in _rounds(batches, sampling)
    ]
    progress.start("attacks", sum(people_to_attack(one) for *_, one in made), "genomes")
    results: dict[bool, list[AttackResult]] = {False: [], True: []}
    for batch, is_guarded, attacked in made:
        for trial in trials_on(attacked, QUESTIONS, random=random, advance=progress.advance):
            results[is_guarded].append(_result(trial, batch.number * is_guarded, subject))
    progress.finish()
    guarded, least = tuple(results[True]), _least(subject, cast)
    return Attacks(
        unguarded=tuple(results[False]),
        guarded=guarded,
        power=subject.tier.power,
        least=least,
        verdict=verdict_of(guarded, subject.tier.power, least=least),
        notes=tuple(_notes(subject, scene, chosen, cast)),
    )


def _rounds(batches: Sequence[Batch], sampling: Sampling) -> Iterator[tuple[Batch, bool]]:
    """Yield whom to attack: the largest batch without a guard, and the largest ones behind it."""
    yield batches[0], False
    for batch in batches[: sampling.batches]:
        yield batch, True


def _cast(
    subject: Subject, batches: Sequence[Batch], sampling: Sampling, random: np.random.Generator
) -> Cast:
    is_known = random.permutation(len(subject.numbers)) % 2 == 0
    victims = {
        batch.number: _drawn(subject.members(batch.number), sampling.victims, random)
        for batch in batches
    }
    controls = _drawn(range(len(subject.genomes)), sampling.controls, random)
    return Cast(victims, controls, is_known)


def _drawn(people: Sequence[int], most: int, random: np.random.Generator) -> np.ndarray:
    return np.sort(random.permutation(np.array(people, int))[:most])


# ---- one round -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, repr=False)
class _Stage:
    """What all rounds have in common; `groups` of linked variants."""

    subject: Subject
    scene: Scene
    cast: Cast
    groups: np.ndarray


def _attacked(stage: _Stage, batch: Batch, *, is_guarded: bool) -> Attacked:
    subject, scene, cast = stage.subject, stage.scene, stage.cast
    costs = subject.costs(batch, scene.chunk)
    first = np.flatnonzero(np.isin(cast.everybody, cast.victims[batch.number]))
    knows = cast.is_known[cast.everybody[first]]
    guard = Guard(costs, batch.dearest, subject.budget) if is_guarded else Guard.none(costs)
    return Attacked(
        target=scene.told if is_guarded else scene.all,
        guard=guard,
        frequencies=scene.points,
        people=len(subject.numbers),
        groups=stage.groups,
        known=scene.genomes.some(first[knows].tolist()),
        unknown=scene.genomes.some(first[~knows].tolist()),
        outsiders=_as_assayed(scene, batch),
        is_explained=scene.explained if is_guarded else scene.carried,
        unknown_people=int((~cast.is_known).sum()),
    )


def _as_assayed(scene: Scene, batch: Batch) -> ListedGenomes:
    """Return the controls as the assays of a batch would have seen them, each in its share."""
    outsiders = scene.outsiders
    sizes = np.array([one.women + one.men + one.unknown for one in batch.assayed])
    spread = np.arange(len(outsiders)) * _GOLDEN % 1
    turns = np.searchsorted(np.cumsum(sizes) / sizes.sum(), spread, side="right")
    references = scene.chunk.places >> REFERENCE_SHIFT
    starts = scene.chunk.places >> START_SHIFT & _STARTS
    ends = starts + np.fromiter(map(len, scene.chunk.refs), np.int64, len(scene.chunk))
    covered = np.array(
        [Coverage(one.regions).contains(references, starts, ends) for one in batch.assayed]
    )
    people = np.repeat(np.arange(len(outsiders)), np.diff(outsiders.offsets))
    seen = covered[turns[people], outsiders.sites]
    shape = len(outsiders), outsiders.variants
    return ListedGenomes.of(people[seen], outsiders.sites[seen], outsiders.copies[seen], shape)


def _result(trial: Trial, batch: int, subject: Subject) -> AttackResult:
    figures = (
        Figure(number, power.found, power.victims, power.share, power.lower)
        for number, power in zip(QUESTIONS, trial.powers, strict=True)
    )
    allowed = most_allowed(trial.controls, budget=subject.budget)
    return AttackResult(trial.attack, batch, trial.controls, allowed, tuple(figures))


# ---- what it means -------------------------------------------------------------------------------


def verdict_of(guarded: Sequence[AttackResult], power: float, *, least: float) -> Verdict:
    """Return whether the bound is refuted, by the attack whose lower limit is highest.

    It fails where even the lower limit is more than few controls could explain. Between β and that
    nothing can be told, nor where less than `least` would not be noticed and that is far above β.
    """
    worst = max(guarded, key=lambda one: (one.worst.lower - one.allowed, one.worst.lower))
    if worst.worst.lower > worst.allowed:
        return Verdict(Outcome.FAILS, _fails(worst, power))
    worst = max(guarded, key=lambda one: (one.worst.lower, one.worst.power))
    told = _found(worst)
    if worst.worst.lower > power:
        more = "load more reference genomes and report again before you go public"
        chance = f"with {worst.controls:,} controls up to {worst.allowed:.0%} may be chance"
        return Verdict(Outcome.UNSURE, f"Cannot be told. {told}; {chance}: {more}.")
    if least > _TOO_COARSE * power:
        few = f"so few people and controls would show only a power of {least:.0%} or more"
        return Verdict(Outcome.UNSURE, f"Cannot be told: {few}. {told}.")
    shown = f"No attack was shown to find more than β = {power:.0%} of the people"
    only = f"a power of {least:.0%} or more would have been noticed for sure"
    return Verdict(Outcome.NOT_REFUTED, f"Not refuted. {shown}; {only}. {told}.")


def _fails(worst: AttackResult, power: float) -> str:
    return (
        "Does not hold: do not go public, or close it (dataset panels ID --close). "
        f"{_found(worst)}, where β = {power:.0%}. Check that the panels are of the ancestries of "
        "its people and of none of them, and that the reference genomes are of these ancestries "
        "and were called as the dataset was (docs/guard.md, assumptions)."
    )


def _found(result: AttackResult) -> str:
    worst = result.worst
    number = f"{worst.questions:,} question{'s' if worst.questions > 1 else ''}"
    return (
        f"The attack “{result.attack}” found {worst.power:.0%} of {worst.victims:,} people after "
        f"{number}, at least {worst.lower:.1%} with 99 % confidence"
    )


def _notes(subject: Subject, scene: Scene, chosen: Chosen, cast: Cast) -> Iterator[str]:
    """Yield how the attacks were sampled, and what is not sure."""
    victims, controls = len(cast.everybody), len(cast.controls)
    batches = len(subject.open_batches)
    yield (
        f"Attacked were {victims:,} of {len(subject.numbers):,} people who permit public "
        f"discovery, of {len(cast.victims)} of {batches} open batches, with {controls:,} of "
        f"{len(subject.genomes):,} reference genomes as controls, all drawn by lot."
    )
    others = "every other place" if chosen.one_in == 2 else f"one in {chosen.one_in:,} places"
    others = "all places" if chosen.one_in == 1 else others
    yield (
        f"Variants: the {chosen.dearest:,} answerable ones whose answers tell most "
        f"({scene.evidence:.0%} of all evidence that people give away), and at {others} whatever "
        f"the dataset or the reference genomes have; {len(chosen.keys):,} together."
    )
    yield from _unsure(subject, cast)


def _fewest(cast: Cast) -> int:
    """Return how many victims the batch has that has fewest."""
    return min(len(one) for one in cast.victims.values())


def _least(subject: Subject, cast: Cast) -> float:
    """Return the least power that these attacks would tell from the bound."""
    return least_noticed(_fewest(cast), len(cast.controls), budget=subject.budget)


def _unsure(subject: Subject, cast: Cast) -> Iterator[str]:
    tier = subject.tier
    victims, least = _fewest(cast), _least(subject, cast)
    yield (
        f"With {victims:,} victims and {len(cast.controls):,} controls, only a power of "
        f"{least:.0%} or more would be told from β = {tier.power:.0%} for sure."
    )
    if least > 2 * tier.power:
        yield (
            "So “not refuted” is no proof here: the proof is in docs/guard.md and rests on its "
            "assumptions. More people and more reference genomes would make the attacks tell more."
        )
    yield (
        "Controls who were called in another way, or are of other ancestries than the dataset's "
        "people, look unlike them in any data: power may then be shown too high."
    )
    if openers := len(subject.opened.openly):
        yield (
            f"{openers:,} people chose that anybody be told of variants that they named: nothing "
            "hides them there, and the answers that follow from it were not attacked."
        )
    if tier.lifetime > 1:
        yield (
            f"This is public lifetime {tier.lifetime}: only its own answers were attacked; with "
            f"those of the lifetimes before, the bound is {tier.stated_power:.0%}."
        )
