"""What waits to be sent to others, and where people want their mail: apart from the ledger.

Nothing here is for ever: an address goes when its holder takes it back, a notice some time after it
was sent. Every method is a short transaction of its own, on disk when it returns.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson
from sqlite_utils import Database, Migrations

from beacon_node.model.consent_documents import moment_text, read_moment
from beacon_node.storage.database import bring_up_to_date
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private

OUTBOX = Migrations("outbox")
STEPS = ("0001_addresses_notices_jobs",)
_BUSY_S = 10
_KEPT = timedelta(days=400)  # after it was sent; longer than any reminder could come again
_WAITING, _SENT, _GIVEN_UP = "waiting", "sent", "given up"

_FIRST = """
CREATE TABLE address (
    account TEXT PRIMARY KEY,
    mail TEXT NOT NULL
) STRICT;
CREATE TABLE notice (
    "key" TEXT PRIMARY KEY,           -- what it is about, to whom: it is queued once
    account TEXT NOT NULL,
    said TEXT NOT NULL,               -- JSON
    state TEXT NOT NULL,              -- waiting, sent or given up
    due TEXT NOT NULL,
    tries INTEGER NOT NULL,
    problem TEXT NOT NULL,
    changed_at TEXT NOT NULL
) STRICT;
CREATE INDEX due_notices ON notice (state, due);
CREATE TABLE job (
    name TEXT PRIMARY KEY,
    due TEXT NOT NULL,
    progress INTEGER NOT NULL,        -- how far it has come, for jobs that go through the ledger
    done_at TEXT NOT NULL,            -- when it last came to its end, empty for never
    problem TEXT NOT NULL
) STRICT
"""


@OUTBOX(name=STEPS[0])
def addresses_notices_jobs(db: Database) -> None:
    """Create all tables."""
    for statement in _FIRST.split(";\n"):
        db.execute(statement)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that one account is to be told; `said` is for whoever writes the text."""

    key: str
    account: str
    said: Mapping


@dataclass(frozen=True, slots=True)
class Waiting:
    """A notice that was taken to be sent, for the `tries`-th time."""

    notice: Notice
    tries: int


@dataclass(frozen=True, slots=True)
class Job:
    """Something that is done again and again by one process at a time."""

    name: str
    due: datetime | None = None
    progress: int | None = None  # None: it was never done
    done_at: datetime | None = None
    problem: str = ""


