"""The ledger of one node: an append-only chain of consents, audit entries, releases and purposes.

Reading waits for no writing, but that whoever reads the audit brings it up to date first. A process
that forks opens the file anew, as its child does.
"""

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlite_utils import Database

from beacon_node.errors import ConfigurationError, InvalidRequest, LedgerBroken, StoreUnavailable
from beacon_node.model.consent import ConsentVersion
from beacon_node.model.consent_documents import (
    StatementReader,
    canonical_json,
    moment_text,
    read_moment,
)
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.ledger import (
    FixedPurpose,
    Head,
    Moment,
    Recorded,
)
from beacon_node.model.linked import Linked
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private
from beacon_node.store.ledger import chain, consents, linked, purposes
from beacon_node.store.ledger.audit import AuditLedger, check_size
from beacon_node.store.ledger.chain import Appending
from beacon_node.store.ledger.charging import ChargingLedger
from beacon_node.store.ledger.dac import DacLedger
from beacon_node.store.ledger.halt import Halt
from beacon_node.store.ledger.identities import IdentitiesLedger
from beacon_node.store.ledger.key_check import KeyedLedger
from beacon_node.store.ledger.layout import LEDGER, STEPS
from beacon_node.store.ledger.linked import LinkedLedger
from beacon_node.store.ledger.mark import Mark
from beacon_node.store.ledger.queue import FairQueue
from beacon_node.store.ledger.reader import Reader, connect
from beacon_node.store.ledger.verified import VerifiedLedger
from beacon_node.store.ledger.writer import Writer

RELEASE = "release"


class _Parts(ChargingLedger, DacLedger, LinkedLedger, KeyedLedger, IdentitiesLedger):
    """What the ledger keeps for each of those who use it."""


