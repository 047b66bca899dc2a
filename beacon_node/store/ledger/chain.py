"""Appending to the chain, and following it to see that nothing was touched."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from beacon_node.model.consent_documents import moment_text, read_moment
from beacon_node.model.ledger import NO_HASH, Entry, Head, Verification, broken, entry_hash

_COLUMNS = "sequence, recorded_at, clock, kind, body, previous, hash"
AUDIT = "audit"
Row = tuple[int, str, str, str, str, bytes, bytes]  # an entry, by its columns
ENTRY = "e.sequence, e.recorded_at, e.clock, e.kind, e.body, e.previous, e.hash"


class Appending:
    """Adds entries within one open transaction, in which nobody else can write.

    All have the same `recorded_at`: `now`, but later than that of every entry of an earlier
    transaction, also when the clock stands still or was set back.
    """

    def __init__(self, connection: sqlite3.Connection, end: "End", now: datetime) -> None:
        last = end.last
        self.connection, self.last = connection, last
        self._consents: int | None = end.consent_version
        self.recorded_at, self._clock = Stamp(now).after(last.recorded_at if last else "")

    def append(self, kind: str, bodies: Iterable[str]) -> list[Entry]:
        """Add one entry for each body; they are on disk with the transaction."""
        return [self.append_one(kind, body) for body in bodies]

    def append_one(self, kind: str, body: str) -> Entry:
        """Add an entry; it is on disk with the transaction."""
        last = self.last
        sequence, previous = (last.sequence + 1, last.hash) if last is not None else (1, NO_HASH)
        said = sequence, self.recorded_at, self._clock, kind, body, previous
        row = (*said, entry_hash(*said))
        self.connection.execute(_INSERT, row)
        self.last = Entry(*row)
        if kind != AUDIT:  # it may come with consents
            self._consents = None
        return self.last

    def consent_version(self) -> int:
        """Return the number of the last consent, with those that this transaction added."""
        if self._consents is None:
            return version_number(self.connection)
        return self._consents

    def end(self) -> "End":
        """Return how the chain ends now."""
        return End(self.last, self.consent_version())


def insert(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Put entries into the database that have their places in the chain already."""
    connection.executemany(_INSERT, rows)


_INSERT = f"INSERT INTO entry ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class End:
    """The last entry (None: there is none yet) and the number of the last consent."""

    last: Entry | None
    consent_version: int


def version_number(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT max(number) FROM consent").fetchone()[0] or 0


class Stamp:
    """The moment that something is recorded at, as the clock says."""

    __slots__ = ("said",)

    def __init__(self, now: datetime) -> None:
        if now.utcoffset() != timedelta():
            raise ValueError("moments of the ledger are aware and in UTC")
        self.said = moment_text(now)

    def after(self, last: str) -> tuple[str, str]:
        """Return `recorded_at` and `clock` after the moment `last` (empty: nothing came before)."""
        return (self.said, "") if self.said > last else (_just_after(last), self.said)


def _just_after(recorded_at: str) -> str:
    return moment_text(read_moment(recorded_at) + timedelta(microseconds=1))


def checked_end(connection: sqlite3.Connection) -> End:
    """Return how the chain ends; LedgerBroken if its last entry was changed or entries after it
    are missing."""
    found = connection.execute(_END).fetchone()
    if found is None:
        _check_number(0, highest_used(connection))
        return End(None, version_number(connection))
    *said, highest, version = found
    last = Entry(*said)
    check_entry(last)
    _check_number(last.sequence, highest)
    return End(last, version or 0)


_END = f"""
    SELECT {ENTRY}, (SELECT seq FROM sqlite_sequence WHERE name = 'entry'),
           (SELECT max(number) FROM consent)
    FROM entry e ORDER BY e.sequence DESC LIMIT 1"""


def _check_number(sequence: int, highest: int | None) -> None:
    if sequence != highest:
        raise broken(sequence + 1, "it and what followed it are missing")


def holds(connection: sqlite3.Connection, head: Head) -> bool:
    """Say whether a head is that of an entry of the database."""
    if not head.sequence:
        return head == Head()
    sql = "SELECT hash FROM entry WHERE sequence = ?"
    return connection.execute(sql, [head.sequence]).fetchone() == (head.hash,)


def last_entry(connection: sqlite3.Connection) -> Entry | None:
    sql = f"SELECT {_COLUMNS} FROM entry ORDER BY sequence DESC LIMIT 1"
    return next((Entry(*row) for row in connection.execute(sql)), None)


def last_moment(connection: sqlite3.Connection) -> tuple[str, int]:
    """Return when the last entry was recorded (empty: there is none), and the consent version."""
    found, number = connection.execute(_LAST_MOMENT).fetchone()
    return found or "", number or 0


_LAST_MOMENT = """
    SELECT (SELECT recorded_at FROM entry ORDER BY sequence DESC LIMIT 1),
           (SELECT max(number) FROM consent)"""


def highest_used(connection: sqlite3.Connection) -> int:
    """Return the highest sequence number that was ever used."""
    sql = "SELECT seq FROM sqlite_sequence WHERE name = 'entry'"
    return next((row[0] for row in connection.execute(sql)), 0)


def entries(
    connection: sqlite3.Connection, after: int = 0, kinds: Sequence[str] = ()
) -> Iterator[Entry]:
    """Yield the entries after a sequence number, in their order; of some kinds or of all."""
    among = f"AND kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    sql = f"SELECT {_COLUMNS} FROM entry WHERE sequence > ? {among} ORDER BY sequence"
    return (Entry(*row) for row in connection.execute(sql, [after, *kinds]))


def check_entry(entry: Entry) -> None:
    """Raises LedgerBroken if an entry does not say what it was written with."""
    if entry.own_hash() != entry.hash:
        raise broken(entry.sequence, _CHANGED)


def verify(connection: sqlite3.Connection, known: Head | None) -> Verification:
    """Follow the whole chain; see `Ledger.verify`."""
    head, recorded_at = Head(), ""
    for entry in entries(connection):
        problem = _problem(entry, head, recorded_at, known)
        if problem:
            return Verification(head, min(entry.sequence, head.sequence + 1), problem)
        head, recorded_at = entry.head, entry.recorded_at
    if max(highest_used(connection), known.sequence if known else 0) > head.sequence:
        return Verification(head, head.sequence + 1, "it and what followed it are missing")
    return Verification(head)


_CHANGED = "it was changed after it was written"


def _problem(entry: Entry, before: Head, recorded_at: str, known: Head | None) -> str:
    if entry.sequence != before.sequence + 1:
        return "it is missing"
    if entry.own_hash() != entry.hash:
        return _CHANGED
    if entry.previous != before.hash:
        return "it does not follow the entry before it, which was exchanged"
    if entry.recorded_at < recorded_at:
        return "it is dated before the entry before it"
    if known and known.sequence == entry.sequence and known.hash != entry.hash:
        return "it is another entry than the one that was witnessed"
    return ""
