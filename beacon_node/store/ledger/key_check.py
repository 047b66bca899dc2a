"""Which key pseudonyms are made with: a keyed digest of a constant, taken once for good.

Another key would give everybody new numbers and accounts, and so new budgets. It stands beside the
chain, not in it: nothing happened, and whoever may exchange both files can do anything here.
"""

from contextlib import closing
from pathlib import Path
from typing import Protocol

from beacon_node.storage.failures import told_plainly
from beacon_node.store.ledger.queue import FairQueue
from beacon_node.store.ledger.reader import Reader, connect

_TAKE = "INSERT INTO key_check SELECT ? WHERE NOT EXISTS (SELECT 1 FROM key_check)"


class _Ledger(Protocol):
    path: Path
    _reader: Reader
    _queue: FairQueue

    def _key_check(self) -> str | None: ...


class KeyedLedger:
    """The part of `Ledger` that knows its key."""

    def is_made_with(self: _Ledger, check: str) -> bool:
        """Say whether this ledger was written with the key of a check value (`crypto.keys`).

        A ledger that has none yet takes this one, for good.
        """
        if self._key_check() is None:
            with (
                told_plainly(self.path),
                self._queue.turn(),
                closing(connect(self.path)) as connection,
            ):
                connection.execute(_TAKE, [check])
        return self._key_check() == check

    def _key_check(self: _Ledger) -> str | None:
        with told_plainly(self.path), self._reader as connection:
            found = connection.execute("SELECT value FROM key_check").fetchone()
        return found[0] if found else None