class Outbox:
    """Raises StoreUnavailable where the file cannot be used, ConfigurationError where a newer
    program made it."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        with told_plainly(self.path):
            make_private(self.path)
            with self._writing() as connection:  # so that of two processes one makes it
                bring_up_to_date(connection, self.path, OUTBOX, STEPS)

    # ---- addresses ---------------------------------------------------------------------------

    def set_address(self, account: str, mail: str) -> None:
        with self._writing() as connection:
            connection.execute("REPLACE INTO address VALUES (?, ?)", [account, mail])

    def remove_address(self, account: str) -> bool:
        """Forget an address, also in the file's free pages; False if there was none."""
        with self._writing() as connection:
            found = connection.execute("DELETE FROM address WHERE account = ?", [account])
            return found.rowcount > 0

    def address(self, account: str) -> str:
        """Return where somebody wants mail, empty if they said nowhere."""
        with self._writing() as connection:
            sql = "SELECT mail FROM address WHERE account = ?"
            found = connection.execute(sql, [account]).fetchone()
        return found[0] if found else ""

    # ---- notices -----------------------------------------------------------------------------

    def queue(
        self, notices: Sequence[Notice], *, now: datetime, job: str = "", progress: int = 0
    ) -> int:
        """Add notices that are not there yet, and remember how far a job has come, all or nothing;
        return how many were added."""
        at = moment_text(now)
        rows = [(one.key, one.account, orjson.dumps(one.said).decode(), at, at) for one in notices]
        with self._writing() as connection:
            before = connection.total_changes
            connection.executemany(_ADD, rows)
            added = connection.total_changes - before
            if job:
                connection.execute(_PROGRESS, {"name": job, "progress": progress})
        return added

    def take(self, *, now: datetime, lease: timedelta) -> Waiting | None:
        """Return a notice that is due, None if none is. Until the lease is over nobody else gets
        it; whoever dies with it lets it be taken again then."""
        with self._writing() as connection:
            row = connection.execute(_DUE, [moment_text(now)]).fetchone()
            if row is None:
                return None
            key, account, said, tries = row
            taken = [moment_text(now + lease), tries + 1, key]
            connection.execute('UPDATE notice SET due = ?, tries = ? WHERE "key" = ?', taken)
        return Waiting(Notice(key, account, orjson.loads(said)), tries + 1)

    def sent(self, key: str, *, now: datetime) -> None:
        self._settle(key, _SENT, "", now, now)

    def give_up(self, key: str, problem: str, *, now: datetime) -> None:
        """Try no more to send a notice."""
        self._settle(key, _GIVEN_UP, problem, now, now)

    def retry(self, key: str, problem: str, *, now: datetime, due: datetime) -> None:
        self._settle(key, _WAITING, problem, now, due)

    def _settle(self, key: str, state: str, problem: str, now: datetime, due: datetime) -> None:
        with self._writing() as connection:
            values = [state, problem, moment_text(now), moment_text(due), key]
            connection.execute(_SETTLE, values)
            connection.execute(_FORGET, [moment_text(now - _KEPT)])

    def undelivered(self) -> Mapping[str, int]:
        """Return how many notices wait after a failed try, or were given up, by why."""
        with self._writing() as connection:
            return dict(connection.execute(_UNDELIVERED))

    # ---- jobs --------------------------------------------------------------------------------

    def job(self, name: str) -> Job:
        with self._writing() as connection:
            sql = "SELECT due, progress, done_at, problem FROM job WHERE name = ?"
            row = connection.execute(sql, [name]).fetchone()
        if row is None:
            return Job(name)
        due, progress, done_at, problem = row
        return Job(name, _moment(due), progress, _moment(done_at), problem)

    def jobs(self) -> tuple[Job, ...]:
        with self._writing() as connection:
            names = [row[0] for row in connection.execute("SELECT name FROM job ORDER BY name")]
        return tuple(map(self.job, names))

    def claim(self, name: str, *, now: datetime, every: timedelta, lease: timedelta) -> bool:
        """Take a job that is due; nobody else gets it until the lease is over.

        A due time further away than the job is long was written under a wrong clock.
        """
        early, late = moment_text(now), moment_text(now + max(every, lease))
        with self._writing() as connection:
            row = connection.execute("SELECT due FROM job WHERE name = ?", [name]).fetchone()
            if row is not None and early < row[0] <= late:
                return False
            connection.execute(_CLAIM, {"name": name, "due": moment_text(now + lease)})
        return True

    def done(self, name: str, *, now: datetime, due: datetime, problem: str = "") -> None:
        """Remember that a job came to its end, or why it did not, and when it is due again."""
        told = {"name": name, "due": moment_text(due), "problem": problem}
        with self._writing() as connection:
            connection.execute(_DONE, told | {"at": "" if problem else moment_text(now)})

    # ---- inside ------------------------------------------------------------------------------

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with told_plainly(self.path):
            connection = sqlite3.connect(self.path, timeout=_BUSY_S, isolation_level=None)
            try:
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute("PRAGMA secure_delete = ON")
                connection.execute("BEGIN IMMEDIATE")
                yield connection
                if connection.in_transaction:
                    connection.execute("COMMIT")
            finally:
                connection.close()  # an open transaction is rolled back


def _moment(text: str) -> datetime | None:
    return read_moment(text) if text else None


_ADD = "INSERT OR IGNORE INTO notice VALUES (?, ?, ?, 'waiting', ?, 0, '', ?)"
_DUE = """
    SELECT "key", account, said, tries FROM notice WHERE state = 'waiting' AND due <= ?
    ORDER BY due LIMIT 1"""
_SETTLE = 'UPDATE notice SET state = ?, problem = ?, changed_at = ?, due = ? WHERE "key" = ?'
_FORGET = "DELETE FROM notice WHERE state != 'waiting' AND changed_at < ?"
_UNDELIVERED = """
    SELECT problem, count(*) FROM notice WHERE state != 'sent' AND problem != ''
    GROUP BY problem ORDER BY problem"""
_PROGRESS = """
    INSERT INTO job VALUES (:name, '', :progress, '', '')
    ON CONFLICT (name) DO UPDATE SET progress = excluded.progress"""
_CLAIM = """
    INSERT INTO job VALUES (:name, :due, 0, '', '')
    ON CONFLICT (name) DO UPDATE SET due = excluded.due"""
_DONE = """
    INSERT INTO job VALUES (:name, :due, 0, :at, :problem)
    ON CONFLICT (name) DO UPDATE SET due = excluded.due, problem = excluded.problem,
        done_at = CASE :at WHEN '' THEN done_at ELSE :at END"""
