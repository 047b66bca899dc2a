"""Every attack on a node that tells all and on a guarded one, and what the guard leaves to answer.

    python -m benchmarks.attacks           small: some cohorts of 65 people
    python -m benchmarks.attacks --full    65 and 1,000 people, 1,300 victims or more each

Power at 5 % false positives after so many questions, victims pooled over cohorts; the limits are
one-sided 99 % confidence limits. The guard holds if no lower limit exceeds β.
"""

import argparse
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from beacon_node.attacks.counts import CountRatio
from beacon_node.attacks.informed import Guard, GuardAware, WholeTable
from beacon_node.attacks.linkage import QueryInference, linked_groups
from beacon_node.attacks.membership import RandomHeterozygous, RareFirst
from beacon_node.attacks.power import Power, power_of, scores_of
from beacon_node.attacks.ranges import Bisection
from beacon_node.attacks.target import NOT_ANSWERABLE, YES, Attack, Table
from beacon_node.attacks.trained import Trained, Unexplained
from benchmarks.attack_population import Contig, Place, simulated
from benchmarks.attacked import ALPHA, BETA, Assays, Node, Scene, Settings, guarded, seen, unguarded

QUESTIONS = (1, 5, 10, 100, 1_000, 5_000)
CLASSES = {"< .5 %": (0, 0.005), ".5–5 %": (0.005, 0.05), "> 5 %": (0.05, 1.1)}


@dataclass(frozen=True, slots=True)
class Plan:
    """What to simulate and attack. `outsiders` are controls, each tried on every cohort."""

    people: int
    cohorts: int
    contigs: tuple[Contig, ...] = (Contig(Place.AUTOSOME, 2_000_000),)
    panel: int = 1_000
    outsiders: int = 300
    victims: int = 10**9  # of each cohort at most
    seed: int = 5
    settings: Settings = Settings()
    questions: tuple[int, ...] = QUESTIONS


@dataclass(frozen=True, slots=True, repr=False)
class Arena:
    """One cohort with its people, their outsiders, and its node under the guard.

    The attacker knows of victims and outsiders what the assay she had, or would have had, sees.
    """

    scene: Scene
    node: Node
    outsiders: np.ndarray
    groups: np.ndarray


def arenas(plan: Plan, assays: Callable[[Scene], Assays] | None = None) -> Iterator[Arena]:
    """Yield the cohorts of a plan: disjoint people of one population."""
    total = plan.panel + plan.outsiders + plan.people * plan.cohorts
    population = simulated(total, plan.contigs, seed=plan.seed)
    people = np.random.default_rng(plan.seed).permutation(total)
    panel, outsiders, members = np.split(people, np.cumsum([plan.panel, plan.outsiders]))
    scene = Scene.of(population, panel)
    groups = linked_groups(population.haplotypes[:, :1_000])
    had = assays(scene) if assays else None
    for cohort in members.reshape(plan.cohorts, plan.people):
        node = guarded(scene, cohort, settings=plan.settings, assays=had)
        yield Arena(scene, node, seen(scene, outsiders, had), groups)


