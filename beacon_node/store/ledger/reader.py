"""A process's own connection for reading."""

import sqlite3
import threading
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from beacon_node.store.ledger.queue import PATIENCE_S


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to an existing file that begins no transaction by itself."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw",
        uri=True,
        timeout=PATIENCE_S,
        check_same_thread=False,
        isolation_level=None,
    )
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


class Reader:
    """Opened when it is first used: `with` it, one thread at a time reads what it needs."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._threads = threading.Lock()

    def __enter__(self) -> sqlite3.Connection:
        self._threads.acquire()
        return self._connection or self._open()

    def _open(self) -> sqlite3.Connection:
        with ExitStack() as undo:
            undo.callback(self._threads.release)
            self._connection = connect(self._path)
            undo.pop_all()
        return self._connection

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.release()

    def close(self) -> None:
        self.stop()
        self.go_on()

    def stop(self) -> None:
        """Close the connection and let nobody open one until `go_on`."""
        self._threads.acquire()
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def go_on(self) -> None:
        self._threads.release()
