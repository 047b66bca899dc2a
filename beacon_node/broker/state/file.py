"""The file of a broker's state: opened for each use, so that every process sees the newest."""

import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path

from beacon_node.broker.state.layout import LAYOUT, STEPS
from beacon_node.storage.database import connect, prepare, transaction
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private


class StateFile:
    """Raises StoreUnavailable where the file cannot be used, ConfigurationError where a newer
    version of this program made it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with told_plainly(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            make_private(path)
            prepare(path, LAYOUT, STEPS)

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            return connection.execute(sql, values).fetchall()

    def writing(self) -> AbstractContextManager[sqlite3.Connection]:
        """Give a connection in a transaction that is on disk when the block ends, or nothing."""
        return transaction(self.path)
