"""A lock that processes get in the order in which they asked for it.

SQLite's own lock goes to whoever happens to try at the right moment, so that under load one process
can wait for seconds. Here each draws a number from a file beside the ledger, holds the lock of the
byte of that number, and waits until nobody holds the byte of the number before. The kernel frees
the bytes of a process that dies, so nobody waits for the dead.
"""

import fcntl
import os
import struct
import threading
import time
from collections.abc import Callable
from io import FileIO
from pathlib import Path
from types import TracebackType

from beacon_node.errors import StoreUnavailable

# A turn takes well under a millisecond, that of an import 3 s for 100,000 people.
PATIENCE_S = 60.0
_NUMBER = struct.Struct("=Q")
_FIRST_BYTE = 4_096  # the bytes of the numbers lie behind the counter and its own lock
# Then naps, short ones: whoever yields instead gives away all its time on a busy machine.
_LOOKS = 5
_COUNTER = -_FIRST_BYTE  # the counter's own byte, as if it were a number's
_PACK = struct.Struct("=hhxxxxqqixxxx").pack  # a `struct flock`: type, whence, start, length, 0
_UNLOCKED = struct.pack("=h", fcntl.F_UNLCK)  # how one begins for a byte that nobody holds
_TAKE_COUNTER = _PACK(fcntl.F_WRLCK, os.SEEK_SET, 0, 1, 0)
_FREE_COUNTER = _PACK(fcntl.F_UNLCK, os.SEEK_SET, 0, 1, 0)
_SHORTEST_NAP_S, _LONGEST_NAP_S = 0.000_02, 0.000_1


class FairQueue:
    """The queue of a ledger's writers, over the file `path`; one object per process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: FileIO | None = None
        self._threads = threading.Lock()  # threads of one process share its place

    def close(self) -> None:
        self.stop()
        self.go_on()

    def stop(self) -> None:
        """Let whose turn it is in this process finish, and nobody draw a number until `go_on`."""
        self._threads.acquire()
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()

    def go_on(self) -> None:
        self._threads.release()

    def turn(self, patience_s: float = PATIENCE_S) -> "Turn":
        """Wait for one's turn and hold it; StoreUnavailable if it does not come in time."""
        return Turn(self, patience_s)

    def keep_out(self) -> bool:
        """Keep this process's threads from a turn until `let_in`; False if one has or awaits it."""
        return self._threads.acquire(blocking=False)

    def let_in(self) -> None:
        self._threads.release()

    def wait(self, patience_s: float) -> int:
        """Wait for one's turn and return its number; who has it ends it by `end`."""
        deadline = time.monotonic() + patience_s
        if not (self._threads.acquire(False) or self._threads.acquire(timeout=patience_s)):
            raise self._nobody_moves()
        number, has_come = 0, False
        try:
            self._open()
            number = self._draw(deadline)
            if not self._is_free(number - 1):
                self._wait_until(self._is_free, number - 1, deadline)
            has_come = True
            return number
        finally:
            if not has_come:
                self._give_up(number)

    def end(self, number: int) -> None:
        try:
            self._free(number)
        finally:
            self._threads.release()

    def _give_up(self, number: int) -> None:
        if number:
            self.end(number)
        else:
            self._threads.release()

    def _open(self) -> None:
        if self._handle is None:
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            self._handle = FileIO(self._file, "r+b")

    def _draw(self, deadline: float) -> int:
        if not self._set(_TAKE_COUNTER):
            self._wait_until(self._take, _COUNTER, deadline)
        try:
            drawn = os.pread(self._file, _NUMBER.size, 0)
            number = _NUMBER.unpack(drawn)[0] + 1 if len(drawn) == _NUMBER.size else 1
            if not self._take(number):
                self._wait_until(self._take, number, deadline)
            os.pwrite(self._file, _NUMBER.pack(number), 0)
        finally:
            self._set(_FREE_COUNTER)
        return number

    def _wait_until(self, looks: Callable[[int], bool], number: int, deadline: float) -> None:
        for _ in range(_LOOKS):
            if looks(number):
                return
        nap = _SHORTEST_NAP_S
        while not looks(number):
            if time.monotonic() > deadline:
                raise self._nobody_moves()
            time.sleep(nap)
            nap = min(2 * nap, _LONGEST_NAP_S)

    def _is_free(self, number: int) -> bool:
        """Say whether nobody holds a byte: what has once been drawn is never taken again."""
        asked = _PACK(fcntl.F_WRLCK, os.SEEK_SET, _FIRST_BYTE + number, 1, 0)
        return fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, asked).startswith(_UNLOCKED)

    def _take(self, number: int) -> bool:
        return self._set(_PACK(fcntl.F_WRLCK, os.SEEK_SET, _FIRST_BYTE + number, 1, 0))

    def _free(self, number: int) -> None:
        self._set(_PACK(fcntl.F_UNLCK, os.SEEK_SET, _FIRST_BYTE + number, 1, 0))

    def _set(self, lock: bytes) -> bool:
        """Take or free a byte; False if another has it."""
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, lock)
        except BlockingIOError:
            return False
        return True

    def _nobody_moves(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"{self._path}: the process whose turn it is to write does not finish; "
            "is one of this node's processes stopped, or the disk failing?"
        )


class Turn:  # a class, not a generator: every question passes here
    """A turn in a queue, from entering to leaving it."""

    __slots__ = ("_number", "_patience_s", "_queue")

    def __init__(self, queue: FairQueue, patience_s: float) -> None:
        self._queue, self._patience_s = queue, patience_s

    def __enter__(self) -> None:
        self._number = self._queue.wait(self._patience_s)

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.end(self._number)
