"""How far a ledger had come: its last entry that was on disk for good, in a file beside it.

An older copy that is put in the ledger's place does not hold that entry, or has another one of its
number. The mark is written after the transaction, by whose turn it is: it is never ahead of the
ledger that it was written for, also if the process is killed or the machine loses its power.
"""

import hashlib
import os
import sqlite3
import struct
from contextlib import suppress
from pathlib import Path

from beacon_node.model.ledger import Head
from beacon_node.storage.files import make_private

_SAID = struct.Struct("<Q32s")  # number and hash of the entry; SHA-256 of both follows
_BYTES = _SAID.size + 32


class Mark:
    """The mark of one ledger. Derived: one that is missing or damaged is made anew."""

    def __init__(self, ledger: Path) -> None:
        self._path = ledger.with_name(f"{ledger.name}-mark")

    def read(self) -> Head | None:
        """Return the entry that the ledger must hold; None if nothing whole says so."""
        try:
            file = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            content = os.read(file, _BYTES)
        finally:
            os.close(file)
        said, digest = content[: _SAID.size], content[_SAID.size :]
        is_whole = len(content) == _BYTES and hashlib.sha256(said).digest() == digest
        return Head(*_SAID.unpack(said)) if is_whole else None

    def is_held_by(self, connection: sqlite3.Connection) -> bool:
        """Say whether a ledger holds the entry; without a mark, any does."""
        marked = self.read()
        return marked is None or _hash(connection, marked.sequence) == marked.hash

    def set(self, head: Head) -> None:
        """Remember an entry that is on disk; not waited for, as one that is older is true too."""
        said = _SAID.pack(head.sequence, head.hash)
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            make_private(self._path)
            file = os.open(self._path, os.O_WRONLY | os.O_CLOEXEC)
        try:
            os.pwrite(file, said + hashlib.sha256(said).digest(), 0)
        finally:
            os.close(file)

    def make_anew(self, connection: sqlite3.Connection) -> None:
        """Remember the last entry that is certainly on disk, if there is no mark. Where there is no
        room for one now, the next transaction makes it."""
        with suppress(OSError):
            last = connection.execute(_ON_DISK).fetchone() if self.read() is None else None
            if last is not None:
                self.set(Head(*last))

    def move_to(self, connection: sqlite3.Connection) -> None:
        """Let a ledger be the one to go on from, whatever it lacks."""
        self._path.unlink(missing_ok=True)
        self.make_anew(connection)


def _hash(connection: sqlite3.Connection, sequence: int) -> bytes | None:
    sql = "SELECT hash FROM entry WHERE sequence = ?"
    found = connection.execute(sql, [sequence]).fetchone()
    return found[0] if found else None


# The last consent or charge: audit entries after it may not be on disk yet.
_ON_DISK = """
    SELECT sequence, hash FROM entry WHERE sequence IN (
        (SELECT max(number) FROM consent),
        (SELECT entry FROM charge ORDER BY number DESC LIMIT 1))
    ORDER BY sequence DESC LIMIT 1"""
