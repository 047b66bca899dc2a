"""What the ledger does for the registered tier: seats, charges, and the one transaction of both."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

import numpy as np
import orjson

from beacon_node.model.charges import Charge, Drawn, Seated
from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.ledger import Verification, older
from beacon_node.model.linked import Linked
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger import charges, seats
from beacon_node.store.ledger.chain import Appending
from beacon_node.store.ledger.linked import read
from beacon_node.store.ledger.purses import PurseFiles
from beacon_node.store.ledger.reader import Reader

BOUNDS = "registered-bounds"
_STATED = "SELECT body FROM entry WHERE kind = ? AND sequence > ? ORDER BY sequence DESC LIMIT 1"


class Charging:
    """One open transaction in which nobody else writes: what was charged until now, and charging.

    `audit` records the question itself, whose `body` is as `Ledger.audit` wants it. `on_disk` is
    the number of the last charge that an earlier transaction made, `purses` keeps what it came to.
    `linked` says which accounts are one person's.
    """

    def __init__(
        self,
        appending: Appending,
        audit: Callable[[Mapping], None],
        purses: PurseFiles,
        linked: Linked,
    ) -> None:
        self._appending, self._connection = appending, appending.connection
        self.audit, self.purses, self.linked = audit, purses, linked
        self.on_disk = charges.last_number(self._connection)

    def consent_version(self) -> int:
        return self._appending.consent_version()

    def drawn(self, keys: Sequence[bytes]) -> Drawn | None:
        """Return what was drawn for a question that was paid for under any of its keys, first of
        all; None for one that was not."""
        return next(iter(charges.drawn(self._connection, keys).values()), None)

    def charges(
        self, dataset: str, after: int = 0, *, payers: Sequence[str] = ()
    ) -> Iterator[tuple[int, Charge]]:
        """Yield the charges of a dataset after a number, with theirs: those that any of `payers`
        paid, each once, or all."""
        return charges.rows(self._connection, dataset, after, payers=payers)

    def entry_hash(self, number: int) -> bytes | None:
        """Return the hash of the entry of a charge, None if there is no such charge."""
        return charges.entry_hash(self._connection, number)

    def datasets(self) -> tuple[str, ...]:
        """Return the datasets in which anybody was ever charged, or is taken to have been."""
        return charges.datasets(self._connection)

    def seated_datasets(self) -> tuple[str, ...]:
        """Return the datasets in which anybody has a number for life."""
        return seats.datasets(self._connection)

    def seats(self, dataset: str) -> int:
        """Return how many people of a dataset have numbers for life."""
        return seats.count(self._connection, dataset)

    def shared(self, one: str, other: str) -> tuple[np.ndarray, np.ndarray]:
        """Return the numbers, in one and in the other dataset, of the people who are in both."""
        return seats.shared(self._connection, one, other)

    def spent(self, dataset: str) -> int:
        """Return how many people of a dataset, the first ones, are taken to have spent all."""
        return charges.spent(self._connection, dataset)

    def close(self, dataset: str, people: int) -> None:
        """Take the first people of a dataset to have spent everything, for good."""
        charges.close(self._appending, dataset, people)

    def state_bounds(self, settings: Mapping) -> None:
        """Put the settings of the registered tier on record."""
        self._appending.append(BOUNDS, [canonical_json(dict(settings))])

    def add(self, charge: Charge, salt: bytes) -> int:
        """Add a charge and return its number; `salt` (16 unpredictable bytes) is of its digest."""
        return charges.add(self._appending, charge, salt)


class _Ledger(Protocol):
    path: Path
    _reader: Reader
    _is_behind: bool
    _linked: Linked

    def writing(self, *, now: datetime, durable: bool) -> AbstractContextManager[Appending]: ...

    def _record_question(self, appending: Appending, body: Mapping) -> object: ...


class ChargingLedger:
    """The part of `Ledger` that the registered tier uses."""

    def seat(self: _Ledger, dataset: str, persons: Sequence[bytes], *, now: datetime) -> Seated:
        """Return the numbers for life of people, after giving one to whoever has none; on disk
        when it returns. A person is bytes that stand for her in every dataset."""
        with told_plainly(self.path), self._reader as connection:
            found = seats.seated(connection, dataset, persons)
        if found is not None:
            return found
        with self.writing(now=now, durable=True) as appending:
            return seats.seat(appending, dataset, persons)

    def drawn(self: _Ledger, keys: Sequence[bytes]) -> dict[bytes, Drawn]:
        """Return what was drawn for those of the questions that were paid for, in the order in
        which they were."""
        with told_plainly(self.path), self._reader as connection:
            return charges.drawn(connection, keys)

    def stated_bounds(self: _Ledger, after: int) -> tuple[int, dict | None]:
        """Return the number of the last entry, and the newest settings of the registered tier that
        were put on record after an entry, None if none were."""
        with told_plainly(self.path), self._reader as connection:
            (last,) = connection.execute("SELECT max(sequence) FROM entry").fetchone()
            found = connection.execute(_STATED, [BOUNDS, after]).fetchone()
        return last or 0, orjson.loads(found[0]) if found else None

    @contextmanager
    def charging(self: _Ledger, *, now: datetime, is_older: bool = False) -> Iterator[Charging]:
        """Wait for this process's turn and charge within one transaction, all or nothing; on disk
        when it ends. Keep it short: everybody else waits.

        Raises LedgerBroken where an older ledger was put back, unless `is_older` says that it is
        known: then what was charged before is not all there.
        """
        with self.writing(now=now, durable=True) as appending:
            if self._is_behind and not is_older:
                raise older("the one that was in its place before")
            yield Charging(
                appending,
                audit=lambda body: self._record_question(appending, body),
                purses=PurseFiles(self.path),
                linked=read(appending.connection, self._linked),
            )


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong with seats or charges."""
    found = seats.verify(connection, whole)
    return charges.verify(connection, found) if found.is_whole else found
