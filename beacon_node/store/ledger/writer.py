"""A process's own connection for writing, with what it remembers from its last transaction."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from beacon_node.store.ledger.chain import Appending, End, checked_end
from beacon_node.store.ledger.reader import connect

# An import of 100,000 people touches this much; with less, pages are written again and again.
_CACHE_KIB = 131_072
# Whoever fills the log empties it, for which everybody waits: rarer than SQLite's 1,000 pages.
_LOG_PAGES = 4_000
_NOTHING_LEFT = -1, None


class Writer:
    """To be used by whose turn it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._is_durable: bool | None = None
        self._left: tuple[int, End | None] = _NOTHING_LEFT  # data version and the chain's end
        self.noted: dict[str, int] = {}  # of first questions; others only ever add to it

    @contextmanager
    def transaction(self, *, now: datetime, durable: bool) -> Iterator[Appending]:
        """Append within one transaction, all or nothing."""
        connection = self._connection = self._connection or self._connect()
        left = None
        try:
            self._make_durable(connection, durable)
            connection.execute("BEGIN IMMEDIATE")
            version = self._data_version(connection)
            # Nobody else wrote since: the chain ends as it was left.
            end = self._left[1] if version == self._left[0] else checked_end(connection)
            appending = Appending(connection, end, now)
            yield appending
            end = appending.end()
            connection.execute("COMMIT")
            left = version, end
        finally:
            if left is None:
                self.close()  # rolls back
            else:
                self._left = left

    def end(self) -> End | None:
        """Return how the chain ends, for whoever keeps others from a turn; None before the first
        transaction. Raises LedgerBroken."""
        if self._connection is None:
            return None
        version = self._data_version(self._connection)
        if version != self._left[0]:  # read first: what is newer yet is read again at the turn
            self._left = version, checked_end(self._connection)
        return self._left[1]

    @staticmethod
    def _data_version(connection: sqlite3.Connection) -> int:
        return connection.execute("PRAGMA data_version").fetchone()[0]

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._is_durable, self._left, self.noted = None, _NOTHING_LEFT, {}
        if connection is not None:
            connection.close()

    def _make_durable(self, connection: sqlite3.Connection, durable: bool) -> None:
        if durable is not self._is_durable:
            connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._is_durable = durable
