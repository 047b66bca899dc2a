"""Says in one plain sentence what went wrong with storage."""

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beacon_node.errors import StoreUnavailable

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextmanager
def told_plainly(path: Path) -> Iterator[None]:
    """Turn what SQLite and the file system raise around `path` into StoreUnavailable."""
    try:
        yield
    except sqlite3.Error as error:
        raise StoreUnavailable(f"{path}: {_sentence(str(error))}") from error
    except OSError as error:
        full = error.errno in _FULL
        problem = _sentence("full") if full else (error.strerror or "cannot be used").lower()
        raise StoreUnavailable(f"{path}: {problem}") from error


def _sentence(message: str) -> str:
    if "full" in message:
        return "there is no room left on the disk, or the file may not grow further"
    if "disk I/O" in message:
        return "the disk cannot be read or written: it is full, over quota or damaged"
    if "locked" in message:
        return "another command is writing to it; try again when it is done"
    if "unable to open" in message:
        return "it cannot be opened; is this a node's home folder, and may we read it?"
    return f"storage failed ({message})"
