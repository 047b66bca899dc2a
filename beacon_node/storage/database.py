"""SQLite files whose tables change from version to version, opened for each use."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from sqlite_utils import Database, Migrations

from beacon_node.errors import ConfigurationError
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import alone

_BUSY_S = 10  # how long a writer waits for another one


def connect(path: Path) -> sqlite3.Connection:
    """Open a file for the threads of this process; what is committed is on disk."""
    connection = sqlite3.connect(path, timeout=_BUSY_S, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection in a transaction that is on disk when the block ends, or nothing.

    Raises StoreUnavailable where the file cannot be used.
    """
    with told_plainly(path):
        connection = connect(path)
        try:
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.commit()
        finally:
            connection.close()  # an open transaction is rolled back


def prepare(path: Path, layout: Migrations, steps: Sequence[str]) -> None:
    """Bring a file of any age to the present tables, however many processes start at once.

    Raises ConfigurationError where a newer version of this program made it.
    """
    with alone(path), closing(connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        bring_up_to_date(connection, path, layout, steps)


def bring_up_to_date(
    connection: sqlite3.Connection, path: Path, layout: Migrations, steps: Sequence[str]
) -> None:
    """Take those of `steps` that were not taken yet, while nobody else does.

    Raises ConfigurationError where a newer version of this program made the file.
    """
    db = Database(connection, recursive_triggers=False)
    applied = {migration.name for migration in layout.applied(db)}
    if applied - set(steps):
        raise ConfigurationError(f"{path} was made by a newer version of beacon-node")
    if len(applied) < len(steps):
        layout.apply(db)
