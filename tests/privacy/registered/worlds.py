"""Small simulated cohorts, counters that guard them or do not, and what attackers see."""

from dataclasses import dataclass

import numpy as np

from beacon_node.errors import QuotaExceeded
from beacon_node.model.carriers import NumberSet
from beacon_node.model.lower_limits import lower_limits
from beacon_node.privacy.registered.account import Account, Place, replay
from beacon_node.privacy.registered.bounds import Bounds, account_limits, pool_limits
from beacon_node.privacy.registered.count import Group, Question, Subjects, charge, draw, quote
from beacon_node.privacy.registered.crowd import Crowd, Frequency, binomial, with_noise
from beacon_node.privacy.registered.frequencies import upper_limits
from beacon_node.privacy.registered.prices import PriceList, price_list

BOUNDS = Bounds()
PRICES = price_list(BOUNDS)
APART = 3_000_000  # bases between the sites of a simulated genome: far enough to be independent


class SeededNoise:
    """The noise of a node, repeatable."""

    def __init__(self, seed: int) -> None:
        self._random = np.random.default_rng(seed)

    def geometric(self, epsilon: float) -> int:
        p = 1 - np.exp(-epsilon)
        return int(self._random.geometric(p)) - int(self._random.geometric(p))

    def binomial(self, count: int, *, probability: float) -> int:
        return int(self._random.binomial(count, probability))


class NoNoise:
    """Noise that hides nothing, to see what is under it."""

    def geometric(self, epsilon: float) -> int:
        return 0

    def binomial(self, count: int, *, probability: float) -> int:
        return 0


@dataclass(frozen=True)
class World:
    """Carriers by (person, site), of a cohort and of reference genomes; public frequency limits."""

    cohort: np.ndarray
    reference: np.ndarray
    frequencies: tuple[Frequency, ...]
    carriage: np.ndarray  # true probability to carry, by site

    @property
    def people(self) -> int:
        return len(self.cohort)


def independent_world(seed: int, people: int, frequencies: np.ndarray, panel: int = 5_000) -> World:
    """Return people whose genotypes are independent draws, with what a panel knows of the alleles.

    `panel` counts its genomes.
    """
    random = np.random.default_rng(seed)
    carriage = 1 - (1 - frequencies) ** 2
    seen, copies = random.binomial(2 * panel, frequencies), np.full(len(frequencies), 2 * panel)
    low, high = lower_limits(seen, copies), upper_limits(seen, copies)
    return World(
        random.random((people, len(frequencies))) < carriage,
        random.random((500, len(frequencies))) < carriage,
        tuple(map(Frequency, low.tolist(), high.tolist())),
        carriage,
    )


def subjects(world: World, bounds: Bounds = BOUNDS, pool: Account | None = None) -> Subjects:
    """Return a new account on a world, with a new pool unless one is given."""
    sizes = {"people": world.people, "reference": len(world.reference)}
    accounts = (Account("ada", account_limits(bounds), **sizes, one_group_per_place=True),)
    everybody = Account("all", pool_limits(bounds), **sizes, one_group_per_place=False)
    return Subjects(accounts, pool or everybody)


def question(
    world: World, site: int, *, seats: np.ndarray | None = None, prices: PriceList = PRICES
) -> Question:
    """Return the question who carries the allele of one site, of those at `seats` if given."""
    chosen = None if seats is None else _set(seats)
    crowd = Crowd(world.people if seats is None else int(seats.sum()))
    return Question(
        Group(_set(world.cohort[:, site]), chosen),
        Group(_set(world.reference[:, site])),
        prices(crowd, world.frequencies[site]),
        Place("1", site * APART, site * APART + 1),
        "" if seats is None else f"group of {seats.tobytes().hex()}",
    )


def _set(mask: np.ndarray) -> NumberSet:
    return NumberSet.of(len(mask), np.flatnonzero(mask))


@dataclass
class Guarded:
    """A node's counter: charged and noisy. `answer` gives None where it refuses."""

    world: World
    subjects: Subjects
    noise: object
    bounds: Bounds = BOUNDS

    def answer(self, site: int, seats: np.ndarray | None = None) -> int | None:
        asked = question(self.world, site, seats=seats)
        if not asked.prices.is_affordable(self.bounds):
            return None
        return self.ask(asked)

    def ask(self, asked: Question) -> int | None:
        try:
            quoted = quote(self.subjects, asked, self.bounds)
        except QuotaExceeded:
            return None
        row = charge(quoted, self.subjects)
        answered = draw(quoted, self.noise, self.bounds)
        replay(self.subjects.all, [row])
        return answered


def guarded(world: World, seed: int = 1, bounds: Bounds = BOUNDS) -> Guarded:
    return Guarded(world, subjects(world, bounds), SeededNoise(seed), bounds)


def exact(world: World, site: int) -> int:
    """Return what an unguarded counter says."""
    return int(world.cohort[:, site].sum())


def evidence(answer: float, people: int, carriage: float, epsilon: float | None) -> np.ndarray:
    """Return how an answer changes the log odds of membership: (does not carry, carries).

    `epsilon` None: of an exact count. The best test there is, if sites are independent.
    """
    law = binomial(people - 1, carriage)
    margin = 60 if epsilon is None else max(60, 1 + int(abs(answer - law.start)))
    below = np.pad(law.probabilities, margin) + 1e-300
    if epsilon is not None:
        below = with_noise(law, epsilon, margin)
    at = int(np.clip(answer - law.start + margin, 1, len(below) - 1))
    without, carrying = below[at], below[at - 1]
    return np.log(np.array([without, carrying]) / ((1 - carriage) * without + carriage * carrying))


def scores(
    world: World, genomes: np.ndarray, answers: dict[int, int], epsilon: float | None
) -> np.ndarray:
    """Return each genome's log likelihood ratio of membership, from answers by site."""
    total = np.zeros(len(genomes))
    for site, answer in answers.items():
        odds = evidence(answer, world.people, float(world.carriage[site]), epsilon)
        total += odds[genomes[:, site].astype(int)]
    return total


def found(world: World, others: np.ndarray, answers: dict[int, int], epsilon=BOUNDS.epsilon):
    """Return the share of members that the answers find at 5 % false accusations."""
    judged = scores(world, np.concatenate((world.cohort, others)), answers, epsilon)
    return power(judged[: world.people], judged[world.people :])


def strangers(world: World, seed: int, count: int) -> np.ndarray:
    """Return genomes of people who are not in the cohort."""
    random = np.random.default_rng([seed, 77])
    return random.random((count, len(world.carriage))) < world.carriage


def power(members: np.ndarray, others: np.ndarray, alpha: float = 0.05) -> float:
    """Return the share of members above the score that a share alpha of strangers exceeds."""
    return float(np.mean(members > np.quantile(others, 1 - alpha)))
