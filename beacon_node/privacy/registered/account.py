"""What one account has spent, person by person, rebuilt from its append-only list of charges."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from beacon_node.model.carriers import decode
from beacon_node.model.charges import Charged
from beacon_node.privacy.registered.bounds import Limits
from beacon_node.privacy.registered.masks import load_mask
from beacon_node.privacy.registered.prices import Prices

_MOST_UNITS = 2**30 - 1  # more than any budget, and two of it are a number of 32 bits
_MOST_WAITING = 64  # changes: each holds the numbers of its carriers


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


@dataclass(frozen=True, slots=True)
class Row:
    """One answered question: what a ledger stores and any process can replay.

    `people` are those of the dataset, `reference` the public genomes; `group` is the digest of the
    question's filters. `genomes` names the set whose numbers `reference` are, None: not known which
    it was. The same row is charged to each of an answer's accounts.
    """

    prices: Prices
    people: Charged
    reference: Charged
    place: Place | None
    group: str
    genomes: str | None = ""


@dataclass(frozen=True, slots=True, repr=False)
class Change:
    """What one row adds to the spending of the first `people`, in units, (Rényi, ρ).

    `each` to all of them who pay (all bits or none, for each; None: all do), and `more` to those at
    the numbers `at`; nobody's grows by more than `most`.
    """

    people: int
    paying: np.ndarray | None
    each: tuple[int, int]
    at: np.ndarray | slice
    more: tuple[int | np.ndarray, int | np.ndarray]
    most: tuple[int, int]

    @classmethod
    def of(cls, renyi: np.ndarray, rho: np.ndarray) -> "Change":
        """Return the change that adds so much to each person's (int32)."""
        most = int(renyi.max(initial=0)), int(rho.max(initial=0))
        return cls(len(renyi), None, (0, 0), slice(len(renyi)), (renyi, rho), most)

    def __repr__(self) -> str:
        return "Change(…)"


