"""A process's own connection for writing, with what it remembers from its last transaction."""

import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from types import TracebackType

from beacon_node.model.ledger import Entry, Head
from beacon_node.store.ledger import questions
from beacon_node.store.ledger.chain import Appending, End, checked_end, holds
from beacon_node.store.ledger.reader import connect
from beacon_node.store.ledger.tail import State, Tail

# An import of 100,000 people touches this much; with less, pages are written again and again.
_CACHE_KIB = 131_072
# Whoever fills the log empties it, for which everybody waits: rarer than SQLite's 1,000 pages.
_LOG_PAGES = 4_000
_NOTHING_LEFT = -1, None


class Writer:
    """To be used by whose turn it is."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.tail = Tail(path, self._holds)
        self._connection: sqlite3.Connection | None = None
        self._is_durable: bool | None = None
        self._left: tuple[int, End | None] = _NOTHING_LEFT  # data version and the chain's end
        self._known: tuple[int, End | None] = _NOTHING_LEFT  # count of transactions, and the same
        self.noted: dict[str, int] = {}  # of first questions; others only ever add to it

    def transaction(self, *, now: datetime, durable: bool) -> "Transaction":
        """Append within one transaction, all or nothing."""
        return Transaction(self, now, durable)

    def begin(self, now: datetime, durable: bool) -> Appending:
        """Begin a transaction, with what the tail has; whatever comes of it, `commit` or `close`
        follows."""
        connection = self._connected()
        self._make_durable(connection, durable)
        connection.execute("BEGIN IMMEDIATE")
        end = self.end()
        tail = self.tail.rows(end)
        if tail:
            questions.take_over(connection, tail, end.consent_version, self.noted)
            end = End(Entry(*tail[-1]), end.consent_version)
        return Appending(connection, end, now)

    def commit(self, appending: Appending) -> None:
        end = appending.end()
        self.tail.begin_commit()
        appending.connection.execute("COMMIT")
        self._left = self._left[0], end
        with suppress(OSError):  # it is in the database: whoever is next asks that
            self._known = self.tail.clear(end).transactions, end

    def end(self) -> End:
        """Return how the database ends, for whoever keeps others from a turn. Raises LedgerBroken
        if that is not as it was written."""
        connection = self._connected()
        version = self._data_version(connection)
        if version != self._left[0]:  # read first: what is newer yet is read again at the turn
            self._left = version, checked_end(connection)
        return self._left[1]

    def known_end(self, state: State | None) -> End | None:
        """Return how the database ends while the tail is in a state; None if it is to be asked."""
        transactions, end = self._known
        return end if state is not None and state.transactions == transactions else None

    def at_turn(self) -> tuple[State, End]:
        """Return the tail's state and how the database ends, by whose turn it is."""
        state = self.tail.state()
        end = self.known_end(state)
        if end is None:
            end = self.end()
            state = self.tail.following(end)
            self._known = state.transactions, end
        return state, end

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def _holds(self, head: Head) -> bool:
        return holds(self._connected(), head)

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    @staticmethod
    def _data_version(connection: sqlite3.Connection) -> int:
        return connection.execute("PRAGMA data_version").fetchone()[0]

    def _connect(self) -> sqlite3.Connection:
        connection = connect(self._path)
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        connection.execute("DELETE FROM entry WHERE 0")  # fails where nothing can be written
        return connection

    def close(self) -> None:
        connection, self._connection = self._connection, None
        self._is_durable, self._left, self.noted = None, _NOTHING_LEFT, {}
        self._known = _NOTHING_LEFT
        if connection is not None:
            connection.close()
        self.tail.close()

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
