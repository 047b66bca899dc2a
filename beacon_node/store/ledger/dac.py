"""The committee's work in the chain: found by application and kind, decided one after the other."""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

import orjson

from beacon_node.errors import InvalidRequest
from beacon_node.model.application import Committee, Event
from beacon_node.model.consent_documents import canonical_json, read_moment
from beacon_node.model.dac import (
    COMMITTEE,
    CONFIGURATION,
    KINDS,
    ROLE,
    TERMS,
    Actor,
    DacEntry,
    Said,
    Terms,
    read_said,
    said_document,
    subject_of,
)
from beacon_node.model.ledger import Entry, Verification
from beacon_node.model.linked import Linked
from beacon_node.model.staff import Configured, StaffRole, with_role
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger.chain import ENTRY, Appending, check_entry, entries
from beacon_node.store.ledger.linked import read
from beacon_node.store.ledger.reader import Reader, connect

LARGEST_BODY = 65_536  # characters


class Deciding:
    """One open transaction in which nobody else writes: what is on record, and adding to it.

    `at` is when whatever is added will have been recorded, `linked` says which accounts are one
    person's by then. What is read names people by the accounts they acted under.
    """

    def __init__(self, appending: Appending, linked: Linked) -> None:
        self._appending, self._connection = appending, appending.connection
        self.at, self.linked = read_moment(appending.recorded_at), linked

    def events(self, application: str) -> tuple[Event, ...]:
        """Return the events of an application, empty if there is none of that id."""
        return tuple(entry.event for entry in of_application(self._connection, application))

    def committee(self) -> Committee:
        return committee(self._connection)

    def terms(self) -> Terms | None:
        """Return the terms of use that hold now."""
        return _newest(self._connection, TERMS)

    def roles(self) -> Mapping[str, frozenset[StaffRole]]:
        """Return who has which role at the node now."""
        found: Mapping[str, frozenset[StaffRole]] = {}
        for one in _rows(self._connection, "d.kind = ?", [ROLE]):
            found = with_role(found, one.said)
        return found

    def configured(self) -> Configured | None:
        """Return the settings that were on record last, None if none ever were."""
        return _newest(self._connection, CONFIGURATION)

    def text_of(self, version: str) -> str | None:
        """Return the text that a version of the terms was recorded with, None if it never was."""
        found = (one.said for one in _rows(self._connection, "d.kind = ?", [TERMS]))
        return next((terms.text for terms in found if terms.version == version), None)

    def add(self, said: Said, by: Actor) -> None:
        """Record what was decided. Raises InvalidRequest for more than an entry may hold."""
        kind, document = said_document(said, by)
        body = canonical_json(document)
        if len(body) > LARGEST_BODY:
            raise InvalidRequest(f"it says more than {LARGEST_BODY} characters, which is too much")
        (entry,) = self._appending.append(kind, [body])
        row = entry.sequence, kind, subject_of(said)
        self._connection.execute("INSERT INTO dac_entry VALUES (?, ?, ?)", row)


class _Ledger(Protocol):
    path: Path
    _reader: Reader
    _linked: Linked

    def writing(self, *, now: datetime, durable: bool) -> AbstractContextManager[Appending]: ...


class DacLedger:
    """The part of `Ledger` that committees use."""

    def dac_version(self: _Ledger) -> int:
        """Return a number that everything a committee or an applicant does raises."""
        with told_plainly(self.path), self._reader as connection:
            return connection.execute("SELECT max(number) FROM dac_entry").fetchone()[0] or 0

    def dac_entries(self: _Ledger, after: int = 0) -> Iterator[DacEntry]:
        """Yield what was done after an entry, in its order, each checked by its hash."""
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            yield from _rows(connection, "d.number > ?", [after])

    def application_entries(self: _Ledger, id: str) -> tuple[DacEntry, ...]:
        """Return what was done to one application, empty if there is none of that id."""
        with told_plainly(self.path), self._reader as connection:
            return tuple(of_application(connection, id))

    @contextmanager
    def deciding(self: _Ledger, *, now: datetime) -> Iterator[Deciding]:
        """Wait for this process's turn, look and record within one transaction, all or nothing; on
        disk when it ends. Keep it short: everybody else waits."""
        with self.writing(now=now, durable=True) as appending:
            yield Deciding(appending, read(appending.connection, self._linked))


def of_application(connection: sqlite3.Connection, id: str) -> Iterator[DacEntry]:
    return _rows(connection, "d.application = ? AND d.application != ''", [id])


def committee(connection: sqlite3.Connection) -> Committee:
    """Return the committee that decides now, with the terms that hold; nobody if there is none."""
    found = _newest(connection, COMMITTEE) or Committee(frozenset(), frozenset())
    terms = _newest(connection, TERMS)
    return replace(found, terms_version=terms.version if terms else "")


def verify(connection: sqlite3.Connection, whole: Verification) -> Verification:
    """Return `whole`, or what is wrong if not everything done is listed as it was recorded."""
    recorded = (
        (entry.sequence, entry.kind, _subject(entry)) for entry in entries(connection, kinds=KINDS)
    )
    listed = connection.execute("SELECT number, kind, application FROM dac_entry ORDER BY number")
    for expected, found in zip_longest(recorded, listed, fillvalue=()):
        if expected != found:
            number = min(row[0] for row in (expected, found) if row)
            return replace(whole, broken_at=number, problem=_LOST)
    return whole


_LOST = "what it says was done is not listed as it was recorded"


def _subject(entry: Entry) -> str:
    return subject_of(read_said(entry.kind, orjson.loads(entry.body))[0])


def _newest(connection: sqlite3.Connection, kind: str) -> Said | None:
    where = "d.number = (SELECT max(number) FROM dac_entry WHERE kind = ?)"
    return next((entry.said for entry in _rows(connection, where, [kind])), None)


def _rows(connection: sqlite3.Connection, where: str, values: Sequence) -> Iterator[DacEntry]:
    sql = f"""SELECT {ENTRY} FROM dac_entry d JOIN entry e ON e.sequence = d.number
              WHERE {where} ORDER BY d.number"""
    return (_read(Entry(*row)) for row in connection.execute(sql, values))


def _read(entry: Entry) -> DacEntry:
    check_entry(entry)
    said, by = read_said(entry.kind, orjson.loads(entry.body))
    return DacEntry(entry.sequence, read_moment(entry.recorded_at), by, said)
