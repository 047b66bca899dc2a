"""Which accounts are one person's, in the chain: for good, and for every process at once.

An account is a keyed pseudonym of an identity: nothing here says whose it is. One entry links
accounts that count as one from then on, as the one of them that has been on record for longest.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

import orjson

from beacon_node.errors import Conflict, InvalidRequest
from beacon_node.model.consent_documents import canonical_json, read_moment
from beacon_node.model.ledger import Entry, Verification
from beacon_node.model.linked import How, Link, Linked
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger.chain import ENTRY, Appending, check_entry, entries
from beacon_node.store.ledger.reader import Reader

LINK = "link"
_IN_ONE_ENTRY = 1_000  # accounts: it has room for them
_NEVER = 2**63  # later than every entry


class _Ledger(Protocol):
    path: Path
    _reader: Reader
    _linked: Linked

    def writing(self, *, now: datetime, durable: bool) -> AbstractContextManager[Appending]: ...
    def linked(self) -> Linked: ...


class LinkedLedger:
    """The part of `Ledger` that knows who is one person."""

    def linked(self: _Ledger) -> Linked:
        """Return which accounts are one person's, as any process linked them until now."""
        with told_plainly(self.path), self._reader as connection:
            found = self._linked = read(connection, self._linked)
        return found

    def link(self: _Ledger, accounts: Sequence[str], how: How, *, now: datetime) -> Linked:
        """Link accounts that are proved to be one person's, and return what is linked then; on disk
        when it returns. What is linked already is not linked again.

        They count as the one with the oldest entry on record; where none has any, as the first.
        Of `How.SHOWN` the account that an identity is shown for comes first: Conflict is raised
        where another person's was shown for it before. InvalidRequest for an account without name.
        """
        if not all(accounts):
            raise InvalidRequest("account: an account is expected")
        if self.linked().are_one(accounts):
            return self.linked()
        with self.writing(now=now, durable=True) as appending:
            add(appending, accounts, how, read(appending.connection, self._linked))
        return self.linked()


def read(connection: sqlite3.Connection, known: Linked) -> Linked:
    """Return what is linked, of which `known` was until some entry.

    Of an older ledger that was put back, all is read anew.
    """
    version = connection.execute("SELECT max(number) FROM link").fetchone()[0] or 0
    if version < known.version:
        known = Linked()
    return known if version == known.version else known.more(_links(connection, known.version))


def _links(connection: sqlite3.Connection, after: int) -> Iterator[Link]:
    sql = f"""SELECT {ENTRY} FROM link l JOIN entry e ON e.sequence = l.number
              WHERE l.number > ? ORDER BY l.number"""
    return (_read(Entry(*row)) for row in connection.execute(sql, [after]))


def _read(entry: Entry) -> Link:
    check_entry(entry)
    said, at = orjson.loads(entry.body), read_moment(entry.recorded_at)
    return Link(entry.sequence, at, tuple(said["accounts"]), said["person"], How(said["how"]))


def add(appending: Appending, accounts: Sequence[str], how: How, linked: Linked) -> None:
    """Record that accounts are one person's. See `LinkedLedger.link`."""
    if linked.are_one(accounts):
        return
    if how is How.SHOWN and linked.is_shown(accounts[0]):
        raise Conflict(
            "another identity was shown for this account before; it is linked to one person, once"
        )
    person = _oldest(appending.connection, accounts, linked)
    for first in range(0, len(accounts), _IN_ONE_ENTRY):
        some = accounts[first : first + _IN_ONE_ENTRY]
        said = {"accounts": list(some), "how": how.value, "person": person}
        (entry,) = appending.append(LINK, [canonical_json(said)])
        appending.connection.execute("INSERT INTO link VALUES (?)", [entry.sequence])


# ---- who has been on record for longest ----------------------------------------------------------


def _oldest(connection: sqlite3.Connection, accounts: Iterable[str], linked: Linked) -> str:
    """Return the person among those of `accounts` who was first named by anything that counts for
    an account; of several who never were, the first."""
    persons = dict.fromkeys(map(linked.person, accounts))

    def first_named(person: str) -> int:
        return min(_first_entry(connection, one) for one in linked.accounts(person))

    return min(persons, key=first_named)


def _first_entry(connection: sqlite3.Connection, account: str) -> int:
    found = (connection.execute(sql, [value(account)]).fetchone()[0] for sql, value in _FIRST)
    return min((number for number in found if number is not None), default=_NEVER)


def _named(account: str) -> str:
    return canonical_json(account)


def _payer(account: str) -> str:
    return f"researcher:{account}"


_FIRST = (
    ("SELECT min(number) FROM purpose WHERE account = ?", str),
    (
        """SELECT min(d.number) FROM dac_entry d JOIN entry e ON e.sequence = d.number
           WHERE instr(e.body, ?)""",
        _named,
    ),
    (
        """SELECT min(l.number) FROM link l JOIN entry e ON e.sequence = l.number
           WHERE instr(e.body, ?)""",
        _named,
    ),
    (
        """SELECT min(c.entry) FROM charge_payer p JOIN charge c ON c.number = p.number
           WHERE p.payer = ?""",
        _payer,
    ),
)


# ---- whether it is as it was written -------------------------------------------------------------


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not exactly the links of the chain are listed."""
    recorded = (entry.sequence for entry in entries(connection, kinds=(LINK,)))
    listed = (number for (number,) in connection.execute("SELECT number FROM link ORDER BY number"))
    for expected, found in zip_longest(recorded, listed):
        if expected != found:
            number = min(one for one in (expected, found) if one is not None)
            return replace(whole, broken_at=number, problem=_LOST)
    return whole


_LOST = "its link of accounts is not listed as it was recorded"
