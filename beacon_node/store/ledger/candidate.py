"""A copy of a ledger that is not in use, such as a backup: looked at without being changed."""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from beacon_node.errors import InvalidInput
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger.ledger import Ledger


@contextmanager
def opened_copy(path: Path) -> Iterator[Ledger]:
    """Open a private copy of a ledger's file, its log and its tail; gone afterwards.

    Raises InvalidInput if it is none, StoreUnavailable if it cannot be copied.
    """
    with TemporaryDirectory(prefix="beacon-node-") as folder, told_plainly(path):
        copy = Path(folder) / "ledger.sqlite"
        shutil.copyfile(path, copy)
        for suffix in ("-wal", "-tail"):
            beside = path.with_name(f"{path.name}{suffix}")
            if beside.exists():
                shutil.copyfile(beside, copy.with_name(f"{copy.name}{suffix}"))
        if not _is_ledger(copy):
            raise InvalidInput(f"{path} is no ledger of a node")
        ledger = Ledger(copy)
        try:
            yield ledger
        finally:
            ledger.close()


def _is_ledger(path: Path) -> bool:
    sql = "SELECT count(*) FROM sqlite_master WHERE name IN ('entry', 'consent')"
    with closing(sqlite3.connect(path)) as connection:
        try:
            return connection.execute(sql).fetchone()[0] == 2
        except sqlite3.DatabaseError:
            return False
