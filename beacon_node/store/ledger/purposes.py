"""The fixed purposes in the chain: the first one of an account holds for ever."""

import sqlite3
from collections.abc import Iterator
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


def fix(appending: Appending, account: str, body: str) -> None:
    """Fix what `stated` says, unless it is fixed already. Raises NotPermitted for another one."""
    fixed = _entry_of(appending.connection, account)
    if fixed is None:
        (entry,) = appending.append(PURPOSE, [body])
        sql = "INSERT INTO purpose VALUES (?, ?)"
        appending.connection.execute(sql, [entry.sequence, account])
    elif fixed.body != body:
        raise NotPermitted(
            "this account has stated another purpose before, which holds for good; another purpose "
            "needs an application to the data access committee"
        )


def purpose_of(connection: sqlite3.Connection, account: str) -> ResearchPurpose | None:
    entry = _entry_of(connection, account)
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


def _entry_of(connection: sqlite3.Connection, account: str) -> Entry | None:
    sql = f"""SELECT {ENTRY} FROM purpose p JOIN entry e ON e.sequence = p.number
              WHERE p.account = ?"""
    entry = next((Entry(*row) for row in connection.execute(sql, [account])), None)
    if entry is not None:
        check_entry(entry)
    return entry


def _read(entry: Entry) -> FixedPurpose:
    check_entry(entry)
    body = orjson.loads(entry.body)
    return FixedPurpose(
        body["account"], read_purpose(body["purpose"]), read_moment(entry.recorded_at)
    )
