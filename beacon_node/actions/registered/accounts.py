"""What every account has spent, as far as this process has replayed the ledger's charges.

An account changes with rows of the ledger alone, and is the sum of all that the accounts of one
person paid: when another one is linked to it, it is added up anew. A row of a transaction that has
yet to end is looked for again in the next one: if it is not there, the transaction failed, and the
accounts are made again from the ledger.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from beacon_node.errors import LedgerBroken
from beacon_node.model.charges import Charge
from beacon_node.node import Node
from beacon_node.privacy.registered.account import Account, Purse, Row, replay
from beacon_node.privacy.registered.bounds import (
    Bounds,
    Limits,
    account_limits,
    institution_limits,
    pool_limits,
)
from beacon_node.privacy.registered.count import Question, Subjects
from beacon_node.privacy.registered.rows import read_row
from beacon_node.privacy.registered.shared import Elsewhere, view
from beacon_node.store.ledger.charging import Charging
from beacon_node.store.ledger.purses import StoredPurse

POOL = "everybody"  # not the name of a payer: those have a colon
_RESEARCHER = "researcher:"  # asks among one group of people near a place
ROWS_UNTIL_SAVED = 256  # replaying as many takes less than a second
_OF = "of"  # in what is stored of an account: the payers whose rows it sums
_MOST_PURSES = 8_000_000  # people of all purses of a dataset that a process keeps: 64 MB


def subjects(
    node: Node, turn: Charging, dataset: str, payers: Sequence[str], question: Question
) -> Subjects:
    """Return the accounts of `payers` and the pool as `question` meets them, up to date.

    What they spent on the same people in other datasets is among it.
    """
    own = _accounts(node, turn, dataset, payers)
    elsewhere = _elsewhere(node, turn, dataset, payers)
    met = {"people": question.people.matching.universe, "asked": question.reference}
    views = []
    for name in (*payers, POOL):
        others = [Elsewhere(one.of(name), here, there) for one, here, there in elsewhere]
        views.append(view(own.of(name), others, **met))
    *accounts, pool = views
    _take_as_spent(pool, turn, elsewhere)
    return Subjects(tuple(accounts), pool)


def forget(node: Node) -> None:
    """Forget what was replayed."""
    for key in tuple(node.accounts):
        if key[0] == "spent by":
            node.accounts.pop(key, None)


@dataclass(frozen=True, slots=True)
class _Own:
    """A charge of this process, and the transaction that made it."""

    turn: Charging
    number: int
    hash: bytes | None


class Accounts:
    """All accounts on one dataset. To be used by whose turn it is to write."""

    def __init__(self, dataset: str, bounds: Bounds) -> None:
        self.dataset, self._bounds = dataset, bounds
        self._begin()

    def _begin(self) -> None:
        self._seen = 0  # the last charge that was replayed
        self._pool = self._empty(POOL)
        self._payers: dict[str, Account] = {}
        self._names: dict[str, tuple[str, ...]] = {}  # of the payers whose rows an account sums
        self._saved: dict[str, int] = {}  # the version of an account that was stored last
        self._own: _Own | None = None  # a charge that may not have come onto the disk
        self._is_whole = True

    def __repr__(self) -> str:
        return f"Accounts({self.dataset!r})"

    def of(self, name: str) -> Account:
        return self._pool if name == POOL else self._payers[name]

    def bring_up_to_date(self, turn: Charging, payers: Sequence[str]) -> None:
        """Replay what was charged since; take in payers who are not here."""
        self._begin_anew_after_failure(turn)
        self._is_whole = False
        if not self._seen:
            self._seen = stored_account(turn, self.dataset, self._pool)
        for number, charge in turn.charges(self.dataset, self._seen):
            self._replay(number, charge, read(charge))
        self._make_room(payers)
        for payer in payers:
            known = self._payers.pop(payer, None)  # last used comes last
            if known is None or self._names[payer] != _names(turn, payer):
                known = self._replayed(turn, payer)
            self._payers[payer] = known
        if self._seen <= turn.on_disk:
            for name in (*payers, POOL):
                self._save(turn, self.of(name))
        self._is_whole = True

    def add(self, turn: Charging, number: int, charge: Charge, row: Row) -> None:
        """Replay a charge that `turn` has just made."""
        self._is_whole = False
        self._own = _Own(turn, number, turn.entry_hash(number))
        self._replay(number, charge, row)
        self._is_whole = True

    def _begin_anew_after_failure(self, turn: Charging) -> None:
        """Forget all if a charge that was replayed here did not come onto the disk."""
        own = self._own
        if own is None or own.turn is turn:
            is_there = True
        else:
            is_there = turn.entry_hash(own.number) == own.hash
            self._own = None
        if not (is_there and self._is_whole):
            self._begin()

    def _replay(self, number: int, charge: Charge, row: Row) -> None:
        paying = [self._payers[one] for one in charge.payers if one in self._payers]
        replay([self._pool, *paying], [row])
        self._seen = number

    def _replayed(self, turn: Charging, payer: str) -> Account:
        account, names = self._empty(payer), _names(turn, payer)
        after = stored_account(turn, self.dataset, account)
        self._saved[payer], self._names[payer] = account.version, names
        rows = turn.charges(self.dataset, after, payers=names)
        replay([account], (read(charge) for _, charge in rows))
        return account

    def _save(self, turn: Charging, account: Account) -> None:
        """Store an account that has seen many rows since it was; one process of many does."""
        saved = self._saved.setdefault(account.name, 0)
        if account.version - saved < ROWS_UNTIL_SAVED:
            return
        self._saved[account.name] = account.version
        stored = turn.purses.load(self.dataset, account.name)
        if stored is None or account.version - stored.told["version"] >= ROWS_UNTIL_SAVED // 2:
            columns = (*account.people.columns, *account.reference.columns)
            mark = self._seen, turn.entry_hash(self._seen)
            told = account.told() | {_OF: _names(turn, account.name)}
            turn.purses.save(self.dataset, account.name, StoredPurse(*mark, told, columns))

    def _empty(self, name: str) -> Account:
        return Account(
            name,
            limits_of(name, self._bounds),
            people=0,
            reference=0,
            one_group_per_place=name.startswith(_RESEARCHER),
        )

    def _make_room(self, payers: Sequence[str]) -> None:
        size = max(1, len(self._pool.people) + len(self._pool.reference))
        most = max(len(payers), _MOST_PURSES // size)
        for payer in tuple(self._payers):
            if len(self._payers) <= most:
                return
            if payer not in payers:
                del self._payers[payer]


def _names(turn: Charging, payer: str) -> tuple[str, ...]:
    """Return the payers who are one with `payer`: of a researcher, under all their accounts."""
    if not payer.startswith(_RESEARCHER):
        return (payer,)
    accounts = turn.linked.accounts(payer.removeprefix(_RESEARCHER))
    return tuple(f"{_RESEARCHER}{account}" for account in accounts)


def limits_of(name: str, bounds: Bounds) -> Limits:
    """Return what may be spent on an account: a researcher's, an institution's, or the pool."""
    if name == POOL:
        return pool_limits(bounds)
    is_own = name.startswith(_RESEARCHER)
    return account_limits(bounds) if is_own else institution_limits(bounds)


def stored_account(turn: Charging, dataset: str, account: Account) -> int:
    """Bring an empty account to where it was stored; return the last charge it knows then, or 0.

    What was stored before another account of the person was linked to it is passed over. Raises
    LedgerBroken if it was stored by a ledger that has another charge there, or more.
    """
    stored = turn.purses.load(dataset, account.name)
    if stored is None:
        return 0
    if turn.entry_hash(stored.number) != stored.hash:
        raise LedgerBroken(
            "the ledger is older than what was charged for registered counts; nothing is counted "
            "until the newest ledger.sqlite is put back; only if there is none: "
            f"beacon-node release {dataset} --restored-ledger"
        )
    if tuple(stored.told.get(_OF, [account.name])) != _names(turn, account.name):
        return 0
    people, reference = Purse.of(*stored.columns[:2]), Purse.of(*stored.columns[2:])
    account.again(stored.told, people, reference)
    return stored.number


def read(charge: Charge) -> Row:
    return read_row(charge.public, charge.people, charge.reference)


def accounts_of(node: Node, dataset: str) -> Accounts:
    """Return the accounts on a dataset, as they were left."""
    key = "spent by", dataset
    found = node.accounts.get(key)
    if found is None:
        found = node.accounts[key] = Accounts(dataset, node.settings.registered.bounds)
    return found


def _accounts(node: Node, turn: Charging, dataset: str, payers: Sequence[str]) -> Accounts:
    found = accounts_of(node, dataset)
    found.bring_up_to_date(turn, payers)
    return found


# ---- the same people in other datasets -----------------------------------------------------------

_Met = tuple[Accounts, np.ndarray, np.ndarray]


def _elsewhere(node: Node, turn: Charging, dataset: str, payers: Sequence[str]) -> list[_Met]:
    """Return the accounts on every other dataset, with who is who there: (here, there)."""
    return [
        (_accounts(node, turn, other, payers), *_shared(node, turn, dataset, other))
        for other in turn.datasets()
        if other != dataset
    ]


def _shared(node: Node, turn: Charging, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
    """Return who is in both datasets; looked up again when anybody was given a number."""
    key, seats = ("shared", one, other), (turn.seats(one), turn.seats(other))
    known = node.accounts.get(key)
    if known is None or known[0] != seats:
        known = node.accounts[key] = seats, turn.shared(one, other)
    return known[1]


def _take_as_spent(pool: Account, turn: Charging, elsewhere: list[_Met]) -> None:
    """Let nobody pay of whom it is not known what was spent on her in another dataset."""
    for accounts, here, there in elsewhere:
        people = turn.spent(accounts.dataset)
        numbers = here[(there < people) & (here < len(pool.people))]
        if len(numbers):
            pool.people = pool.people.with_spent(numbers, pool.limits)