class Ledger(AuditLedger, _Parts, VerifiedLedger):
    """Raises StoreUnavailable where the file cannot be used, LedgerBroken where an entry that is
    read is not as it was written, ConfigurationError where a newer program made the file."""

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        with told_plainly(self.path):
            if not self.path.exists():
                raise sqlite3.OperationalError("unable to open database file")
            self._queue = FairQueue(self.path.with_name(f"{self.path.name}-queue"))
            self._reader, self._writer = Reader(self.path), Writer(self.path)
            self._statements, self._linked = StatementReader(), Linked()
            self._mark, self._is_behind = Mark(self.path), False
            self._is_settling_soon = self._is_overdue = False
            self._halt = Halt(self.path)
            self._bring_up_to_date()
        self._survive_forks()

    @classmethod
    def create(cls, path: Path) -> "Ledger":
        """Make an empty ledger (and its folder) and open it; an existing one is opened."""
        path = Path(path)
        with told_plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            make_private(path)
        return cls(path)

    def close(self) -> None:
        """Let go of the files; they are opened again when they are needed."""
        with suppress(StoreUnavailable, LedgerBroken):  # whoever opens it next meets it too
            self.settle()
        self._stop()
        self._go_on()

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
            check_size(one.body)
        with self.writing(now=now, durable=True) as appending:
            if unchanged_since is not None:
                consents.check_unchanged(appending.connection, prepared, unchanged_since)
            added = consents.add(appending, prepared, self._statements)
        with told_plainly(self.path), self._reader as connection:
            return tuple(consents.recorded(connection, prepared, added, self._statements))

    def history(self, individual: str) -> tuple[ConsentVersion, ...]:
        """Return all versions of one individual in the order of their recording."""
        return tuple(recorded.version for recorded in self.recorded(individual))

    def recorded(self, individual: str) -> tuple[Recorded, ...]:
        """Return all versions of one individual, with the hashes of their entries."""
        with told_plainly(self.path), self._reader as connection:
            return consents.history(connection, individual, self._statements)

    def histories(self, dataset: str) -> Iterator[tuple[str, tuple[ConsentVersion, ...]]]:
        """Yield the individuals with a statement about `dataset` (or all datasets), by id.

        Of `*` everybody on record, whichever dataset it is about.

        Each with all versions, also those about other datasets. It is the state of one moment, at
        least as new as the `consent_version` read before.
        """
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            yield from consents.histories(connection, dataset, self._statements)

    def consent_version(self) -> int:
        """Return a number that every consent that is recorded raises, in whichever process."""
        with told_plainly(self.path), self._reader as connection:
            return chain.version_number(connection)

    def changed_since(self, version: int, dataset: str | None = None) -> frozenset[str]:
        """Return whose consents were recorded after that consent version.

        With a dataset only those of statements about it or about all datasets: for it nothing else
        changed.
        """
        with told_plainly(self.path), self._reader as connection:
            return consents.changed_since(connection, version, dataset)

    def next_boundary(self, at: datetime) -> datetime | None:
        """Return the next moment after `at` on which any statement is dated; None if none is.

        Until then no date alone changes what holds for anybody. Dates of statements that newer
        ones replaced are among them: looking once too often is harmless.
        """
        with told_plainly(self.path), self._reader as connection:
            found = consents.first_date(connection, moment_text(at))
        return read_moment(found) if found else None

    def dated_between(
        self, after: datetime, until: datetime, dataset: str | None = None
    ) -> frozenset[str]:
        """Return for whom a date after `after` and not after `until` may change what holds; with a
        dataset, a date in a statement about it or about all datasets."""
        begin, end = moment_text(after), moment_text(until)
        with told_plainly(self.path), self._reader as connection:
            return consents.dated_between(connection, begin, end, dataset)

    def present(self, now: datetime) -> datetime:
        """Return the moment questions are decided at: `now`, or if the clock was set back the last
        moment on record, so that no statement on record is ever forgotten again."""
        return self.moment(now).at

    def moment(self, now: datetime) -> Moment:
        """Return the moment a question is decided at (`present`), the consent version then, and
        whether this ledger is an older one that was put in the place of the newest, or was found
        broken and not whole since."""
        with told_plainly(self.path):
            broken = self._halt.sentence()
            last, version = self._last_moment()
            is_behind = self._is_behind and self.is_behind()
        return Moment(max(now, read_moment(last)) if last else now, version, is_behind, broken)

    def is_behind(self) -> bool:
        """Say whether an entry is missing that the ledger in this place once had on disk: an older
        one was put back, and nobody answers for it yet (`go_on_from_here`)."""
        with told_plainly(self.path), self._reader as connection:
            return self._note_whether_behind(connection)

    def go_on_from_here(self) -> None:
        """Take this ledger for the newest: its operator answers for what an older one lacks."""
        with told_plainly(self.path), self._queue.turn(), self._reader as connection:
            self._mark.move_to(connection)
            self._note_whether_behind(connection)

    def _last_moment(self) -> tuple[str, int]:
        """Read it where the question will be recorded, for what is read then is there already; or,
        if this process writes just now, beside it."""
        tail = self._writer.tail.state()  # first: what leaves it is then in the database
        end = self._writer.known_end(tail)
        if end is not None:
            return tail.recorded_at, end.consent_version
        last, version = self._last_in_database()
        return max(last, tail.recorded_at if tail is not None else ""), version

    def _last_in_database(self) -> tuple[str, int]:
        if self._writer.is_open and self._queue.keep_out():
            try:
                end = self._writer.end()
            finally:
                self._queue.let_in()
            return end.last.recorded_at if end.last else "", end.consent_version
        with self._reader as connection:
            return chain.last_moment(connection)

    def record_release(self, dataset_id: str, *, now: datetime) -> Moment:
        """Record that a release of a dataset begins, and return the moment it is made at.

        Whatever was recorded before has an earlier `recorded_at`, whatever comes after a later one.
        A release that fails afterwards (disk full, two samples of one name) leaves its entry: that
        it began stays true. What was released is in the catalogue, which alone names the entry
        that a release was made at; no check looks for a release for every entry.
        """
        body = canonical_json({"dataset": dataset_id})
        with self.writing(now=now, durable=True) as appending:
            appending.append(RELEASE, [body])
            version = appending.consent_version()
        return Moment(read_moment(appending.recorded_at), version)

    # ---- purposes ----------------------------------------------------------------------------

    def fix_purpose(self, account: str, purpose: ResearchPurpose, *, now: datetime) -> None:
        """Record the purpose of an account, for good; the same one again changes nothing.

        Raises NotPermitted if the account, or another one of the same person, has another one.
        """
        if not account:
            raise InvalidRequest("account: whose purpose this is, is expected")
        check_size(purposes.stated(account, purpose))
        with self.writing(now=now, durable=True) as appending:
            known = linked.read(appending.connection, self._linked)
            purposes.fix(appending, known.accounts(account), purpose)

    def purpose_of(self, account: str) -> ResearchPurpose | None:
        """Return the fixed purpose of the person whose account it is, None while there is none."""
        accounts = self.linked().accounts(account)
        with told_plainly(self.path), self._reader as connection:
            return purposes.purpose_of(connection, accounts)

    def purposes(self) -> Iterator[FixedPurpose]:
        """Yield the purposes of all accounts in the order in which they were fixed."""
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            yield from purposes.purposes(connection)

    # ---- the chain ---------------------------------------------------------------------------

    def head(self) -> Head:
        self.settle()
        with told_plainly(self.path), self._reader as connection:
            last = chain.last_entry(connection)
        return last.head if last else Head()

    @contextmanager
    def writing(self, *, now: datetime, durable: bool) -> Iterator[Appending]:
        """Wait for this process's turn and append within one transaction, all or nothing.

        `durable`: on disk when it ends; otherwise it survives the end of the process, but its last
        moments may be lost with the machine's power. Keep it short: everybody else waits.
        """
        with told_plainly(self.path), self._queue.turn():
            with self._writer.transaction(now=now, durable=durable) as appending:
                before, is_behind = appending.last, self._note_whether_behind(appending.connection)
                yield appending
            if durable and appending.last is not before and not is_behind:
                self._mark.set(appending.last.head)

    # ---- inside ------------------------------------------------------------------------------

    def _note_whether_behind(self, connection: sqlite3.Connection) -> bool:
        is_behind = self._is_behind = not self._mark.is_held_by(connection)
        return is_behind

    def _survive_forks(self) -> None:
        """Connections and locks are not for two processes: nothing is open while one forks."""
        held = weakref.ref(self)
        stop, go_on = (
            partial(_if_alive, held, Ledger._stop),
            partial(_if_alive, held, Ledger._go_on),
        )
        os.register_at_fork(before=stop, after_in_parent=go_on, after_in_child=go_on)

    def _stop(self) -> None:
        self._queue.stop()
        self._reader.stop()
        self._writer.close()

    def _go_on(self) -> None:
        self._is_settling_soon = False  # a child has no such thread
        self._reader.go_on()
        self._queue.go_on()

    def _bring_up_to_date(self) -> None:
        with self._queue.turn(), closing(connect(self.path)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            db = Database(connection, recursive_triggers=False)
            applied = {migration.name for migration in LEDGER.applied(db)}
            if applied - set(STEPS):
                raise ConfigurationError(f"{self.path} was made by a newer version of beacon-node")
            if len(applied) < len(STEPS):
                LEDGER.apply(db)
            self._mark.make_anew(connection)
            self._note_whether_behind(connection)


def _if_alive(held: "weakref.ref[Ledger]", act: Callable[[Ledger], None]) -> None:
    ledger = held()
    if ledger is not None:
        act(ledger)
