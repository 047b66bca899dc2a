"""Attacks on noisy counts, each by an account whose questions may cost it something.

A *counter* is a node as one account sees it. Refusals are public arithmetic, which whoever knows
the guard can do beforehand; they say nothing and are not counted as questions.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from beacon_node.attacks.count_laws import CountLaws
from beacon_node.attacks.target import Floats, Genome, Sites

NOT_CALLABLE = -1  # in a genome: no copy of hers is looked at there
_AT_ONCE = 64  # questions until it is looked again at what public numbers leave open


class Counter(Protocol):
    """A node that counts, as one account sees it."""

    def may_answer(self, sites: Sites) -> NDArray[np.bool_]:
        """Return of each site whether public numbers leave it open that it is answered."""
        ...

    def ask(self, site: int) -> int | None:
        """Return the answer, below any threshold too, or None where it is refused."""
        ...


class KnownCounter(Counter, Protocol):
    """A counter of which the attacker knows some members."""

    def rest(self, site: int) -> int:
        """Return how many people it does not know were behind the last answer about `site`,
        draws in place of known people among them."""
        ...

    def known(self, site: int) -> int:
        """Return how many known people were counted as carriers in that answer."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class RareCounts:
    """Asks how many carry what she carries, the rarest first (Raisaro et al. 2017, with counts)."""

    laws: CountLaws
    name: ClassVar[str] = "rare first, counts"

    def evidence(
        self, victim: Genome, target: Counter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        return _heard(self.laws, victim, target, _rare_first(self.laws, victim), limit)


@dataclass(frozen=True, slots=True, repr=False)
class CountLikelihood:
    """Asks what tells most about her, carried or not: the likelihood ratio of all counts
    (Sankararaman et al. 2009). `information` is that of the laws."""

    laws: CountLaws
    information: Floats
    name: ClassVar[str] = "count likelihood ratio"

    def evidence(
        self, victim: Genome, target: Counter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        told = np.where(victim > 0, self.information[1], self.information[0])
        sites = np.flatnonzero(victim != NOT_CALLABLE)
        order = sites[np.argsort(-told[sites], kind="stable")]
        return _heard(self.laws, victim, target, order, limit)


@dataclass(frozen=True, slots=True, repr=False)
class Tariff:
    """The public prices of the answers about each variant, and what a person may spend.

    `prices` has the shape (2, variants), by whether she carries; infinite if not answerable.
    """

    prices: Floats
    limit: float


@dataclass(frozen=True, slots=True, repr=False)
class KnowsPrices:
    """Asks only where she would be counted, what tells most for what it costs her first.

    It follows her spending: at no question is there a draw in her place.
    """

    laws: CountLaws
    information: Floats
    tariff: Tariff
    name: ClassVar[str] = "knows the prices"

    def evidence(
        self, victim: Genome, target: Counter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        carries = (victim > 0).astype(int)
        every = np.arange(len(victim))
        own, dearest = self.tariff.prices[carries, every], self.tariff.prices.max(axis=0)
        sites = np.flatnonzero((victim != NOT_CALLABLE) & (dearest <= self.tariff.limit))
        worth = self.information[carries[sites], sites] / own[sites]
        order, spent, told = sites[np.argsort(-worth, kind="stable")], 0.0, [0.0]

        def can_pay(site: int) -> bool:
            return bool(dearest[site] <= self.tariff.limit - spent)

        for site, answer in islice(answered(target, order, can_pay), limit):
            spent += own[site]
            told.append(told[-1] + self.laws.evidence(site, answer, bool(carries[site])))
        return np.array(told[1:])


@dataclass(frozen=True, slots=True, repr=False)
class ExhaustOthers:
    """Spends everybody's budget but hers, then asks what she carries.

    First come variants that she does not carry and that cost the others most beyond what they cost
    her: `burn` questions, or as long as they are answered (None). Unless somebody `is_drawn` for
    each person who cannot pay, it reckons with the few who are still counted (`KnownCounter.rest`).
    """

    laws: CountLaws
    tariff: Tariff
    burn: int | None
    is_drawn: bool = True

    @property
    def name(self) -> str:
        return "exhaust the others" if self.burn is None else "exhaust some others"

    def evidence(
        self, victim: Genome, target: Counter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        other, carrier = self.tariff.prices
        is_burnt = (victim == 0) & np.isfinite(carrier)
        sites = np.flatnonzero(is_burnt)
        gain = self.laws.carriage[sites] * (carrier[sites] - other[sites])
        burnt = sites[np.argsort(-gain, kind="stable")]
        most = limit // 2 if self.burn is None else self.burn
        first = _heard(self.laws, victim, target, burnt, most)
        last = _rare_first(self.laws, victim)
        rest = _heard(self.laws, victim, target, last, limit - len(first), self.is_drawn)
        return np.concatenate((first, rest + (first[-1] if len(first) else 0.0)))


@dataclass(frozen=True, slots=True, repr=False)
class Averaging:
    """Asks the same again and again, and what is inherited with it: the noise averages out.

    `groups` number the variants that go together (`linkage.linked_groups`). Draws that are all the
    same were drawn once, and are taken for one.
    """

    laws: CountLaws
    groups: Sites
    repeats: int = 10
    name: ClassVar[str] = "averaging"

    def evidence(
        self, victim: Genome, target: Counter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        score, told = 0.0, [0.0]
        for sites in self._groups_of(victim, target):
            drawn = [a for site in sites for a in self._repeated(target, site)]
            if drawn:
                told += [score] * (len(drawn) - 1)
                distinct = _once(drawn, self.repeats)
                score += self.laws.shared(sites[0], distinct, True)
                told.append(score)
            if len(told) > limit:
                break
        return np.array(told[1 : limit + 1])

    def _groups_of(self, victim: Genome, target: Counter) -> Iterable[list[int]]:
        """Return the linked groups of what she carries, that of the rarest first."""
        members: dict[int, list[int]] = {}
        for site in _open(target, _rare_first(self.laws, victim)).tolist():
            members.setdefault(int(self.groups[site]), []).append(site)
        return members.values()

    def _repeated(self, target: Counter, site: int) -> Iterator[int]:
        for _ in range(self.repeats):
            answer = target.ask(site)
            if answer is None:
                return
            yield answer


def _once(drawn: list[int], repeats: int) -> Sites:
    """Return independent draws: of each `repeats` equal ones, which were stored, the first."""
    runs = np.array(drawn).reshape(-1, repeats) if len(drawn) % repeats == 0 else None
    if runs is not None and (runs == runs[:, :1]).all():
        return runs[:, 0]
    return np.array(drawn)


@dataclass(frozen=True, slots=True, repr=False)
class SubtractsKnown:
    """Knows some members, takes them off each answer, and asks what she carries, rarest first."""

    laws: CountLaws
    name: ClassVar[str] = "knows half, subtracts them"

    def evidence(
        self, victim: Genome, target: KnownCounter, *, limit: int, random: np.random.Generator
    ) -> Floats:
        told = [0.0]
        order = _rare_first(self.laws, victim)
        for site, answer in islice(answered(target, order), limit):
            unknown, rest = answer - target.known(site), target.rest(site)
            told.append(told[-1] + self.laws.among(rest, site, unknown, True))
        return np.array(told[1:])


def answered(
    target: Counter, order: Sites, is_wanted: Callable[[int], bool] = lambda site: True
) -> Iterator[tuple[int, int]]:
    """Yield (site, answer) of each question that is wanted by its turn and answered.

    A counter may look more closely at a few sites than at all.
    """
    while len(order := _open(target, order)):
        for site in _open(target, order[:_AT_ONCE]).tolist():
            answer = target.ask(site) if is_wanted(site) else None
            if answer is not None:
                yield site, answer
        order = order[_AT_ONCE:]


def _open(target: Counter, sites: Sites) -> Sites:
    return sites[target.may_answer(sites)] if len(sites) else sites


def _rare_first(laws: CountLaws, victim: Genome) -> Sites:
    carried = np.flatnonzero(victim > 0)
    return carried[np.argsort(laws.carriage[carried], kind="stable")]


def _heard(
    laws: CountLaws, victim: Genome, target, order: Sites, limit: int, is_drawn: bool = True
) -> Floats:
    """Return the score after each answer to questions in this order."""
    told = [0.0]
    for site, answer in islice(answered(target, order), limit):
        crowd = int(laws.people[site]) if is_drawn else target.rest(site)
        told.append(told[-1] + laws.among(crowd, site, answer, bool(victim[site] > 0)))
    return np.array(told[1:])
