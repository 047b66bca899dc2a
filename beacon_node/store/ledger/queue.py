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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import FileIO
from pathlib import Path

from beacon_node.errors import StoreUnavailable

# A turn takes well under a millisecond, that of an import 3 s for 100,000 people.
PATIENCE_S = 60.0
_NUMBER = struct.Struct("=Q")
_FIRST_BYTE = 4_096  # the bytes of the numbers lie behind the counter and its own lock
_LOOKS = 30  # a turn is mostly over before a nap would be
_FLOCK = struct.Struct("=hhxxxxqqixxxx")  # type, whence, start, length, process (0)
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

    @contextmanager
    def turn(self, patience_s: float = PATIENCE_S) -> Iterator[None]:
        """Wait for one's turn and hold it; StoreUnavailable if it does not come in time."""
        deadline = time.monotonic() + patience_s
        if not self._threads.acquire(timeout=patience_s):
            raise self._nobody_moves()
        try:
            self._open()
            number = self._draw(deadline)
            try:
                self._wait_until(self._is_free, number - 1, deadline)
                yield
            finally:
                self._free(number)
        finally:
            self._threads.release()

    @contextmanager
    def no_turn(self) -> Iterator[bool]:
        """Keep this process's threads from a turn, unless one has or awaits it: then False."""
        is_idle = self._threads.acquire(blocking=False)
        try:
            yield is_idle
        finally:
            if is_idle:
                self._threads.release()

    def _open(self) -> None:
        if self._handle is None:
            self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
            self._handle = FileIO(self._file, "r+b")

    def _draw(self, deadline: float) -> int:
        self._wait_until(self._take, -_FIRST_BYTE, deadline)
        try:
            drawn = os.pread(self._file, _NUMBER.size, 0)
            number = _NUMBER.unpack(drawn)[0] + 1 if len(drawn) == _NUMBER.size else 1
            self._wait_until(self._take, number, deadline)
            os.pwrite(self._file, _NUMBER.pack(number), 0)
        finally:
            self._free(-_FIRST_BYTE)
        return number

    def _wait_until(self, looks: Callable[[int], bool], number: int, deadline: float) -> None:
        for _ in range(_LOOKS):
            if looks(number):
                return
            os.sched_yield()
        nap = _SHORTEST_NAP_S
        while not looks(number):
            if time.monotonic() > deadline:
                raise self._nobody_moves()
            time.sleep(nap)
            nap = min(2 * nap, _LONGEST_NAP_S)

    def _is_free(self, number: int) -> bool:
        """Say whether nobody holds a byte: what has once been drawn is never taken again."""
        asked = _byte(fcntl.F_WRLCK, number)
        return _FLOCK.unpack(fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, asked))[0] == fcntl.F_UNLCK

    def _take(self, number: int) -> bool:
        try:
            fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _byte(fcntl.F_WRLCK, number))
        except BlockingIOError:
            return False
        return True

    def _free(self, number: int) -> None:
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _byte(fcntl.F_UNLCK, number))

    def _nobody_moves(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"{self._path}: the process whose turn it is to write does not finish; "
            "is one of this node's processes stopped, or the disk failing?"
        )


def _byte(kind: int, number: int) -> bytes:
    """Return the `struct flock` for the byte of a number; the counter's own is -_FIRST_BYTE."""
    return _FLOCK.pack(kind, os.SEEK_SET, _FIRST_BYTE + number, 1, 0)
