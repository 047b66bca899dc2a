"""A few people, dear questions about them, and the sums that an account book must come to."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from beacon_node.actions.registered.asked import Asked, Outcome
from beacon_node.actions.registered.charges import charge
from beacon_node.model.carriers import NumberSet, decode
from beacon_node.model.charges import Charge, Charged
from beacon_node.model.ledger import Moment
from beacon_node.node import Node, open_node
from beacon_node.privacy.registered.bounds import (
    Bounds,
    account_limits,
    institution_limits,
    pool_limits,
)
from beacon_node.privacy.registered.count import Group, Question
from beacon_node.privacy.registered.prices import Prices
from beacon_node.privacy.registered.rows import read_row
from tests.actions.homes import new_node
from tests.privacy.registered.worlds import SeededNoise

PEOPLE, GENOMES = 40, 60
BOUNDS = Bounds()
_WHOLE = account_limits(BOUNDS)
DEAR = Prices(
    carrier=_WHOLE.renyi // 9,
    other=_WHOLE.renyi // 70,
    fill=_WHOLE.fill // 1_000,
    rho_carrier=_WHOLE.rho // 11,
    rho_other=_WHOLE.rho // 300,
    fill_two=0.3,
)


def counting_node(home: Path, *, people: int = PEOPLE, dataset: str = "d") -> Node:
    """Return a new node in whose dataset so many people have numbers for life."""
    node = new_node(home)
    seat(node, dataset, range(people))
    return quiet(node)


def seat(node: Node, dataset: str, people: Iterable[int]) -> list[int]:
    persons = [b"person %d" % one for one in people]
    return node.ledger.seat(dataset, persons, now=node.clock.now()).numbers.tolist()


def quiet(node: Node) -> Node:
    """Return a node whose noise needs no library that takes long to load."""
    return replace(node, noise=SeededNoise(1))


def opened(home: Path) -> Node:
    return quiet(open_node(home, {}))


def asked(
    key: str,
    *payers: str,
    dataset: str = "d",
    people: int = PEOPLE,
    carriers: Iterable[int] | None = None,
    prices: Prices = DEAR,
) -> Asked:
    """Return a question of its own about everybody; who carries follows from the key."""
    random = np.random.default_rng(list(key.encode()))
    drawn = np.flatnonzero(random.random(people) < 0.3) if carriers is None else np.array(carriers)
    question = Question(
        Group(NumberSet.of(people, drawn)),
        Group(NumberSet.of(GENOMES, np.flatnonzero(random.random(GENOMES) < 0.3))),
        prices,
    )
    return Asked(dataset, key.encode(), payers or ("researcher:ann",), question)


def moment(node: Node) -> Moment:
    return node.ledger.moment(node.clock.now())


def ask(node: Node, *questions: Asked) -> dict[str, Outcome]:
    """Return the outcomes, with the questions on record."""
    now = moment(node)

    def record(outcomes: Mapping[str, Outcome]) -> dict:
        keys = [one.key.decode() for one in questions]
        told = {"consent_version": now.consent_version, "datasets": list(outcomes)}
        return told | {"keys": keys}

    return charge(node, questions, now, record)


def rows(node: Node, dataset: str = "d") -> list[Charge]:
    with node.ledger.charging(now=node.clock.now()) as turn:
        return [one for _, one in turn.charges(dataset)]


@dataclass
class Book:
    """What everybody spent on every account: (payer, kind, person) → units; `""` is the pool."""

    spent: dict

    @classmethod
    def empty(cls) -> "Book":
        return cls(defaultdict(int))

    def can_pay(self, person: object, payers: tuple[str, ...], prices: Prices) -> bool:
        """Say what the rules of the guard say, person by person."""
        for kind, dear in (("renyi", prices.dearest), ("rho", prices.dearest_rho)):
            mine = self.spent[payers[0], kind, person]
            if mine + dear > getattr(account_limits(BOUNDS), kind):
                return False
            for payer, limits, share in (
                *((payer, institution_limits(BOUNDS), 2) for payer in payers[1:]),
                ("", pool_limits(BOUNDS), 3),
            ):
                others = self.spent[payer, kind, person] - mine
                if share * (mine + dear) > getattr(limits, kind) - others:
                    return False
        return True

    def pay(self, person: object, payers: tuple[str, ...], prices: Prices, *, carries: bool):
        amounts = {
            "renyi": prices.carrier if carries else prices.other,
            "rho": prices.rho_carrier if carries else prices.rho_other,
        }
        for payer in ("", *payers):
            for kind, amount in amounts.items():
                self.spent[payer, kind, person] += amount

    def enter(self, one: Charge, who: Mapping[int, object] | None = None) -> None:
        """Enter a charge after seeing that it left out exactly those who cannot pay."""
        prices = read_row(one.public, one.people, one.reference).prices
        for side, group in (("p", one.people), ("r", one.reference)):
            seats, carriers, absent = _members(group)
            names = {n: (who or {}).get(n, (side, n)) if side == "p" else (side, n) for n in seats}
            poor = {n for n in seats if not self.can_pay(names[n], one.payers, prices)}
            assert poor == absent
            for n in seats - absent:
                self.pay(names[n], one.payers, prices, carries=n in carriers)

    def assert_nobody_overspent(self) -> None:
        for (payer, kind, _), units in self.spent.items():
            assert units <= getattr(_limits(payer), kind)


def _limits(payer: str):
    if not payer:
        return pool_limits(BOUNDS)
    is_own = payer.startswith("researcher:")
    return account_limits(BOUNDS) if is_own else institution_limits(BOUNDS)


def _members(group: Charged) -> tuple[set[int], set[int], set[int]]:
    everybody = set(range(group.universe))
    seats = everybody if group.seats is None else set(decode(group.seats).tolist())
    return seats, set(decode(group.carriers).tolist()), set(decode(group.left_out).tolist())


def assert_every_unit_is_right(charges: Iterable[Charge]) -> Book:
    """Recompute the whole book, person by person, in the order of the ledger."""
    book = Book.empty()
    for one in charges:
        book.enter(one)
    book.assert_nobody_overspent()
    return book
