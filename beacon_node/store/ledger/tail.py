"""The newest audit entries, in a file beside the ledger until a transaction takes them over.

A transaction for each question would cost more than the question: pages of the database are read
and written by every process in turn. So `Ledger.audit` chains its entry here, by one short write,
and whoever next begins a transaction puts all of them into the database first; within a second at
most somebody does, and waits until it is on disk.

Why nothing is promised less than in the database:

- *One chain, one order.* Entries are added, and transactions begun and ended, only by whose turn it
  is in the ledger's one queue. So an entry has its number, moment and hash for good when it is
  added, and what follows in the database follows it.
- *No question forgets a consent.* A consent is recorded in a transaction. Whoever's turn is before
  it adds a question that comes before the consent in the chain; whoever's turn is after it knows
  the number of the last consent first, and adds nothing if it is a newer one. To know it without
  asking the database, the header counts the transactions: the count is odd from before one is
  committed until the header says how the database ends now. What was read at an even count holds
  while the header has that count; at any other the database is asked.
- *The death of a process takes nothing.* An entry is acknowledged once its bytes and then the
  header that counts them are written: the kernel has both, whoever dies. What lies behind the
  counted bytes was not acknowledged and is written over.
- *Never half, never twice.* The header names the entry of the database that the tail follows. It is
  emptied after the transaction that took it over; if a process dies between the two, the database
  ends elsewhere than the header says, and holds the tail's last entry: then there is nothing left.
- *A full disk* fails the write of the entry before the header counts it, or the transaction, which
  leaves the tail as it was.
- *Power.* Neither bytes nor header wait for the disk; the transaction that takes them over does, a
  second later at most. After a restart of the machine (another boot id) what is in the file is
  believed as far as it chains on; within one boot the whole must, or the ledger is broken.
"""

import os
import struct
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from beacon_node.model.ledger import Head, broken, chained_hash, said_by
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private, seal, temporary_name
from beacon_node.store.ledger.chain import AUDIT, End, Row, Stamp

# Check of the rest; boot id; count of transactions; numbers and hashes of the entry before the tail
# and of its last one; when that was recorded; and how many bytes count.
_HEADER = struct.Struct("<I36sQQ32sQ32s27sQ")
_CHECK = struct.Struct("<I")
_FIRST = 512  # where the entries begin
_RECORD = struct.Struct("<I32s")  # length of what an entry says, and its hash
_BOOT = Path("/proc/sys/kernel/random/boot_id")
_LOOKS = 20  # a header that is just being written is whole at the next look
CHANGED = "it was changed, or cut off, before it came into the database"


class State(NamedTuple):  # every question makes one
    """What the header says. `before` is the entry that the tail follows, `last` its last one,
    which was recorded at `recorded_at`; `size` is how many bytes count."""

    boot: bytes
    transactions: int
    before: Head
    last: Head
    recorded_at: str
    size: int

    @property
    def count(self) -> int:
        return self.last.sequence - self.before.sequence

    @property
    def is_settled(self) -> bool:
        """Say whether no transaction is being committed, nor was when a process died."""
        return not self.transactions % 2


