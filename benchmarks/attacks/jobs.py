"""Parts of the whole measurement that need nothing of each other: two run at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import chain, count, groupby
from multiprocessing import get_context

from benchmarks.attacks.families import family_scores
from benchmarks.attacks.nodes import BETA
from benchmarks.attacks.plans import Arena, Plan, arenas
from benchmarks.attacks.public import scores, utility
from benchmarks.attacks.registered import (
    NO_DRAWS,
    attacked,
    registered_scores,
    registered_utility,
    together,
    unrepaired,
)
from benchmarks.attacks.tables import (
    BOTH,
    GUARDED,
    NOISE,
    OPEN,
    PUBLIC,
    REGISTERED,
    Pair,
    Row,
    Scores,
    Useful,
    merged,
)

PROCESSES = 2
_FEW = 40  # victims, and 100 outsiders, show that an attack succeeds


@dataclass(frozen=True, slots=True)
class Job:
    """A plan of a setting to simulate and attack; `begins` also attacks nodes without the guard.

    `arenas_of` makes the cohorts, None: families, of whom a relative's genome is known;
    `is_bounded` is whether anything is promised there, and `is_useful` whether the bars of what is
    left to answer apply.
    """

    setting: str
    plan: Plan
    begins: bool = False
    arenas_of: Callable[[Plan], Iterable[Arena]] | None = arenas
    is_bounded: bool = True
    is_useful: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """Scores by row, and what is left to answer by (setting, tier, class)."""

    scores: Scores = field(default_factory=dict)
    utility: dict[tuple[str, str, str], Useful] = field(default_factory=dict)


def run_all(jobs: Sequence[Job], told: Callable[[str], None]) -> Iterator[Outcome]:
    """Yield the outcome of each setting, whose jobs follow each other; `told` hears of each job."""
    with ProcessPoolExecutor(PROCESSES, get_context("fork")) as pool:
        done, so_far = pool.map(run, jobs), count(1)
        for setting, own in groupby(jobs, key=lambda job: job.setting):
            outcomes = []
            for _ in own:
                outcomes.append(next(done))
                told(f"{next(so_far)} of {len(jobs)} parts done: {setting}")
            yield _joined(outcomes)


def _joined(parts: Sequence[Outcome]) -> Outcome:
    useful: dict[tuple[str, str, str], Useful] = {}
    for part in parts:
        for key, found in part.utility.items():
            useful[key] = useful[key] + found if key in useful else found
    return Outcome(merged(part.scores for part in parts), useful)


def run(job: Job) -> Outcome:
    """Return what the attacks of one job score, and what its nodes still answer."""
    outcome = Outcome()
    if job.arenas_of is None:
        for tier, name, pair in family_scores(job.plan):
            outcome.scores.setdefault(Row(job.setting, tier, GUARDED, name), []).append(pair)
        return outcome
    for number, arena in enumerate(job.arenas_of(job.plan)):
        for row, pair in _rows(job, arena, begins=job.begins and number == 0):
            outcome.scores.setdefault(row, []).append(pair)
        if job.is_useful:
            _add_utility(outcome, job, arena)
    return outcome


def _add_utility(outcome: Outcome, job: Job, arena: Arena) -> None:
    found = {PUBLIC: utility([arena]), REGISTERED: registered_utility(attacked(arena), job.plan)}
    for tier, classes in found.items():
        for name, one in classes.items():
            key = job.setting, tier, name
            had = outcome.utility.get(key)
            outcome.utility[key] = had + one if had else one


def _rows(job: Job, arena: Arena, *, begins: bool) -> Iterator[tuple[Row, Pair]]:
    """Yield every attack on a cohort: behind the guard, and if it `begins`, before it."""
    target = attacked(arena)
    few = replace(job.plan, victims=min(job.plan.victims, _FEW))
    if begins:
        less = replace(arena, outsiders=arena.outsiders[:200], strangers=arena.strangers[:200])
        for name, pair in scores(less, few, is_guarded=False).items():
            yield Row(job.setting, PUBLIC, OPEN, name), pair
        for guard in (OPEN, NOISE):
            for name, _, pair in registered_scores(attacked(less), few, guard=guard):
                yield Row(job.setting, REGISTERED, guard, name), pair
        for name, _, pair in unrepaired(attacked(less), few):
            yield Row(job.setting, REGISTERED, NO_DRAWS, name), pair
    for name, pair in scores(arena, job.plan, is_guarded=True).items():
        yield Row(job.setting, PUBLIC, GUARDED, name, BETA if job.is_bounded else None), pair
    alone = list(registered_scores(target, job.plan, guard=GUARDED))
    scored = {name: pair for name, _, pair in alone}
    for name, bound, pair in chain(alone, together(target, job.plan, scored)):
        tier = REGISTERED if "public" not in name else BOTH
        yield Row(job.setting, tier, GUARDED, name, bound if job.is_bounded else None), pair
