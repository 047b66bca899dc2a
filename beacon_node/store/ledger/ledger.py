"""The ledger of one node: an append-only chain of consents and audit entries.

A ledger stays in its process: it is opened anew in each worker. Reading never waits for writing.
"""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlite_utils import Database

from beacon_node.errors import ConfigurationError, InvalidRequest
from beacon_node.model.consent import ConsentVersion
from beacon_node.model.consent_documents import (
    StatementReader,
    canonical_json,
    moment_text,
    read_moment,
)
from beacon_node.model.ledger import Entry, Head, Recorded, Verification
from beacon_node.store.failures import told_plainly
from beacon_node.store.ledger import chain, consents
from beacon_node.store.ledger.chain import Appending
from beacon_node.store.ledger.layout import LEDGER, STEPS
from beacon_node.store.ledger.queue import FairQueue
from beacon_node.store.ledger.writer import Writer, connect

AUDIT = "audit"
LARGEST_BODY = 65_536  # characters; an entry says who, what and why, and holds no data


class Ledger:
    """Raises StoreUnavailable where the file cannot be used, LedgerBroken where an entry that is
    read is not as it was written, ConfigurationError where a newer program made the file."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        with told_plainly(self.path):
            if not self.path.exists():
                raise sqlite3.OperationalError("unable to open database file")
            self._queue = FairQueue(self.path.with_name(f"{self.path.name}-queue"))
            self._bring_up_to_date()
            self._reader = connect(self.path)
            self._writer = Writer(self.path)
            self._statements = StatementReader()

    @classmethod
    def create(cls, path: Path) -> "Ledger":
        """Make an empty ledger (and its folder) and open it; an existing one is opened."""
        path = Path(path)
        with told_plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        return cls(path)

    def close(self) -> None:
        self._writer.close()
        self._reader.close()
        self._queue.close()

    # ---- consent -----------------------------------------------------------------------------

    def record(
        self,
        versions: Sequence[ConsentVersion],
        *,
        by: str,
        now: datetime,
        unchanged_since: int | None = None,
    ) -> tuple[Recorded, ...]:
        """Record statements, all or none; on disk when it returns.

        The ledger gives `number`, `recorded_at` and `recorded_by`, whatever the versions say there.
        A statement that is on record already, also one that was cancelled since, is not recorded
        again: its `Recorded` is the earlier one, `is_new` False. Raises InvalidRequest for one that
        cancels what this individual has not on record, and Conflict if for one of the individuals
        anything was recorded after the consent version `unchanged_since`.
        """
        if not by:
            raise InvalidRequest("recorded_by: who records this is expected")
        prepared = [
            consents.prepare(replace(version, recorded_by=by), self._statements)
            for version in versions
        ]
        for one in prepared:
            _check_size(one.body)
        with self.writing(now=now, durable=True) as appending:
            if unchanged_since is not None:
                consents.check_unchanged(appending.connection, prepared, unchanged_since)
            added = consents.add(appending, prepared, self._statements)
        with told_plainly(self.path):
            return tuple(consents.recorded(self._reader, prepared, added, self._statements))

    def history(self, individual: str) -> tuple[ConsentVersion, ...]:
        """Return all versions of one individual in the order of their recording."""
        return tuple(recorded.version for recorded in self.recorded(individual))

    def recorded(self, individual: str) -> tuple[Recorded, ...]:
        """Return all versions of one individual, with the hashes of their entries."""
        with told_plainly(self.path):
            return consents.history(self._reader, individual, self._statements)

    def histories(self, dataset: str) -> Iterator[tuple[str, tuple[ConsentVersion, ...]]]:
        """Yield the individuals with a statement about `dataset` (or all datasets), by id.

        Each with all versions, also those about other datasets. It is the state of one moment, at
        least as new as the `consent_version` read before.
        """
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            yield from consents.histories(connection, dataset, self._statements)

    def consent_version(self) -> int:
        """Return a number that every consent that is recorded raises, in whichever process."""
        with told_plainly(self.path):
            return consents.version_number(self._reader)

    def changed_since(self, version: int) -> frozenset[str]:
        """Return whose consents were recorded after that consent version."""
        with told_plainly(self.path):
            return consents.changed_since(self._reader, version)

    def next_boundary(self, at: datetime) -> datetime | None:
        """Return the next moment after `at` on which any statement is dated; None if none is.

        Until then no date alone changes what holds for anybody. Dates of statements that newer
        ones replaced are among them: looking once too often is harmless.
        """
        with told_plainly(self.path):
            found = consents.first_date(self._reader, moment_text(at))
        return read_moment(found) if found else None

    def dated_between(self, after: datetime, until: datetime) -> frozenset[str]:
        """Return for whom a date after `after` and not after `until` may change what holds."""
        with told_plainly(self.path):
            return consents.dated_between(self._reader, moment_text(after), moment_text(until))

    def present(self, now: datetime) -> datetime:
        """Return the moment questions are decided at: `now`, or if the clock was set back the last
        moment on record, so that no statement on record is ever forgotten again."""
        with told_plainly(self.path):
            last = chain.last_entry(self._reader)
        return max(now, read_moment(last.recorded_at)) if last else now

    # ---- audit -------------------------------------------------------------------------------

    def audit(self, body: Mapping, *, now: datetime) -> Head:
        """Record that a question was decided; survives the death of the process.

        `body` says who asked what, and why it was answered so; it must hold `consent_version` (the
        number it was decided under) and `datasets` (ids), by which receipts find it.
        """
        if not isinstance(body.get("consent_version"), int) or "datasets" not in body:
            raise ValueError("an audit entry names its consent_version and its datasets")
        text = canonical_json(body)
        _check_size(text)
        with self.writing(now=now, durable=False) as appending:
            return appending.append(AUDIT, [text])[0].head

    def entries(self, *, kind: str = "", after: int = 0) -> Iterator[Entry]:
        """Yield the entries after a sequence number in their order, each checked by its hash."""
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            for entry in chain.entries(connection, after):
                if kind in ("", entry.kind):
                    chain.check_entry(entry)
                    yield entry

    # ---- the chain ---------------------------------------------------------------------------

    def head(self) -> Head:
        with told_plainly(self.path):
            last = chain.last_entry(self._reader)
        return last.head if last else Head()

    def verify(self, known: Head | None = None) -> Verification:
        """Follow the whole chain and what finds the consents in it.

        `known` is a head that was kept elsewhere: only with one is it noticed if somebody who could
        write to the file made the whole chain anew, or cut its end off with some care.
        """
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            connection.execute("BEGIN")  # one state, whatever is written meanwhile
            found = chain.verify(connection, known)
            return consents.verify(connection, found) if found.is_whole else found

    @contextmanager
    def writing(self, *, now: datetime, durable: bool) -> Iterator[Appending]:
        """Wait for this process's turn and append within one transaction, all or nothing.

        `durable`: on disk when it ends; otherwise it survives the end of the process, but its last
        moments may be lost with the machine's power. Keep it short: everybody else waits.
        """
        with (
            told_plainly(self.path),
            self._queue.turn(),
            self._writer.transaction(now=now, durable=durable) as appending,
        ):
            yield appending

    # ---- inside ------------------------------------------------------------------------------

    def _bring_up_to_date(self) -> None:
        with self._queue.turn(), closing(connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            db = Database(connection, recursive_triggers=False)
            applied = {migration.name for migration in LEDGER.applied(db)}
            if applied - set(STEPS):
                raise ConfigurationError(f"{self.path} was made by a newer version of beacon-node")
            if len(applied) < len(STEPS):
                LEDGER.apply(db)


def _check_size(body: str) -> None:
    if len(body) > LARGEST_BODY:
        raise InvalidRequest(f"an entry of the ledger may hold {LARGEST_BODY} characters at most")
