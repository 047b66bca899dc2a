"""Says in one plain sentence what went wrong with storage."""

import errno
import sqlite3
from pathlib import Path

from beacon_node.errors import StoreUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class told_plainly:  # a class, not a generator: every question passes here
    """Turn what SQLite and the file system raise around `path` into StoreUnavailable."""

    __slots__ = ("_path",)

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        if error is None:
            return
        if isinstance(error, sqlite3.Error):
            raise StoreUnavailable(f"{self._path}: {_sentence(str(error))}") from error
        if isinstance(error, OSError):
            full = error.errno in _FULL
            problem = _sentence("full") if full else (error.strerror or "cannot be used").lower()
            raise StoreUnavailable(f"{self._path}: {problem}") from error


def _sentence(message: str) -> str:
    if "full" in message:
        return "there is no room left on the disk, or the file may not grow further"
    if "disk I/O" in message:
        return "the disk cannot be read or written: it is full, over quota or damaged"
    if "locked" in message:
        return "another command is writing to it; try again when it is done"
    if "unable to open" in message:
        return "it cannot be opened; is this the right home folder, and may we read it?"
    return f"storage failed ({message})"
