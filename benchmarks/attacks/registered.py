"""Attacks on the registered tier: noisy counts, to accounts; alone and with the public tier."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

import numpy as np

from beacon_node.attacks.informed import GuardAware
from beacon_node.attacks.noisy_counts import (
    NOT_CALLABLE,
    Averaging,
    Counter,
    CountLikelihood,
    ExhaustOthers,
    KnowsPrices,
    RareCounts,
    SubtractsKnown,
    answered,
)
from beacon_node.attacks.power import scores_of
from beacon_node.attacks.target import Attack, Genome
from beacon_node.attacks.trained_counts import TrainedOnCounts
from beacon_node.privacy.public import Place
from beacon_node.privacy.registered.bounds import DEFAULTS
from beacon_node.privacy.registered.count import shown
from benchmarks.attacks.counters import (
    REFERENCE,
    Colluding,
    CountingNode,
    ExactCounter,
    GuardedCounter,
    NoisyCounter,
    People,
    SeededNoise,
    UnrepairedCounter,
)
from benchmarks.attacks.plans import Arena, Plan
from benchmarks.attacks.public import CLASSES
from benchmarks.attacks.tables import GUARDED, NOISE, OPEN, Pair, Useful

NO_DRAWS = "ledger, nobody drawn"  # the guard without what repairs it
ACCOUNTS, MANY = 3, 10
FEW_PEOPLE = 100
TRAINED_ACCOUNTS = 4  # of the attacker who learns: each is one training
QUESTIONS_OF_WORK = 200
Opened = Callable[[SeededNoise], Counter]


@dataclass(frozen=True, slots=True, repr=False)
class Attacked:
    """A cohort that counts, the genomes of who may be in it, and how much of its noise is known."""

    arena: Arena
    node: CountingNode
    members: np.ndarray
    outsiders: np.ndarray

    @property
    def half(self) -> int:
        return len(self.members) // 2


def attacked(arena: Arena) -> Attacked:
    """Return the cohort of an arena as a node that counts."""
    scene, reference = arena.scene, arena.scene.reference
    return Attacked(
        arena,
        CountingNode(
            _people(arena, arena.cohort, is_assayed=True),
            _people(arena, reference[:: len(reference) // REFERENCE], is_assayed=False),
            scene.panels,
            scene.points,
        ),
        _people(arena, arena.cohort, is_assayed=True).genomes,
        _people(arena, arena.strangers, is_assayed=True).genomes,
    )


def _people(arena: Arena, who: np.ndarray, *, is_assayed: bool) -> People:
    """Return these people as counts see them: marked where nothing of theirs is looked at."""
    population = arena.scene.population
    genomes, is_woman = population.genomes[who].copy(), population.is_woman[who]
    places = population.places
    genomes[np.ix_(is_woman, places == Place.Y)] = NOT_CALLABLE
    if is_assayed and arena.assays is not None:
        groups = np.resize(arena.assays.group_of, len(who))
        genomes[~arena.assays.covers[groups]] = NOT_CALLABLE
    if (places <= Place.PSEUDOAUTOSOMAL).all():
        return People(genomes, None)
    of_men = np.isin(places, (Place.X, Place.Y)) & ~is_woman[:, None]
    return People(genomes, of_men | (places == Place.MITOCHONDRIAL))


# ---- the attacks ---------------------------------------------------------------------------------


def registered_scores(
    target: Attacked, plan: Plan, *, guard: str
) -> Iterator[tuple[str, float | None, Pair]]:
    """Yield each attack on one kind of node: its name, what is promised, and its scores."""
    random = np.random.default_rng([plan.seed, 3])
    node, epsilon = target.node, None if guard == OPEN else DEFAULTS.epsilon
    laws = node.laws(epsilon)
    information, tariff = laws.information(), node.tariff()
    alone = partial(_opened, node, guard)
    likely = CountLikelihood(laws, information)
    by_price = KnowsPrices(laws, information, tariff)
    everybody = slice(None, plan.victims)
    run = partial(_pair, target, plan, random)
    for attack in (
        likely,
        RareCounts(laws),
        by_price,
        Averaging(laws, target.arena.groups),
        ExhaustOthers(laws, tariff, burn=max(3, len(target.members) // 30)),
        ExhaustOthers(laws, tariff, burn=None),
    ):
        yield attack.name, DEFAULTS.beta, run(attack, alone, everybody)
    unknown = slice(target.half, target.half + plan.victims)
    yield (
        TrainedOnCounts.name,
        DEFAULTS.beta,
        _trained(target, plan, random, guard),
    )
    knowing = partial(_opened, node, guard, known=target.half)
    yield SubtractsKnown.name, None, run(SubtractsKnown(laws), knowing, unknown)


def _opened(node: CountingNode, guard: str, noise: SeededNoise, *, known: int = 0) -> Counter:
    """Return a new account on one kind of node."""
    if guard == OPEN:
        return ExactCounter(node, known=known)
    if guard == NOISE:
        return NoisyCounter(node, noise, known=known)
    return GuardedCounter(node, noise, known=known)


def unrepaired(target: Attacked, plan: Plan) -> Iterator[tuple[str, float | None, Pair]]:
    """Yield what exhausting the others is worth where nobody is drawn in the place of those who
    cannot pay, and nothing is refused because of them."""
    random = np.random.default_rng([plan.seed, 4])
    laws = target.node.laws(DEFAULTS.epsilon)
    attack = ExhaustOthers(laws, target.node.tariff(), burn=None, is_drawn=False)

    def opened(noise: SeededNoise) -> Counter:
        return UnrepairedCounter(target.node, np.random.default_rng(random.integers(2**63)))

    pair = _pair(target, plan, random, attack, opened, slice(None, plan.victims))
    yield attack.name, None, pair


def together(
    target: Attacked, plan: Plan, alone: Mapping[str, Pair]
) -> Iterator[tuple[str, float | None, Pair]]:
    """Yield attacks by several accounts, and by accounts that also read the public tier.

    `alone` is what attacks by one account score. Ten accounts, promised what three are, and those
    that ask the rarest first have their turn in small cohorts.
    """
    random, laws = np.random.default_rng([plan.seed, 7]), target.node.laws(DEFAULTS.epsilon)
    attacks = [CountLikelihood(laws, laws.information()), RareCounts(laws)]
    everybody = slice(None, plan.victims)
    read = _read(target, everybody)
    for attack in attacks:
        yield _with_public(target, f"1 account: {attack.name}", alone[attack.name], read, reach=1)
    teams = [(ACCOUNTS, attacks[0])]
    if len(target.members) <= FEW_PEOPLE:
        teams += [(ACCOUNTS, attacks[1]), (MANY, attacks[0])]
    for accounts, attack in teams:
        opened, name = _colluding(target.node, accounts), f"{accounts} accounts: {attack.name}"
        pair = _pair(target, plan, random, attack, opened, everybody)
        yield name, DEFAULTS.power(DEFAULTS.pool * DEFAULTS.budget), pair
        yield _with_public(target, name, pair, read, reach=DEFAULTS.pool)


def _with_public(
    target: Attacked, name: str, pair: Pair, read: Pair, *, reach: int
) -> tuple[str, float, Pair]:
    """Return the attack that adds what the public tier says; `reach` accounts' budgets are its."""
    bound = DEFAULTS.power(reach * DEFAULTS.budget + target.arena.node.guard.budget)
    inside, outside = (counted + seen for counted, seen in zip(pair, read, strict=True))
    return f"{name} + public", bound, (inside, outside)