def attacks_on(arena: Arena, target: Table, guard: Guard) -> list[Attack]:
    """Return every attack, knowing all that is public; two of them know half of the members."""
    f, people, node = arena.scene.points, len(arena.node.genomes), arena.node
    half = people // 2
    is_open = not np.isfinite(guard.dearest)
    counted = node.genomes[:half] > 0 if is_open else node.is_counted[:half]
    trained = Trained.on(
        target,
        f,
        members=list(node.genomes[:half]),
        outsiders=list(arena.outsiders[: len(arena.outsiders) // 2]),
    )
    counting = [CountRatio(f, people)] if is_open else []
    return counting + [
        RandomHeterozygous(people),
        RareFirst(f, people),
        QueryInference(f, people, arena.groups),
        Bisection(f, people, guard.costs > guard.dearest),
        GuardAware(guard, f, people),
        WholeTable(guard, f, people),
        trained,
        Unexplained(guard, f, counted.any(axis=0), people - half),
    ]


def results(all_arenas: Sequence[Arena], plan: Plan, *, is_guarded: bool) -> dict[str, list[Power]]:
    """Return the power of each attack after each number of questions, pooled over the cohorts."""
    scores: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    random = np.random.default_rng(plan.seed + 1)
    for arena in all_arenas:
        half, unknown = len(arena.node.genomes) // 2, len(arena.outsiders) // 2
        target = arena.node.table() if is_guarded else unguarded(arena.node.genomes)
        guard = arena.node.guard if is_guarded else Guard.none(arena.node.guard.costs)
        for attack in attacks_on(arena, target, guard):
            knows_half = isinstance(attack, Trained | Unexplained)
            members = arena.node.genomes[half if knows_half else 0 :][: plan.victims]
            pair = tuple(
                scores_of(attack, list(who), target, questions=plan.questions, random=random)
                for who in (members, arena.outsiders[unknown:])
            )
            scores.setdefault(attack.name, []).append(pair)
    return {name: _powers(pairs, random) for name, pairs in scores.items()}


def _powers(pairs: list, random: np.random.Generator) -> list[Power]:
    members, outsiders = (np.concatenate(side) for side in zip(*pairs, strict=True))
    columns = zip(members.T, outsiders.T, strict=True)
    return [power_of(inside, outside, random=random) for inside, outside in columns]


def utility(all_arenas: Sequence[Arena]) -> dict[str, tuple[float, float]]:
    """Return per class of variants the share answerable, and the share of these answered truly.

    Absent ones are those that nobody of the cohort carries; the others are weighed by carriers: a
    random member's random variant of that class.
    """
    rows: dict[str, list[tuple[float, float, float]]] = {}
    for arena in all_arenas:
        f, answers = arena.scene.points, arena.node.table().answers
        carriers = (arena.node.genomes > 0).sum(axis=0)
        is_told = answers != NOT_ANSWERABLE
        is_true = np.where(carriers > 0, answers == YES, answers != YES) & is_told
        weights = {"absent": (carriers == 0).astype(float)}
        for name, (low, high) in CLASSES.items():
            weights[name] = carriers * ((f >= low) & (f < high))
        for name, weight in weights.items():
            row = (weight.sum(), (weight * is_told).sum(), (weight * is_true).sum())
            rows.setdefault(name, []).append(row)
    totals = {name: np.sum(found, axis=0) for name, found in rows.items()}
    return {
        n: (told / max(all_, 1), true / max(told, 1)) for n, (all_, told, true) in totals.items()
    }


def show(plan: Plan) -> float:
    """Print the tables of one plan; return the worst lower limit on the guarded node."""
    begun = time.perf_counter()
    found = list(arenas(plan))
    costs = found[0].node.guard
    tau = found[0].scene.limits[costs.costs <= costs.dearest].min(initial=1.0)
    print(
        f"\nN = {plan.people:,}, {plan.cohorts} cohorts, panel of {plan.panel:,}, "
        f"{len(found[0].scene.limits):,} variants; answerable from {tau:.3%} (lower limit) up"
    )
    worst = 0.0
    for is_guarded in (False, True):
        print("guarded" if is_guarded else "unguarded", "  questions:", *plan.questions)
        for name, powers in results(found, plan, is_guarded=is_guarded).items():
            cells = "  ".join(f"{power.share:.2f}" for power in powers)
            limits = f"{max(p.lower for p in powers):.3f}"
            print(f"  {name:32s}{cells}   lower limit ≤ {limits}, {powers[0].victims} victims")
            worst = max([worst, *(p.lower for p in powers)]) if is_guarded else worst
    print("utility: class, share answerable, of these true")
    for name, (told, true) in utility(found).items():
        print(f"  {name:12s}{told:8.1%}{true:8.1%}")
    print(f"worst lower limit {worst:.3f}, β = {BETA}; {time.perf_counter() - begun:.0f} s")
    return worst


SMALL = Plan(people=65, cohorts=4)
FULL = (
    replace(SMALL, cohorts=40, outsiders=200),
    Plan(
        people=1_000,
        cohorts=3,
        contigs=(Contig(Place.AUTOSOME, 10_000_000),),
        victims=450,
        outsiders=600,
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--full", action="store_true", help="1,300 victims or more, N = 65 and 1,000"
    )
    plans = FULL if parser.parse_args().full else (SMALL,)
    print(f"Power at {ALPHA:.0%} false positives")
    worst = max([show(plan) for plan in plans])
    raise SystemExit(worst > BETA)


if __name__ == "__main__":
    main()
