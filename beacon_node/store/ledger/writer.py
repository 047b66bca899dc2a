"""A process's own connection for writing, with what it remembers from its last transaction."""

import sqlite3
from datetime import datetime
from pathlib import Path
from types import TracebackType

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

    def transaction(self, *, now: datetime, durable: bool) -> "Transaction":
        """Append within one transaction, all or nothing."""
        return Transaction(self, now, durable)

    def begin(self, now: datetime, durable: bool) -> Appending:
        """Begin a transaction; whatever comes of it, `commit` or `close` follows."""
        connection = self._connection = self._connection or self._connect()
        self._make_durable(connection, durable)
        connection.execute("BEGIN IMMEDIATE")
        version = self._data_version(connection)
        # Nobody else wrote since: the chain ends as it was left.
        end = self._left[1] if version == self._left[0] else checked_end(connection)
        self._left = version, end
        return Appending(connection, end, now)

    def commit(self, appending: Appending) -> None:
        end = appending.end()
        appending.connection.execute("COMMIT")
        self._left = self._left[0], end

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


class Transaction:  # a class, not a generator: every question passes here
    """A transaction of a writer, committed when it is left; after any error rolled back."""

    __slots__ = ("_appending", "_asked", "_writer")

    def __init__(self, writer: Writer, now: datetime, durable: bool) -> None:
        self._writer, self._asked = writer, (now, durable)

    def __enter__(self) -> Appending:
        self._appending = None
        try:
            self._appending = self._writer.begin(*self._asked)
            return self._appending
        finally:
            if self._appending is None:
                self._writer.close()

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        is_on_record = False
        try:
            if kind is None:
                self._writer.commit(self._appending)
                is_on_record = True
        finally:
            if not is_on_record:
                self._writer.close()  # rolls back
