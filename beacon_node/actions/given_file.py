"""The file an action is given: where it lies, and the digest that tells it from others."""

import hashlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from beacon_node.errors import InvalidInput
from beacon_node.ingest.detect import json_files
from beacon_node.ports import Progress
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private

STDIN = "-"
_CHUNK = 1 << 20


@contextmanager
def local_file(path: str, folder: Path) -> Iterator[Path]:
    """Give the path of the file; standard input is kept in `folder` meanwhile."""
    if path != STDIN:
        yield Path(path)
        return
    spool = folder / "standard-input"
    try:
        with told_plainly(spool):
            folder.mkdir(parents=True, exist_ok=True)
            make_private(spool)
            with spool.open("wb") as file:
                for chunk in _chunks(sys.stdin.buffer):
                    file.write(chunk)
        yield spool
    finally:
        spool.unlink(missing_ok=True)


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(_CHUNK):
        yield chunk


def digest(path: Path, progress: Progress) -> str:
    """Return the SHA-256 of a file, or of the names and contents of a folder's JSON files."""
    hashed = hashlib.sha256()
    files = json_files(path) if path.is_dir() else [path]
    try:
        progress.start("checking", sum(file.stat().st_size for file in files), "bytes")
        for file in files:
            if path.is_dir():
                hashed.update(str(file.relative_to(path)).encode() + b"\0")
            with file.open("rb") as stream:
                for chunk in _chunks(stream):
                    hashed.update(chunk)
                    progress.advance(len(chunk))
    except OSError as error:
        problem = f"cannot be read: {(error.strerror or 'unknown error').lower()}"
        raise InvalidInput(problem, file=str(path)) from error
    progress.finish()
    return hashed.hexdigest()
