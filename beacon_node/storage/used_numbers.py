"""Which signed questions were used, for all processes of a program: each number counts once.

What is written survives the end of any process. Of numbers before the file was begun nothing is
known, so that a lost file lets no question come twice.
"""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from pathlib import Path
from threading import Lock

from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private

KEPT_LONGER = timedelta(minutes=5)  # than a question holds: clocks are set back, too
MOST_NUMBERS = 200_000  # of one sender at a time: some hundred questions a second
SWEPT_EVERY = 256  # questions that a process takes in
_BUSY_S = 5
_LAYOUT = """
CREATE TABLE IF NOT EXISTS began (only INTEGER PRIMARY KEY CHECK (only = 1), at REAL) STRICT;
CREATE TABLE IF NOT EXISTS used (
    sender TEXT NOT NULL, number TEXT NOT NULL, until REAL NOT NULL, PRIMARY KEY (sender, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS used_until ON used (until);
CREATE TABLE IF NOT EXISTS heard (
    sender TEXT PRIMARY KEY, asked_at REAL, refused_at REAL, refused TEXT NOT NULL DEFAULT ''
) STRICT;
"""


class Use(Enum):
    """What becomes of a number."""

    FIRST = auto()
    AGAIN = auto()
    UNKNOWN = auto()  # the question is older than the file
    TOO_MANY = auto()  # of this sender; nothing was written


@dataclass(frozen=True, slots=True)
class Heard:
    """When somebody last asked, and when and why something of theirs was last refused."""

    asked_at: datetime | None
    refused_at: datetime | None
    refused: str


class UsedNumbers:
    """The file; made if it is not there. Raises StoreUnavailable where it cannot be used."""

    def __init__(self, path: Path, *, now: datetime) -> None:
        self.path, self._lock = path, Lock()
        self._taken_in, self._full = 0, frozenset[str]()
        with told_plainly(path):
            self._open(now)

    def close(self) -> None:
        self._connection.close()

    def use(
        self, sender: str, number: str, *, made: datetime, until: datetime, now: datetime
    ) -> Use:
        """Use up the number of a question that was `made` then and holds until `until`."""
        with self._lock, told_plainly(self.path):
            if _file_of(self.path) != self._file:  # was taken away; others already use a new one
                self._connection.close()
                self._open(now)
            if made.timestamp() < int(self._began):
                return Use.UNKNOWN
            if self._taken_in % SWEPT_EVERY == 0:
                self._sweep(now)
            self._taken_in += 1
            if sender in self._full:
                return Use.TOO_MANY
            return self._use(sender, number, until, now)

    def refuse(self, sender: str, why: str, *, now: datetime) -> None:
        """Keep why something that `sender` signed was refused last."""
        sql = """INSERT INTO heard (sender, refused_at, refused) VALUES (?, ?, ?)
                 ON CONFLICT DO UPDATE SET refused_at = excluded.refused_at,
                                           refused = excluded.refused"""
        with self._lock, told_plainly(self.path):
            self._connection.execute(sql, [sender, now.timestamp(), why])

    def heard(self) -> Mapping[str, Heard]:
        """Return what was heard of everybody, by sender."""
        with self._lock, told_plainly(self.path):
            rows = self._connection.execute("SELECT * FROM heard").fetchall()
        return {
            sender: Heard(_moment(asked), _moment(refused), why)
            for sender, asked, refused, why in rows
        }

    def _open(self, now: datetime) -> None:
        make_private(self.path)
        db = self._connection = sqlite3.connect(
            self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
        )
        self._file = _file_of(self.path)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.executescript(f"BEGIN IMMEDIATE; {_LAYOUT} COMMIT;")
        db.execute("INSERT OR IGNORE INTO began VALUES (1, ?)", [now.timestamp()])
        (self._began,) = db.execute("SELECT at FROM began").fetchone()

    def _use(self, sender: str, number: str, until: datetime, now: datetime) -> Use:
        kept = (until + KEPT_LONGER).timestamp()
        db = self._connection
        db.execute("BEGIN IMMEDIATE")
        try:
            insert = "INSERT OR IGNORE INTO used VALUES (?, ?, ?)"
            is_first = db.execute(insert, [sender, number, kept]).rowcount == 1
            if is_first:
                asked = """INSERT INTO heard (sender, asked_at) VALUES (?, ?)
                           ON CONFLICT DO UPDATE SET asked_at = excluded.asked_at"""
                db.execute(asked, [sender, now.timestamp()])
            db.execute("COMMIT")
        finally:
            if db.in_transaction:
                db.execute("ROLLBACK")
        return Use.FIRST if is_first else Use.AGAIN

    def _sweep(self, now: datetime) -> None:
        """Forget what holds no more, and see who has too many numbers now."""
        self._connection.execute("DELETE FROM used WHERE until <= ?", [now.timestamp()])
        counted = "SELECT sender FROM used GROUP BY sender HAVING count(*) >= ?"
        self._full = frozenset(s for (s,) in self._connection.execute(counted, [MOST_NUMBERS]))


def _file_of(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
