"""The fixed purposes in the chain: the first one of a person holds for ever.

Of accounts that turned out to be one person's, that is the one that was fixed first of all: what
the others stated since counts no more, for a second purpose is what nobody was to have.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest

import orjson

from beacon_node.errors import NotPermitted
from beacon_node.model.consent_documents import canonical_json, read_moment
from beacon_node.model.data_use import ResearchPurpose, purpose_document, read_purpose
from beacon_node.model.ledger import Entry, FixedPurpose, Verification
from beacon_node.store.ledger.chain import ENTRY, Appending, check_entry, entries

PURPOSE = "purpose"


def stated(account: str, purpose: ResearchPurpose) -> str:
    """Return what an entry says that fixes the purpose of an account."""
    return canonical_json({"account": account, "purpose": purpose_document(purpose)})


def fix(appending: Appending, accounts: Sequence[str], purpose: ResearchPurpose) -> None:
    """Fix the purpose of a person's accounts (as the first of them), unless it is fixed already.

    Raises NotPermitted if another one is.
    """
    fixed = purpose_of(appending.connection, accounts)
    if fixed is None:
        (entry,) = appending.append(PURPOSE, [stated(accounts[0], purpose)])
        sql = "INSERT INTO purpose VALUES (?, ?)"
        appending.connection.execute(sql, [entry.sequence, accounts[0]])
    elif fixed != purpose:
        raise NotPermitted(
            "this account has stated another purpose before, which holds for good; another purpose "
            "needs an application to the data access committee"
        )


def purpose_of(connection: sqlite3.Connection, accounts: Sequence[str]) -> ResearchPurpose | None:
    """Return the purpose that was fixed first for one of a person's accounts."""
    entry = _first_entry(connection, accounts)
    return None if entry is None else _read(entry).purpose


def purposes(connection: sqlite3.Connection) -> Iterator[FixedPurpose]:
    """Yield the fixed purposes in the order in which they were fixed."""
    sql = f"SELECT {ENTRY} FROM purpose p JOIN entry e ON e.sequence = p.number ORDER BY p.number"
    return (_read(Entry(*row)) for row in connection.execute(sql))


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not every purpose of the chain is listed as it should."""
    recorded = (
        (entry.sequence, orjson.loads(entry.body)["account"])
        for entry in entries(connection, kinds=(PURPOSE,))
    )
    listed = connection.execute("SELECT number, account FROM purpose ORDER BY number")
    for expected, found in zip_longest(recorded, listed, fillvalue=()):
        if expected != found:
            number = min(row[0] for row in (expected, found) if row)
            return replace(whole, broken_at=number, problem=_LOST)
    return whole


_LOST = "its purpose is not listed as it was recorded"


def _first_entry(connection: sqlite3.Connection, accounts: Sequence[str]) -> Entry | None:
    sql = f"""SELECT {ENTRY} FROM purpose p JOIN entry e ON e.sequence = p.number
              WHERE p.account = ?"""
    found = (connection.execute(sql, [account]).fetchone() for account in accounts)
    entries_ = [Entry(*row) for row in found if row is not None]
    if not entries_:
        return None
    entry = min(entries_, key=lambda one: one.sequence)
    check_entry(entry)
    return entry


def _read(entry: Entry) -> FixedPurpose:
    check_entry(entry)
    body = orjson.loads(entry.body)
    return FixedPurpose(
        body["account"], read_purpose(body["purpose"]), read_moment(entry.recorded_at)
    )
