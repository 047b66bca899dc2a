"""Files that are there whole or not at all, and that only the program's own account can read."""

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def temporary_name(path: Path) -> Path:
    """Return the name a file has until it is finished; it says which process makes it."""
    return path.with_name(f"{path.name}.tmp-{os.getpid()}")


def make_private(path: Path) -> None:
    """Make an empty file, if there is none, that nobody else can read, whatever the umask says.

    One that is there is not opened: closing it would end the locks that SQLite holds on it here.
    """
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def seal(temporary: Path, path: Path) -> None:
    """Put a finished file on disk for good and give it its name: all of it or nothing."""
    temporary.chmod(0o600)
    sync(temporary)
    temporary.replace(path)
    sync(path.parent)


def write_whole(path: Path, content: bytes) -> None:
    """Write a small private file, in place of one of the same name: all of it or nothing."""
    temporary = temporary_name(path)
    temporary.write_bytes(content)
    seal(temporary, path)


def sync(path: Path) -> None:
    """Wait until a file's or a folder's content is on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Let no other process do the same to the file at `path` meanwhile.

    The lock is on a file beside it: closing one that SQLite has open would end its locks here.
    """
    beside = path.with_name(f".{path.name}.lock")
    descriptor = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
