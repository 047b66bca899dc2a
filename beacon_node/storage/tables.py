"""Small SQLite files that all processes of one program share: logins, and local accounts."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock

from beacon_node.errors import ConfigurationError
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private

_BUSY_S = 10  # how long one process waits for another's transaction
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Connection = sqlite3.Connection


class Tables:
    """One file. What a transaction changed is on disk when it ends, whoever is killed then.

    `layout` makes the tables of a new file; `version` is raised with every change of it. Raises
    StoreUnavailable where the file cannot be used, ConfigurationError where a newer program made
    it.
    """

    def __init__(self, path: Path, layout: str, version: int = 1) -> None:
        self._path, self._lock = path, RLock()
        self._connection: sqlite3.Connection | None = None
        self._owner = 0
        with told_plainly(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(path)
        with self.writing() as connection:
            (found,) = connection.execute("PRAGMA user_version").fetchone()
            if found > version:
                raise ConfigurationError(f"{path} was made by a newer version of beacon-node")
            if found == 0:
                for statement in layout.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {version:d}")

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Hold the connection; single statements see what every process committed before."""
        with told_plainly(self._path), self._lock:
            yield self._open()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction, all or nothing; nobody else writes meanwhile. Keep it short."""
        with told_plainly(self._path), self._lock:
            connection = self._open()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    def close(self) -> None:
        with self._lock:
            if self._connection is not None and self._owner == os.getpid():
                self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        """Return this process's connection: one that was opened before a fork is not for both."""
        if self._connection is None or self._owner != os.getpid():
            self._connection, self._owner = _connect(self._path), os.getpid()
        return self._connection


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
    )
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def rows(connection: sqlite3.Connection, sql: str, *values: object) -> list[tuple]:
    """Return all rows of a statement."""
    with closing(connection.execute(sql, values)) as cursor:
        return cursor.fetchall()


def number(moment: datetime) -> int:
    """Return a moment as these files have it: microseconds since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment(number: int) -> datetime:
    return _EPOCH + timedelta(microseconds=number)
