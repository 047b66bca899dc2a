"""What one account has spent, person by person, rebuilt from its append-only list of charges."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from beacon_node.errors import Conflict
from beacon_node.privacy.registered.bounds import Limits
from beacon_node.privacy.registered.masks import load_mask
from beacon_node.privacy.registered.prices import Prices


@dataclass(frozen=True, slots=True)
class Place:
    """Where the alleles of a question lie: interbase `[start, end)` on one reference."""

    reference_name: str
    start: int
    end: int

    def is_near(self, other: "Place", distance: int) -> bool:
        return (
            self.reference_name == other.reference_name
            and self.start < other.end + distance
            and other.start < self.end + distance
        )


@dataclass(frozen=True, slots=True, repr=False)
class Charged:
    """Who paid for one answer, as stored sets (model.carriers). Private: does not print itself.

    `seats` None: everybody was asked about; an empty set is b"". `left_out` could not pay.
    """

    seats: bytes | None
    carriers: bytes
    left_out: bytes

    def __repr__(self) -> str:
        return "Charged(…)"


@dataclass(frozen=True, slots=True)
class Row:
    """One answered question: what a ledger stores and any process can replay.

    `people` are those of the dataset, `reference` the public genomes; `group` is the digest of the
    question's filters. The same row is charged to each of an answer's accounts.
    """

    prices: Prices
    people: Charged
    reference: Charged
    place: Place | None
    group: str


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """What one row adds to each person's spending, in units; nobody's grows by more than `most`."""

    renyi: np.ndarray
    rho: np.ndarray
    most: tuple[int, int]

    @classmethod
    def of(cls, renyi: np.ndarray, rho: np.ndarray) -> "Change":
        return cls(renyi, rho, (int(renyi.max(initial=0)), int(rho.max(initial=0))))

    def __repr__(self) -> str:
        return "Change(…)"


class Purse:
    """What each of some people has spent on one account. Private: does not print itself."""

    __slots__ = ("renyi", "rho", "_most")

    def __init__(self, people: int) -> None:
        self.renyi = np.zeros(people, np.int32)
        self.rho = np.zeros(people, np.int32)
        self._most = {"renyi": 0, "rho": 0}  # nobody spent more; known without looking at all

    def __repr__(self) -> str:
        return "Purse(…)"

    def __len__(self) -> int:
        return len(self.renyi)

    def add(self, change: Change) -> None:
        self.renyi += change.renyi
        self.rho += change.rho
        self._most["renyi"] += change.most[0]
        self._most["rho"] += change.most[1]

    def most(self, kind: str, *, allowed: int) -> int:
        """Return a number that nobody's spending exceeds, the least one if it is over `allowed`."""
        if self._most[kind] > allowed:
            self._most[kind] = int(getattr(self, kind).max(initial=0))
        return self._most[kind]


class Account:
    """One account's spending on the people of a release and on the reference genomes.

    `limits` are what it may spend on each. `version` counts the rows it has seen. With
    `one_group_per_place` it may not ask about one place among different groups of people.
    """

    __slots__ = (
        *("name", "limits", "one_group_per_place"),
        *("people", "reference", "version", "fill", "_groups"),
    )

    def __init__(
        self, name: str, limits: Limits, *, people: int, reference: int, one_group_per_place: bool
    ) -> None:
        self.name, self.limits = name, limits
        self.one_group_per_place = one_group_per_place
        self.people, self.reference = Purse(people), Purse(reference)
        self.version = self.fill = 0
        self._groups: dict[str, list[tuple[Place, str]]] = {}

    def __repr__(self) -> str:
        return f"Account({self.name!r}, version={self.version})"

    def asked_otherwise(self, place: Place | None, group: str, distance: int) -> bool:
        """Say whether this account asked near `place` among another group of people."""
        if place is None or not self.one_group_per_place:
            return False
        return any(
            earlier != group and place.is_near(other, distance)
            for other, earlier in self._groups.get(place.reference_name, ())
        )

    def _remember(self, place: Place | None, group: str) -> None:
        if place is not None and self.one_group_per_place:
            self._groups.setdefault(place.reference_name, []).append((place, group))

    def _apply(self, row: Row, people: Change, reference: Change) -> None:
        self.people.add(people)
        self.reference.add(reference)
        self.fill += row.prices.fill
        self._remember(row.place, row.group)
        self.version += 1


def replay(accounts: Iterable[Account], rows: Iterable[Row]) -> None:
    """Add rows that these accounts have not seen, in the order of the ledger.

    Who paid is in the rows: nothing is decided again, and the sums do not depend on the order.
    """
    accounts = tuple(accounts)
    if not accounts:
        return
    sizes = {(len(account.people), len(account.reference)) for account in accounts}
    if len(sizes) > 1:
        raise Conflict("accounts of different releases cannot be charged together")
    people, reference = sizes.pop()
    for row in rows:
        changes = _change(row, row.people, people), _change(row, row.reference, reference)
        for account in accounts:
            account._apply(row, *changes)


def _change(row: Row, charged: Charged, universe: int) -> Change:
    prices = row.prices
    paying = None if charged.seats is None else load_mask(charged.seats, universe)
    if charged.left_out:
        paid = ~load_mask(charged.left_out, universe)
        paying = paid if paying is None else paying & paid
    carriers = load_mask(charged.carriers, universe)
    return Change(
        _spread(carriers, paying, prices.carrier, prices.other),
        _spread(carriers, paying, prices.rho_carrier, prices.rho_other),
        (prices.dearest, prices.dearest_rho),
    )


def _spread(carriers: np.ndarray, paying: np.ndarray | None, carrier: int, other: int):
    """Return what each person pays; `paying` None: everybody does."""
    amounts = carriers * np.int32(carrier - other)
    amounts += np.int32(other)
    if paying is not None:
        amounts *= paying
    return amounts


def carried_over(account: Account, numbers: np.ndarray, people: int) -> Account:
    """Return `account` for a new release of `people`: old person i has number `numbers[i]` there.

    -1 stands for somebody who left. Whoever comes back must be given her old spending by the row
    history of the release she was in: nobody's spending is ever forgotten by a ledger.
    """
    moved = Account(
        account.name,
        account.limits,
        people=people,
        reference=len(account.reference),
        one_group_per_place=account.one_group_per_place,
    )
    stay = numbers >= 0
    renyi, rho = np.zeros(people, np.int32), np.zeros(people, np.int32)
    renyi[numbers[stay]] = account.people.renyi[stay]
    rho[numbers[stay]] = account.people.rho[stay]
    moved.people.add(Change.of(renyi, rho))
    moved.reference.add(Change.of(account.reference.renyi, account.reference.rho))
    moved.version, moved.fill = account.version, account.fill
    moved._groups = {name: list(asked) for name, asked in account._groups.items()}
    return moved
