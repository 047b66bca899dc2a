"""Whose accounts are those of applicants and staff: a table that can be emptied, beside the chain.

The chain has a salted digest of each row, so that nobody can find out by trying whose it was once
the row and its salt are gone, and a row that was changed or put in is found. Emptying rows is an
entry of its own: a row that is missing without one was dropped by somebody else.
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

import orjson

from beacon_node.model.consent_documents import canonical_json, moment_text, read_moment
from beacon_node.model.identities import (
    Identity,
    KnownIdentity,
    identity_document,
    read_identity,
)
from beacon_node.model.ledger import Verification
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger.chain import Appending, entries
from beacon_node.store.ledger.reader import Reader, connect

IDENTITY, PURGED = "identity", "identities-purged"
_SEEN_AGAIN = timedelta(days=1)  # as finely as it is kept when somebody was there
_IN_ONE_ENTRY = 5_000  # numbers of entries: it has room for them


class _Ledger(Protocol):
    path: Path
    _reader: Reader

    def writing(self, *, now: datetime, durable: bool) -> AbstractContextManager[Appending]: ...


class IdentitiesLedger:
    """The part of `Ledger` that knows who is behind accounts, for a while."""

    def remember(
        self: _Ledger, account: str, identity: Identity, *, salt: bytes, now: datetime
    ) -> None:
        """Keep whose account it is, instead of what was kept of it before; `salt` is 16
        unpredictable bytes. The same again changes when they were seen, once a day."""
        with told_plainly(self.path), self._reader as connection:
            known = next(_rows(connection, [account]), None)
        if known is None or known.identity != identity:
            with self.writing(now=now, durable=True) as appending:
                _put(appending, account, identity, salt, now)
        elif now - known.seen_at >= _SEEN_AGAIN:
            with self.writing(now=now, durable=False) as appending:
                sql = "UPDATE identity SET seen_at = ? WHERE account = ?"
                appending.connection.execute(sql, [moment_text(now), account])

    def identities(self: _Ledger, accounts: Sequence[str] | None = None) -> list[KnownIdentity]:
        """Return the identities that are kept, by account: of some accounts or of all."""
        with told_plainly(self.path), self._reader as connection:
            return list(_rows(connection, accounts))

    def purge_identities(
        self: _Ledger,
        *,
        by: str,
        now: datetime,
        before: datetime | None = None,
        accounts: Sequence[str] | None = None,
    ) -> int:
        """Empty the rows of whoever was last seen before a moment, or of some accounts, for good,
        and return how many; that it was done, and by whom, is an entry. Nothing due: no entry."""
        with told_plainly(self.path), self._reader as connection:
            if not _due(connection, before, accounts):
                return 0
        with self.writing(now=now, durable=True) as appending:
            due = _due(appending.connection, before, accounts)
            _empty(appending, due, by)
        # Where others read just now, what the log held is written over later.
        with closing(connect(self.path)) as connection, suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return len(due)


def _put(
    appending: Appending, account: str, identity: Identity, salt: bytes, now: datetime
) -> None:
    said = canonical_json(identity_document(identity))
    body = {"account": account, "commitment": _commitment(said, salt)}
    (entry,) = appending.append(IDENTITY, [canonical_json(body)])
    row = account, entry.sequence, salt, said, moment_text(now)
    appending.connection.execute("INSERT OR REPLACE INTO identity VALUES (?, ?, ?, ?, ?)", row)


def _commitment(said: str, salt: bytes) -> str:
    return hashlib.sha256(salt + said.encode()).hexdigest()


def _rows(
    connection: sqlite3.Connection, accounts: Sequence[str] | None
) -> Iterator[KnownIdentity]:
    sql, values = "SELECT account, entry, said, seen_at FROM identity", []
    if accounts is not None:
        sql += f" WHERE account IN ({', '.join('?' * len(accounts))})"
        values = list(accounts)
    for account, entry, said, seen_at in connection.execute(f"{sql} ORDER BY account", values):
        identity = read_identity(orjson.loads(said))
        yield KnownIdentity(account, entry, identity, read_moment(seen_at))


def _due(
    connection: sqlite3.Connection, before: datetime | None, accounts: Sequence[str] | None
) -> list[KnownIdentity]:
    found = _rows(connection, accounts)
    return [one for one in found if before is None or one.seen_at < before]


def _empty(appending: Appending, due: Sequence[KnownIdentity], by: str) -> None:
    connection = appending.connection
    connection.execute("PRAGMA secure_delete = ON")  # nothing is left in the file's free pages
    connection.executemany("DELETE FROM identity WHERE account = ?", [(o.account,) for o in due])
    numbers = sorted(one.entry for one in due)
    for first in range(0, len(numbers), _IN_ONE_ENTRY):
        some = numbers[first : first + _IN_ONE_ENTRY]
        appending.append(PURGED, [canonical_json({"by": by, "entries": some})])


# ---- whether it is as it was written -------------------------------------------------------------


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not exactly those rows are there that were committed to
    last and were not emptied."""
    expected = _expected(connection)
    sql = "SELECT account, entry, salt, said FROM identity"
    found = {
        account: (entry, _commitment(said, salt))
        for account, entry, salt, said in connection.execute(sql)
    }
    wrong = [
        min(one[0] for one in (expected.get(account), found.get(account)) if one)
        for account in expected.keys() | found.keys()
        if expected.get(account) != found.get(account)
    ]
    return replace(whole, broken_at=min(wrong), problem=_LOST) if wrong else whole


_LOST = "its identity is not kept as it was recorded, nor emptied by rule"


def _expected(connection: sqlite3.Connection) -> dict[str, tuple[int, str]]:
    """Return what the chain says is kept, by account: the entry and the digest."""
    kept: dict[str, tuple[int, str]] = {}
    for entry in entries(connection, kinds=(IDENTITY, PURGED)):
        said = orjson.loads(entry.body)
        if entry.kind == IDENTITY:
            kept[said["account"]] = entry.sequence, said["commitment"]
        else:
            kept = _without(kept, said["entries"])
    return kept


def _without(kept: dict[str, tuple[int, str]], gone: Iterable[int]) -> dict[str, tuple[int, str]]:
    numbers = frozenset(gone)
    return {account: one for account, one in kept.items() if one[0] not in numbers}
