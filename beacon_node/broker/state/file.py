"""The file of a broker's state: opened for each use, so that every process sees the newest."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlite_utils import Database

from beacon_node.broker.state.layout import LAYOUT, STEPS
from beacon_node.errors import ConfigurationError
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import alone, make_private

_BUSY_S = 10  # how long a writer waits for another one


class StateFile:
    """Raises StoreUnavailable where the file cannot be used, ConfigurationError where a newer
    version of this program made it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with told_plainly(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(path)
            with alone(path):  # several workers start at once
                self._bring_up_to_date()

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with told_plainly(self.path):
            connection = _connect(self.path)
            try:
                return connection.execute(sql, values).fetchall()
            finally:
                connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """Give a connection in a transaction that is on disk when the block ends, or nothing."""
        with told_plainly(self.path):
            connection = _connect(self.path)
            try:
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                connection.commit()
            finally:
                connection.close()  # an open transaction is rolled back

    def _bring_up_to_date(self) -> None:
        connection = _connect(self.path)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            db = Database(connection, recursive_triggers=False)
            applied = {migration.name for migration in LAYOUT.applied(db)}
            if applied - set(STEPS):
                raise ConfigurationError(f"{self.path} was made by a newer version of beacon-node")
            if len(applied) < len(STEPS):
                LAYOUT.apply(db)
        finally:
            connection.close()


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_S)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA synchronous = FULL")
    return connection