class Purse:
    """What each of some people has spent on one account. Private: does not print itself.

    Changes wait until somebody looks at single people: of most questions it is known, without
    looking, that everybody can pay.
    """

    __slots__ = ("_columns", "_most", "_waiting", "_whole", "_people")

    def __init__(self, people: int) -> None:
        self._hold(np.zeros(people, np.int32), np.zeros(people, np.int32), most=(0, 0))

    @classmethod
    def of(cls, renyi: np.ndarray, rho: np.ndarray) -> "Purse":
        """Return the purse of people who spent so much (int32)."""
        most = int(renyi.max(initial=0)), int(rho.max(initial=0))
        purse = cls.__new__(cls)
        purse._hold(renyi, rho, most=most)
        return purse

    @classmethod
    def alike(cls, people: int, *, renyi: int, rho: int) -> "Purse":
        """Return the purse of so many people of whom each spent as much."""
        purse, columns = cls.__new__(cls), [np.full(people, one, np.int32) for one in (renyi, rho)]
        purse._hold(*columns, most=(renyi, rho))
        return purse

    def _hold(self, renyi: np.ndarray, rho: np.ndarray, *, most: tuple[int, int]) -> None:
        self._columns, self._people, self._whole = (renyi, rho), len(renyi), None
        self._waiting: tuple[list[Change], list[Change]] = [], []
        # Nobody spent more; known without looking at all.
        self._most = {"renyi": most[0], "rho": most[1]}

    def __repr__(self) -> str:
        return "Purse(…)"

    def __len__(self) -> int:
        return self._people

    @property
    def columns(self) -> tuple[np.ndarray, np.ndarray]:
        return self.renyi, self.rho

    @property
    def renyi(self) -> np.ndarray:
        return self._column(0)

    @property
    def rho(self) -> np.ndarray:
        return self._column(1)

    def _column(self, index: int) -> np.ndarray:
        if self._whole is not None:
            return self._whole._column(index)[: self._people]
        column, waiting = self._columns[index], self._waiting[index]
        if waiting:
            _add(waiting, index, column)
            waiting.clear()
        return column

    def add(self, change: Change) -> None:
        """Charge the first people, as many as the change is about; there may be more by now."""
        for index, waiting in enumerate(self._waiting):
            waiting.append(change)
            if len(waiting) >= _MOST_WAITING:
                self._column(index)
        self._most["renyi"] += change.most[0]
        self._most["rho"] += change.most[1]
        for kind in ("renyi", "rho"):
            if self.most(kind, allowed=_MOST_UNITS) > _MOST_UNITS:
                np.minimum(getattr(self, kind), _MOST_UNITS, out=getattr(self, kind))

    def first(self, people: int) -> "Purse":
        """Return the purse of the first people; what is added later is seen in both."""
        part = Purse.__new__(Purse)
        part._whole, part._people, part._most = self, people, dict(self._most)
        return part

    def grow(self, people: int) -> None:
        """Take in people who have spent nothing, until there are so many."""
        new = people - len(self)
        if new > 0:
            renyi, rho = (np.pad(one, (0, new)) for one in self.columns)
            self._columns, self._people = (renyi, rho), people

    def within(self, limits: Limits) -> "Purse":
        """Return a purse in which nobody has spent more than there is, which several accounts of
        one person can have: they have spent all, and nothing that others did."""
        over = [
            kind
            for kind in ("renyi", "rho")
            if self.most(kind, allowed=getattr(limits, kind)) > getattr(limits, kind)
        ]
        if not over:
            return self
        return Purse.of(np.minimum(self.renyi, limits.renyi), np.minimum(self.rho, limits.rho))

    def with_spent(self, people: np.ndarray, limits: Limits) -> "Purse":
        """Return a purse in which these people have spent all there is."""
        renyi, rho = self.renyi.copy(), self.rho.copy()
        renyi[people], rho[people] = limits.renyi, limits.rho
        return Purse.of(renyi, rho)

    def most(self, kind: str, *, allowed: int) -> int:
        """Return a number that nobody's spending exceeds, the least one if it is over `allowed`."""
        if self._most[kind] > allowed:
            whole = self._whole
            if whole is not None and len(whole) == len(self):  # it remembers it for all its parts
                self._most[kind] = whole.most(kind, allowed=allowed)
            else:
                self._most[kind] = int(getattr(self, kind).max(initial=0))
        return self._most[kind]


def _add(changes: Iterable[Change], index: int, column: np.ndarray) -> None:
    """Add changes to what people have spent of one kind; what the same people pay goes in one."""
    sums: dict[tuple[int, int], list] = {}
    for change in changes:
        if each := change.each[index]:
            same = sums.setdefault((id(change.paying), change.people), [change, 0])
            same[1] += each
        column[change.at] += change.more[index]
    for change, total in sums.values():
        column[: change.people] += total if change.paying is None else change.paying & total


