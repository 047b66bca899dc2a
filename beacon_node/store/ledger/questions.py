"""The first questions after each consent: noted with their audit entries, found by receipts.

A question was decided *knowing* a consent if it was recorded after it and decided under its version
or a later one. For each dataset the table has the questions that knew more than all before them:
the first of these that knows a consent is the first of all questions that does. So both its columns
grow, and a question adds a row only if a consent was recorded since the last one that did.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import zip_longest

import orjson

from beacon_node.model.consent import EVERY_DATASET
from beacon_node.model.ledger import Entry, Verification
from beacon_node.store.ledger.chain import (
    AUDIT,
    ENTRY,
    Appending,
    Row,
    check_entry,
    entries,
    insert,
)
from beacon_node.store.ledger.consents import CONSENT


def ask(appending: Appending, body: Mapping, text: str, noted: dict[str, int]) -> Entry:
    """Add the audit entry `text` of a question, and note it where it is a first one.

    `noted` is what the table is known to have at least: the newest consent that the questions about
    each dataset knew. It is brought up to date.
    """
    entry = appending.append_one(AUDIT, text)
    _note(appending.connection, (entry.sequence, body), appending.consent_version(), noted)
    return entry


def take_over(
    connection: sqlite3.Connection, tail: Sequence[Row], consent: int, noted: dict[str, int]
) -> None:
    """Put audit entries that are chained already into the database, and note the first ones; all
    came after the consent `consent` and before any later one."""
    insert(connection, tail)
    for number, *_, body, _, _ in tail:
        _note(connection, (number, orjson.loads(body)), consent, noted)


def _note(
    connection: sqlite3.Connection, asked: tuple[int, Mapping], consent: int, noted: dict[str, int]
) -> None:
    number, body = asked
    claimed = body["consent_version"]
    new = [one for one in _subjects(body["datasets"]) if noted.get(one, 0) < claimed]
    if new:
        under = min(claimed, consent)
        connection.executemany(_NOTE, [(one, under, number) for one in new])
        noted.update(dict.fromkeys(new, under))


_NOTE = """
    INSERT INTO question SELECT :1, :2, :3
    WHERE :2 > (SELECT coalesce(max(under), 0) FROM question WHERE dataset = :1)"""


def _subjects(datasets: Iterable[str]) -> list[str]:
    """Return what a question about these datasets is noted under: `*` too, if about any."""
    found = set(datasets)
    return sorted(found | {EVERY_DATASET}) if found else []


def first(connection: sqlite3.Connection, dataset: str, consent: int) -> Entry | None:
    """Return the first question about a dataset (`*`: any) that was decided knowing a consent."""
    sql = f"""SELECT {ENTRY} FROM question q JOIN entry e ON e.sequence = q.number
              WHERE q.dataset = ? AND q.under >= ? ORDER BY q.under LIMIT 1"""
    found = connection.execute(sql, [dataset, consent]).fetchone()
    if found is None:
        return None
    entry = Entry(*found)
    check_entry(entry)
    return entry


def fill(connection: sqlite3.Connection) -> None:
    """Note the questions of a chain from before they were noted. Raises LedgerBroken."""
    rows = _expected(map(_checked, entries(connection, kinds=_KINDS)))
    connection.executemany("INSERT INTO question VALUES (?, ?, ?)", rows)


def _checked(entry: Entry) -> tuple[int, str, str]:
    check_entry(entry)
    return entry.sequence, entry.kind, entry.body


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not exactly the first questions are noted."""
    noted = connection.execute(_NOTED)
    rows = _expected(connection.execute(_SAID, _KINDS))  # the hashes are checked already
    for expected, found in zip_longest(rows, noted, fillvalue=()):
        if expected != found:
            number = min(row[2] for row in (expected, found) if row)
            return replace(whole, broken_at=number, problem=_LOST)
    return whole


_KINDS = (CONSENT, AUDIT)
_SAID = "SELECT sequence, kind, body FROM entry WHERE kind IN (?, ?) ORDER BY sequence"
_NOTED = "SELECT dataset, under, number FROM question ORDER BY number, dataset"
_LOST = "its question is not listed as it was recorded"


def _expected(said: Iterable[tuple[int, str, str]]) -> Iterator[tuple[str, int, int]]:
    """Yield the rows that entries (sequence, kind, body) ask for, by number and dataset."""
    consent = 0
    noted: dict[str, int] = {}
    for sequence, kind, text in said:
        if kind == CONSENT:
            consent = sequence
            continue
        body = orjson.loads(text)
        under = min(body["consent_version"], consent)
        for one in _subjects(body["datasets"]):
            if noted.get(one, 0) < under:
                noted[one] = under
                yield one, under, sequence
