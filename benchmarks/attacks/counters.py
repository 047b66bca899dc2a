"""Nodes that count, to attack: exact ones, noisy ones without a ledger, and guarded ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from beacon_node.attacks.count_laws import CountLaws
from beacon_node.attacks.noisy_counts import Tariff
from beacon_node.errors import QuotaExceeded
from beacon_node.model.carriers import NumberSet
from beacon_node.model.lower_limits import lower_limits
from beacon_node.privacy.registered.account import Account, Place, replay
from beacon_node.privacy.registered.bounds import (
    RENYI_UNIT,
    Bounds,
    account_limits,
    pool_limits,
)
from beacon_node.privacy.registered.count import Group, Question, Subjects, charge, draw, quote
from beacon_node.privacy.registered.crowd import Crowd, Frequency
from beacon_node.privacy.registered.frequencies import upper_limits
from beacon_node.privacy.registered.masks import load_mask
from beacon_node.privacy.registered.prices import Prices, price

REFERENCE = 500  # genomes of the panel that completeness is predicted from
_AS_MANY = 10  # carriers that the share of all is worth, as in `privacy.registered.count`
_FEW = 64  # sites of which each is looked at closely
_APART = 10_000  # bases between variants: where they lie matters to questions with filters alone


class SeededNoise:
    """The noise of a node, repeatable."""

    def __init__(self, random: np.random.Generator) -> None:
        self._random = random

    def geometric(self, epsilon: float) -> int:
        p = 1 - np.exp(-epsilon)
        return int(self._random.geometric(p)) - int(self._random.geometric(p))

    def binomial(self, count: int, *, probability: float) -> int:
        return int(self._random.binomial(count, probability))


class NoDraws(SeededNoise):
    """Nobody stands for people who cannot pay: the guard without its repair."""

    def binomial(self, count: int, *, probability: float) -> int:
        return 0


@dataclass(frozen=True, slots=True, repr=False)
class People:
    """Alleles carried, shape (people, variants), -1 where nothing of theirs is looked at, and who
    of them has one copy there; None: nobody has."""

    genomes: np.ndarray
    one_copy: np.ndarray | None

    def group(self, site: int) -> Group:
        carried = self.genomes[:, site]
        is_there = carried >= 0
        one = None if self.one_copy is None else self.one_copy[:, site] & is_there
        return Group(
            _set(carried > 0),
            None if is_there.all() else _set(is_there),
            _set(one) if one is not None and one.any() else None,
        )

    def by_copies(self) -> tuple[np.ndarray, np.ndarray]:
        """Return how many people have two and one callable copies, per variant."""
        is_there = self.genomes >= 0
        if self.one_copy is None:
            return is_there.sum(axis=0), np.zeros(is_there.shape[1], np.int64)
        one = (is_there & self.one_copy).sum(axis=0)
        return is_there.sum(axis=0) - one, one


def _set(mask: np.ndarray) -> NumberSet:
    return NumberSet.of(len(mask), np.flatnonzero(mask))


class CountingNode:
    """A cohort whose counts are asked for, with the public prices of every variant.

    `dearest`, `dearest_rho`, `fill` and `is_answerable` have the shape (variants,), in units;
    `points` are what an attacker takes for the frequencies.
    """

    def __init__(
        self,
        cohort: People,
        reference: People,
        panels: Sequence[tuple[np.ndarray, np.ndarray]],
        points: np.ndarray,
    ) -> None:
        """Take the named panels, (AC, AN) by variant of each."""
        self.cohort, self.reference, self.points = cohort, reference, points
        self.bounds = Bounds()
        low = np.min([lower_limits(*panel) for panel in panels], axis=0)
        high = np.max([upper_limits(*panel) for panel in panels], axis=0)
        rows = np.stack([low, high, *cohort.by_copies()])
        distinct, of = np.unique(rows, axis=1, return_inverse=True)
        self._prices, self._price_of = [_price(*row, self.bounds) for row in distinct.T], of.ravel()
        self.is_answerable = self._by_site(lambda price: price.is_affordable(self.bounds))
        self.dearest = self._by_site(lambda price: price.dearest)
        self.dearest_rho = self._by_site(lambda price: price.dearest_rho)
        self.fill = self._by_site(lambda price: price.fill)
        self.by_site = np.ascontiguousarray(cohort.genomes.T)
        self.has_seats = (reference.genomes < 0).any(axis=0)
        self.reference_by_site = np.ascontiguousarray(reference.genomes.T > 0)
        self.reference_carriers = self.reference_by_site.sum(axis=1)
        self._questions: dict[int, Question] = {}

    def _by_site(self, told: Callable[[Prices], int | bool]) -> np.ndarray:
        return np.array([told(price) for price in self._prices])[self._price_of]

    def question(self, site: int) -> Question:
        if site not in self._questions:
            self._questions[site] = Question(
                self.cohort.group(site),
                self.reference.group(site),
                self._prices[self._price_of[site]],
                Place("1", site * _APART, site * _APART + 1),
            )
        return self._questions[site]

    def tariff(self) -> Tariff:
        """Return what is public of the prices."""
        paid = np.stack([self._by_site(lambda p: p.other), self._by_site(lambda p: p.carrier)])
        prices = np.where(self.is_answerable, paid * RENYI_UNIT, np.inf)
        return Tariff(prices, account_limits(self.bounds).renyi * RENYI_UNIT)

    def laws(self, epsilon: float | None) -> CountLaws:
        """Return what an attacker expects of counts."""
        two, one = self.cohort.by_copies()
        carriers = two * -np.expm1(2 * np.log1p(-self.points)) + one * self.points
        return CountLaws(carriers / np.maximum(two + one, 1), two + one, epsilon)

    def account(self, *, is_pool: bool = False) -> Account:
        limits = pool_limits(self.bounds) if is_pool else account_limits(self.bounds)
        return Account(
            "all" if is_pool else "ada",
            limits,
            people=len(self.cohort.genomes),
            reference=len(self.reference.genomes),
            one_group_per_place=not is_pool,
        )


_NEVER = Prices(2**31 - 1, 2**31 - 1, 0, 0, 0)


@lru_cache(300_000)  # cohorts of one population have the same
def _price(low: float, high: float, two: float, one: float, bounds: Bounds) -> Prices:
    """Return the prices at one variant; none can be paid where too few people are looked at."""
    if high >= 1 or two + one < bounds.smallest_group:
        return _NEVER
    return price(Crowd(int(two), int(one)), Frequency(low, high), bounds)


class ExactCounter:
    """Tells everything, to the last person; its first `known` people are known to an attacker."""

    def __init__(self, node: CountingNode, *, known: int = 0) -> None:
        self._by_site, self._known = node.by_site, known

    def may_answer(self, sites: np.ndarray) -> np.ndarray:
        return np.ones(len(sites), bool)

    def ask(self, site: int) -> int | None:
        return int(np.count_nonzero(self._by_site[site] > 0))

    def known(self, site: int) -> int:
        return int(np.count_nonzero(self._by_site[site, : self._known] > 0))

    def rest(self, site: int) -> int:
        return int(np.count_nonzero(self._by_site[site, self._known :] >= 0))


class NoisyCounter(ExactCounter):
    """Adds noise, anew to each answer, and keeps no ledger."""

    def __init__(self, node: CountingNode, noise: SeededNoise, *, known: int = 0) -> None:
        super().__init__(node, known=known)
        self._noise, self._epsilon = noise, node.bounds.epsilon

    def ask(self, site: int) -> int | None:
        return super().ask(site) + self._noise.geometric(self._epsilon)


@dataclass(frozen=True, slots=True, repr=False)
class _Room:
    """What each reference genome has `left` of one kind of budget, in units; `dearest` are the
    prices by variant."""

    dearest: np.ndarray
    left: np.ndarray
    completeness: float

    @property
    def most(self) -> int:
        """The price above which too few can pay."""
        needed = max(1, int(np.ceil(self.completeness * len(self.left) - 1e-9)))
        return int(np.partition(self.left, -needed)[-needed])

    @classmethod
    def of(cls, dearest: np.ndarray, kind: str, subjects: Subjects, bounds: Bounds) -> "_Room":
        own, pool = (getattr(a.reference, kind).astype(np.int64) for a in subjects.all)
        limit, whole = (getattr(a.limits, kind) for a in subjects.all)
        room = np.minimum(limit - own, whole - pool)
        left = np.minimum(room, (whole - (bounds.share - 1) * own - pool) // bounds.share)
        return cls(dearest, left, bounds.completeness)


class GuardedCounter:
    """An account on a guarded node; its first `known` people are known to an attacker.

    Without `is_watching` nothing is refused because others could not pay: a guard without its
    prediction.
    """

    def __init__(
        self,
        node: CountingNode,
        noise: SeededNoise,
        *,
        pool: Account | None = None,
        known: int = 0,
        is_watching: bool = True,
    ) -> None:
        self._node, self._noise, self._known = node, noise, known
        least = node.bounds.completeness if is_watching else 0.0
        self._bounds = replace(node.bounds, completeness=least)
        self._subjects = Subjects((node.account(),), pool or node.account(is_pool=True))
        self._answers: dict[int, tuple[int, np.ndarray | None]] = {}
        self._looked_at = -1
        self._look()

    def ask(self, site: int) -> int | None:
        if site in self._answers:
            return self._answers[site][0]
        self._look()
        return self._charged(site) if self._is_open(site) else None

    def may_answer(self, sites: np.ndarray) -> np.ndarray:
        self._look()
        node = self._node
        is_left = node.is_answerable[sites] & (node.fill[sites] <= self._fill)
        if len(sites) <= _FEW:
            is_left[is_left] = self._enough_can_pay(sites[is_left])
            return is_left
        for room in self._rooms:
            is_left &= (room.dearest[sites] <= room.most) | node.has_seats[sites]
        return is_left

    def _enough_can_pay(self, sites: np.ndarray) -> np.ndarray:
        """Say whether enough reference genomes can pay, also of those who carry the allele."""
        node = self._node
        can_pay = np.logical_and.reduce(
            [room.left >= room.dearest[sites][:, None] for room in self._rooms]
        )
        carries = node.reference_by_site[sites]
        share = np.count_nonzero(can_pay, axis=1) / can_pay.shape[1]
        counted = np.count_nonzero(can_pay & carries, axis=1)
        among = (counted + _AS_MANY * share) / (np.count_nonzero(carries, axis=1) + _AS_MANY)
        is_enough = np.minimum(share, among) > self._bounds.completeness - 1e-9
        return is_enough | node.has_seats[sites]  # there and if near, the quote decides

    def _is_open(self, site: int) -> bool:
        """Say the same of one site, more quickly."""
        node = self._node
        if not node.is_answerable[site] or node.fill[site] > self._fill:
            return False
        if node.has_seats[site]:
            return True
        renyi, rho = self._rooms
        can_pay = renyi.left >= renyi.dearest[site]
        can_pay &= rho.left >= rho.dearest[site]
        share = np.count_nonzero(can_pay) / len(can_pay)
        can_pay &= node.reference_by_site[site]
        among = (np.count_nonzero(can_pay) + _AS_MANY * share) / (
            node.reference_carriers[site] + _AS_MANY
        )
        return min(share, among) > self._bounds.completeness - 1e-9

    def _look(self) -> None:
        """Look at what the account, and the pool, have left for the reference genomes."""
        if self._looked_at == self._subjects.pool.version:
            return
        self._looked_at = self._subjects.pool.version
        self._fill = min(account.limits.fill - account.fill for account in self._subjects.all)
        self._rooms = [
            _Room.of(dearest, kind, self._subjects, self._bounds)
            for kind, dearest in (("renyi", self._node.dearest), ("rho", self._node.dearest_rho))
        ]

    def _charged(self, site: int) -> int | None:
        try:
            quoted = quote(self._subjects, self._node.question(site), self._bounds)
        except QuotaExceeded:
            return None
        row = charge(quoted, self._subjects)
        answer = draw(quoted, self._noise, self._bounds)
        left_out = row.people.left_out
        missing = load_mask(left_out, len(self._node.cohort.genomes)) if left_out else None
        self._answers[site] = answer, missing
        replay(self._subjects.all, [row])
        return answer

    def known(self, site: int) -> int:
        return int(np.count_nonzero(self._counted(site) & (self._theirs(site) > 0)))

    def rest(self, site: int) -> int:
        unknown = np.count_nonzero(self._node.by_site[site, self._known :] >= 0)
        drawn = np.count_nonzero(~self._counted(site) & (self._theirs(site) >= 0))
        return int(unknown + drawn)

    def _theirs(self, site: int) -> np.ndarray:
        return self._node.by_site[site, : self._known]

    def _counted(self, site: int) -> np.ndarray:
        missing = self._answers[site][1]
        return np.ones(self._known, bool) if missing is None else ~missing[: self._known]


class UnrepairedCounter(GuardedCounter):
    """A guard without its repair: nobody is drawn for people who cannot pay, and nothing is refused
    because of them."""

    def __init__(self, node: CountingNode, random: np.random.Generator) -> None:
        super().__init__(node, NoDraws(random), is_watching=False)

    def rest(self, site: int) -> int:
        """Return how many people are still counted, as the reference genomes predict."""
        own = self._subjects.accounts[0].reference.renyi
        can_pay = own + self._node.dearest[site] <= account_limits(self._bounds).renyi
        return max(1, int(can_pay.mean() * len(self._node.cohort.genomes)))


class Colluding:
    """Several accounts of one attacker, who puts each question to the next of them, and to the one
    after it if that refuses: their purses are much alike.

    What is asked again goes to another account, which is given a draw of its own.
    """

    def __init__(self, node: CountingNode, noise: SeededNoise, *, accounts: int) -> None:
        pool = node.account(is_pool=True)
        self._accounts = [GuardedCounter(node, noise, pool=pool) for _ in range(accounts)]
        self._next = 0

    def may_answer(self, sites: np.ndarray) -> np.ndarray:
        return np.logical_or.reduce([one.may_answer(sites) for one in self._accounts])

    def ask(self, site: int) -> int | None:
        for offset in range(2):
            number = (self._next + offset) % len(self._accounts)
            answer = self._accounts[number].ask(site)
            if answer is not None:
                self._next = number + 1
                return answer
        return None