def _read(target: Attacked, who: slice) -> Pair:
    """Return the evidence of all that the public tier says, which adds to that of counts."""
    arena, random = target.arena, np.random.default_rng(0)  # no lot is drawn
    attack = GuardAware(arena.node.guard, arena.scene.points, len(target.members))
    groups = target.members[who], target.outsiders[len(target.outsiders) // 2 :]
    questions = (target.members.shape[1],)
    inside, outside = (
        scores_of(
            attack,
            list(np.maximum(group, 0)),
            arena.node.table(),
            questions=questions,
            random=random,
        )
        for group in groups
    )
    return inside, outside


def _colluding(node: CountingNode, accounts: int) -> Opened:
    return lambda noise: Colluding(node, noise, accounts=accounts)


def _pair(
    target: Attacked,
    plan: Plan,
    random: np.random.Generator,
    attack: Attack,
    opened: Opened,
    who: slice,
) -> Pair:
    """Return the scores of these members and of outsiders, each asked about by a new account."""

    def score(genome: Genome) -> np.ndarray:
        noise = SeededNoise(np.random.default_rng(random.integers(2**63)))
        asked = {"questions": plan.questions, "random": random}
        return scores_of(attack, [genome], opened(noise), **asked)[0]

    controls = target.outsiders[len(target.outsiders) // 2 :]
    inside, outside = (
        np.array([score(genome) for genome in group]) for group in (target.members[who], controls)
    )
    return inside, outside


def pair_of(target: Attacked, plan: Plan, attack: Attack, genomes: np.ndarray) -> Pair:
    """Return the scores of other people's genomes in the place of members'."""
    random = np.random.default_rng([plan.seed, 6])
    others = replace(target, members=genomes)
    opened = partial(_opened, target.node, GUARDED)
    return _pair(others, plan, random, attack, opened, slice(None))


def _trained(target: Attacked, plan: Plan, random: np.random.Generator, guard: str) -> Pair:
    """Return the scores of a learner: it asks what anybody might, in an order by lot, and each of
    its accounts judges its part of the unknown members."""
    half, halfway = target.half, len(target.outsiders) // 2
    laws = target.node.laws(None)
    sites = np.flatnonzero(target.node.is_answerable)
    inside, outside = [], []
    unknown = target.members[half : half + plan.victims]
    for part, controls in zip(
        np.array_split(unknown, TRAINED_ACCOUNTS),
        np.array_split(target.outsiders[halfway:], TRAINED_ACCOUNTS),
        strict=True,
    ):
        noise = SeededNoise(np.random.default_rng(random.integers(2**63)))
        counter = _opened(target.node, guard, noise)
        attack = TrainedOnCounts.on(
            dict(islice(answered(counter, random.permutation(sites)), max(plan.questions))),
            laws.carriage,
            len(target.members),
            members=list(target.members[:half]),
            outsiders=list(target.outsiders[:halfway]),
        )
        asked = {"questions": plan.questions, "random": random}
        inside.append(scores_of(attack, list(part), counter, **asked))
        outside.append(scores_of(attack, list(controls), counter, **asked))
    return np.concatenate(inside), np.concatenate(outside)


# ---- what is left to answer ----------------------------------------------------------------------


def registered_utility(target: Attacked, plan: Plan) -> dict[str, Useful]:
    """Return, of 200 questions of one account, a quarter of each class, how many were answered and
    how many within max(3, 10 %) of the truth; what nobody may be told of is not shown.

    Predicted is how many the price alone lets an account ask.
    """
    random = np.random.default_rng([plan.seed, 5])
    counter = _opened(target.node, GUARDED, SeededNoise(random))
    f, carried = target.arena.scene.points, (target.members > 0).sum(axis=0)
    classes = {"absent": np.flatnonzero(carried == 0)}
    for name, (low, high) in CLASSES.items():
        classes[name] = np.flatnonzero((carried > 0) & (f >= low) & (f < high))
    each = QUESTIONS_OF_WORK // len(classes)
    work = [
        (name, int(site))
        for name, sites in classes.items()
        for site in random.permutation(sites)[:each]
    ]
    found = {name: Useful(0, 0, 0, 0) for name in classes}
    for name, site in (work[i] for i in random.permutation(len(work))):
        found[name] += _useful(target, counter, site, int(carried[site]))
    return found


def _useful(target: Attacked, counter: Counter, site: int, truth: int) -> Useful:
    answer = counter.ask(site)
    told = None if answer is None else shown(answer, DEFAULTS)
    if told is None:
        is_true = answer is not None and truth < DEFAULTS.threshold + 3
    else:
        is_true = abs(told - truth) <= max(3, 0.1 * truth)
    return Useful(1, answer is not None, is_true, bool(target.node.is_answerable[site]))