class Account:
    """One account's spending on the people of a dataset and on the reference genomes.

    `limits` are what it may spend on each. `version` counts the rows it has seen. With
    `one_group_per_place` it may not ask about one place among different groups of people.

    `reference` is about the genomes of the newest row's set, named `genomes`; `dearest` is what
    somebody would have spent who paid the dearer price of every row (Rényi, ρ).
    """

    __slots__ = (
        *("name", "limits", "one_group_per_place"),
        *("people", "reference", "genomes", "dearest", "version", "fill", "groups"),
    )

    def __init__(
        self, name: str, limits: Limits, *, people: int, reference: int, one_group_per_place: bool
    ) -> None:
        self.name, self.limits = name, limits
        self.one_group_per_place = one_group_per_place
        self.people, self.reference = Purse(people), Purse(reference)
        self.genomes: str | None = ""
        self.dearest = 0, 0
        self.version = self.fill = 0
        self.groups: dict[str, dict[str, list[Place]]] = {}  # reference name → group → places

    def __repr__(self) -> str:
        return f"Account({self.name!r}, version={self.version})"

    def told(self) -> dict:
        """Return all that `again` needs beside the purses, as JSON."""
        groups = {
            name: {
                group: [[place.start, place.end] for place in places]
                for group, places in own.items()
            }
            for name, own in self.groups.items()
        }
        own = {"genomes": self.genomes, "dearest": self.dearest}
        return {"version": self.version, "fill": self.fill, "groups": groups, **own}

    def again(self, told: Mapping, people: Purse, reference: Purse) -> None:
        """Be as another account of the same name and limits was."""
        self.people, self.reference = people, reference
        self.genomes, self.dearest = told["genomes"], tuple(told["dearest"])
        self.version, self.fill = told["version"], told["fill"]
        self.groups = {
            name: {
                group: [Place(name, *place) for place in places] for group, places in own.items()
            }
            for name, own in told["groups"].items()
        }

    def spent_on(self, genomes: str | None, count: int) -> Purse:
        """Return what was spent on each of a set of reference genomes.

        A number means somebody else in another set: its genomes paid the dearer price each time.
        """
        is_same = genomes is not None and genomes == self.genomes
        if is_same and count == len(self.reference):
            return self.reference
        renyi, rho = map(min, self.dearest, (self.limits.renyi, self.limits.rho))
        return Purse.alike(count, renyi=renyi, rho=rho)

    def asked_otherwise(self, place: Place | None, group: str, distance: int) -> bool:
        """Say whether this account asked near `place` among another group of people."""
        return self.group_near(place, group, distance) is not None

    def group_near(self, place: Place | None, group: str, distance: int) -> str | None:
        """Return another group than `group` among which this account asked near `place`."""
        if place is None or not self.one_group_per_place:
            return None
        for earlier, places in self.groups.get(place.reference_name, {}).items():
            if earlier != group and any(place.is_near(other, distance) for other in places):
                return earlier
        return None

    def _remember(self, place: Place | None, group: str) -> None:
        if place is not None and self.one_group_per_place:
            groups = self.groups.setdefault(place.reference_name, {})
            groups.setdefault(group, []).append(place)

    def _apply(self, row: Row, people: Change, reference: Change) -> None:
        self.people.grow(row.people.universe)
        self.people.add(people)
        self.reference = self.spent_on(row.genomes, row.reference.universe)
        self.reference.add(reference)
        self.genomes = row.genomes
        renyi, rho = self.dearest
        self.dearest = renyi + row.prices.dearest, rho + row.prices.dearest_rho
        self.fill += row.prices.fill
        self._remember(row.place, row.group)
        self.version += 1


def replay(accounts: Iterable[Account], rows: Iterable[Row]) -> None:
    """Add rows that these accounts have not seen, in the order of the ledger.

    Who paid is in the rows: nothing is decided again, and what people spent does not depend on the
    order. People of later rows have spent nothing before. Where the reference genomes were
    exchanged, each of the new ones has spent the dearest prices of all rows before.
    """
    accounts = tuple(accounts)
    if not accounts:
        return
    for row in rows:
        changes = _change(row, row.people), _change(row, row.reference)
        for account in accounts:
            account._apply(row, *changes)


def _change(row: Row, charged: Charged) -> Change:
    prices, universe = row.prices, charged.universe
    paying = _paying(universe, charged.seats, charged.left_out)
    carriers = decode(charged.carriers)
    if paying is not None:
        carriers = carriers[paying[carriers] != 0]
    return Change(
        universe,
        paying,
        (prices.other, prices.rho_other),
        carriers,
        (prices.carrier - prices.other, prices.rho_carrier - prices.rho_other),
        (prices.dearest, prices.dearest_rho),
    )


@lru_cache(8)  # questions are about the same people again and again
def _paying(universe: int, seats: bytes | None, left_out: bytes) -> np.ndarray | None:
    """Return all bits for whoever pays and none for others (int32), None if everybody does."""
    paying = None if seats is None else load_mask(seats, universe)
    if left_out:
        paid = ~load_mask(left_out, universe)
        paying = paid if paying is None else paying & paid
    return None if paying is None else -paying.astype(np.int32)
