"""The audit of one ledger: recording questions, and finding them again.

A question's entry first stands in the tail (`tail.py`), which a transaction takes over within a
second: the next one of whatever kind, or one that a thread of whoever recorded it begins.
"""

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from beacon_node.errors import InvalidRequest, LedgerBroken, StoreUnavailable
from beacon_node.model.consent import ConsentVersion
from beacon_node.model.consent_documents import canonical_json
from beacon_node.model.ledger import Entry, Head
from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger import chain, questions
from beacon_node.store.ledger.chain import AUDIT, Appending, Stamp
from beacon_node.store.ledger.queue import FairQueue
from beacon_node.store.ledger.reader import Reader, connect
from beacon_node.store.ledger.writer import Writer

SETTLED_WITHIN_S = 0.9
LONG_TAIL = 512  # entries: to take them over takes 6 ms, and all others wait
LARGEST_BODY = 65_536  # characters; an entry says who, what and why, and holds no data


class _Ledger(Protocol):
    path: Path
    _queue: FairQueue
    _reader: Reader
    _writer: Writer
    _is_settling_soon: bool  # a thread of this process will
    _is_overdue: bool  # a thread of this process could not

    def settle(self) -> None: ...

    def _settle(self) -> None: ...

    def _settle_soon(self) -> None: ...


class AuditLedger:
    """The part of `Ledger` that questions are recorded in."""

    def audit(
        self: _Ledger, body: Mapping, *, now: datetime, unchanged_since: int | None = None
    ) -> Head | None:
        """Record that a question was decided; survives the death of the process.

        If any consent was recorded after the consent version `unchanged_since`, nothing is written
        and None returned: the question is to be decided anew. `body` says who asked what, and why
        it was answered so; it must hold `consent_version` (the number it was decided under) and
        `datasets` (ids), by which receipts find it.
        """
        text, stamp = _question_text(body), Stamp(now)
        with told_plainly(self.path), self._queue.turn():
            state, end = self._writer.at_turn()
            if unchanged_since is not None and unchanged_since < end.consent_version:
                return None
            if state.count >= LONG_TAIL or self._is_overdue:
                self._settle()
                state, end = self._writer.at_turn()
            head = self._writer.tail.append(text, stamp, state)
        self._settle_soon()
        return head

    def settle(self: _Ledger) -> None:
        """Put the newest audit entries, which stand in a file of their own for a second at most,
        into the database; on disk when it returns. Whoever reads them does so first."""
        with told_plainly(self.path):
            state = self._writer.tail.state()
            if state is None or state.count:
                with self._queue.turn():
                    self._settle()

    def first_questions(self: _Ledger, versions: Sequence[ConsentVersion]) -> dict[int, Entry]:
        """Return, by the number of a version on record, the audit entry of the first question about
        a dataset in its scope that was decided knowing it; those without one are left out."""
        self.settle()
        with told_plainly(self.path), self._reader as connection:
            found = {
                version.number: questions.first(connection, version.scope.dataset, version.number)
                for version in versions
            }
        return {number: entry for number, entry in found.items() if entry is not None}

    def entries(self: _Ledger, *, kind: str = "", after: int = 0) -> Iterator[Entry]:
        """Yield the entries after a sequence number in their order, each checked by its hash."""
        kinds = (kind,) if kind else ()
        if kind in ("", AUDIT):
            self.settle()
        with told_plainly(self.path), closing(connect(self.path)) as connection:
            for entry in chain.entries(connection, after, kinds):
                chain.check_entry(entry)
                yield entry

    def _settle(self: _Ledger) -> None:
        """Let an empty transaction take over the tail; by whose turn it is."""
        with self._writer.transaction(now=datetime.now(UTC), durable=True):
            pass
        self._is_overdue = False

    def _settle_soon(self: _Ledger) -> None:
        if not self._is_settling_soon:
            self._is_settling_soon = True
            timer = threading.Timer(SETTLED_WITHIN_S, _settle_late, (weakref.ref(self),))
            timer.daemon = True
            timer.start()

    def _record_question(self: _Ledger, appending: Appending, body: Mapping) -> None:
        questions.ask(appending, body, _question_text(body), self._writer.noted)


def _settle_late(held: "weakref.ref[_Ledger]") -> None:
    ledger = held()
    if ledger is not None:
        ledger._is_settling_soon, ledger._is_overdue = False, True
        with suppress(StoreUnavailable, LedgerBroken):  # the next question tries, and is refused
            ledger.settle()
            ledger._is_overdue = False


def _question_text(body: Mapping) -> str:
    if not isinstance(body.get("consent_version"), int) or "datasets" not in body:
        raise ValueError("an audit entry names its consent_version and its datasets")
    text = canonical_json(body)
    check_size(text)
    return text


def check_size(body: str) -> None:
    if len(body) > LARGEST_BODY:
        raise InvalidRequest(f"an entry of the ledger may hold {LARGEST_BODY} characters at most")