class Tail:
    """The tail of one ledger. But for `state` to be used by whose turn it is.

    `end` is everywhere how the database ends now; `holds` says whether it has an entry.
    """

    def __init__(self, ledger: Path, holds: Callable[[Head], bool]) -> None:
        self._path = ledger.with_name(f"{ledger.name}-tail")
        self._file: int | None = None
        self._holds = holds
        self._boot = _boot()
        self._known: tuple[bytes, State | None] = b"", None

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def state(self) -> State | None:
        """Return what the header says; None without one that is whole and of this boot."""
        for _ in range(_LOOKS):
            found = self._read()
            if found is not None:
                return found if found.boot == self._boot else None
        return None

    def following(self, end: End) -> State:
        """Return the state after making it one that follows the database, where it is not."""
        state = self._read()
        if state is None or state.boot != self._boot or state.before != head_of(end):
            return self._recover(state, end)
        if not state.is_settled:  # who committed, or failed to, died
            state = self._say(state._replace(transactions=state.transactions + 1))
        return state

    def append(self, body: str, stamp: Stamp, state: State) -> Head:
        """Add an audit entry; it survives the death of every process when this returns."""
        recorded_at, clock = stamp.after(state.recorded_at)
        sequence = state.last.sequence + 1
        said = said_by(sequence, recorded_at, clock, AUDIT, body)
        last = Head(sequence, chained_hash(state.last.hash, said))
        record = _RECORD.pack(len(said), last.hash) + said
        self._write(record, _FIRST + state.size)
        size = state.size + len(record)
        self._say(State(self._boot, state.transactions, state.before, last, recorded_at, size))
        return last

    def rows(self, end: End) -> list[Row]:
        """Return the entries that follow the end of the database, as it has them. Raises
        LedgerBroken."""
        state = self.following(end)
        if not state.count:
            return []
        found, _ = _chained(self._records(state.size), state.before)
        last = _head(found[-1]) if found else state.before
        if last != state.last:
            raise broken(last.sequence + 1, CHANGED)
        return found

    def begin_commit(self) -> None:
        """Let nobody believe what they know of the database, until `clear`."""
        state = self._read()
        if state.is_settled:
            self._say(state._replace(transactions=state.transactions + 1))

    def clear(self, end: End) -> State:
        """Forget the entries: all are in the database, which ends so."""
        state = self._read()
        cleared = self._say(_empty(state.boot, state.transactions + 1, end))
        if state.size:
            os.ftruncate(self._opened(), _FIRST)
        return cleared

    # ---- inside ------------------------------------------------------------------------------

    def _recover(self, state: State | None, end: End) -> State:
        """Return the state of what in the file follows the database, after making it so.

        What does not, and is not in the database, was of a ledger that is no longer in its place
        (or was lost with the power): it is kept in a file of its own.
        """
        # Another count than any that was: time passes faster than transactions.
        transactions = time.time_ns() // 2 * 2
        kept = _empty(self._boot, transactions, end)
        found, size = _chained(self._records(), kept.before)
        if found:
            last = found[-1]
            kept = kept._replace(last=_head(last), recorded_at=last[1], size=size)
        if not self._is_all_known(state, kept):
            self._set_aside(state)
        self._say(kept)
        os.ftruncate(self._opened(), _FIRST + kept.size)
        return kept

    def _is_all_known(self, state: State | None, kept: State) -> bool:
        if state is None:
            return os.fstat(self._opened()).st_size <= _FIRST + kept.size
        return not state.count or state.last == kept.last or self._holds(state.last)

    def _set_aside(self, state: State | None) -> None:
        number = state.before.sequence + 1 if state else 0
        apart = self._path.with_name(f"{self._path.name}-apart-{number}")
        with told_plainly(apart):
            temporary = temporary_name(apart)
            make_private(temporary)
            temporary.write_bytes(self._path.read_bytes())
            seal(temporary, apart)

    def _read(self) -> State | None:
        raw = os.pread(self._opened(), _HEADER.size, 0)
        known, state = self._known
        if raw != known:
            state = _state(raw)
            self._known = raw, state
        return state

    def _say(self, state: State) -> State:
        boot, transactions, before, last, recorded_at, size = state
        heads = before.sequence, before.hash, last.sequence, last.hash
        said = _HEADER.pack(0, boot, transactions, *heads, recorded_at.encode(), size)
        raw = _CHECK.pack(zlib.crc32(said[_CHECK.size :])) + said[_CHECK.size :]
        self._write(raw, 0)
        self._known = raw, state
        return state

    def _write(self, content: bytes, at: int) -> None:
        written = os.pwrite(self._opened(), content, at)
        while written < len(content):  # no room, which the next one says
            written += os.pwrite(self._opened(), content[written:], at + written)

    def _records(self, size: int | None = None) -> Iterator[tuple[int, bytes, bytes]]:
        """Yield what the first bytes hold, or all: where an entry ends, its hash, what it says."""
        file = self._opened()
        size = os.fstat(file).st_size - _FIRST if size is None else size
        content = os.pread(file, size, _FIRST) if size > 0 else b""
        at = 0
        while len(content) - at > _RECORD.size:
            length, digest = _RECORD.unpack_from(content, at)
            at += _RECORD.size
            yield at + length, digest, content[at : at + length]
            at += length

    def _opened(self) -> int:
        if self._file is None:
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        return self._file


def head_of(end: End) -> Head:
    return end.last.head if end.last is not None else Head()


def _empty(boot: bytes, transactions: int, end: End) -> State:
    before = head_of(end)
    recorded_at = end.last.recorded_at if end.last is not None else ""
    return State(boot, transactions, before, before, recorded_at, 0)


def _state(raw: bytes) -> State | None:
    if len(raw) < _HEADER.size or _CHECK.unpack_from(raw)[0] != zlib.crc32(raw[_CHECK.size :]):
        return None
    _, boot, transactions, *heads, recorded_at, size = _HEADER.unpack(raw)
    before, last = Head(*heads[:2]), Head(*heads[2:])
    return State(boot, transactions, before, last, recorded_at.rstrip(b"\0").decode(), size)


def _chained(records: Iterable[tuple[int, bytes, bytes]], head: Head) -> tuple[list[Row], int]:
    """Return the entries that follow a head, as far as they do, and where the last one ends."""
    found, size, last, previous = [], 0, head.sequence, head.hash
    for end, digest, said in records:
        try:
            number, recorded_at, clock, kind, body = said.decode().split("\n", 4)
            sequence = int(number)
        except ValueError:
            break
        if sequence != last + 1 or chained_hash(previous, said) != digest:
            break
        found.append((sequence, recorded_at, clock, kind, body, previous, digest))
        size, last, previous = end, sequence, digest
    return found, size


def _head(row: Row) -> Head:
    return Head(row[0], row[-1])


def _boot() -> bytes:
    """Return this boot's id; systems other than Linux have none, and are as if never restarted."""
    found = _BOOT.read_bytes() if _BOOT.exists() else b"none"
    return found.strip()[:36].ljust(36, b"\0")
