"""What several panels say together: a file made once per set, read from common to rare."""

import fcntl
import hashlib
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from heapq import merge
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np

from beacon_node.model.panels import FLOOR, FrequencyChunk
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import seal, temporary_name
from beacon_node.store.knowledge.build import open_new
from beacon_node.store.panels.layout import FORMAT, PANEL_SET, WALK_INDEX, open_file

_LOCK = "panels.lock"
_SUFFIX = ".panels"
_CHUNK = 4_096  # alleles
_ROWS = "SELECT place, ref, alt, lower_limit, {} FROM allele ORDER BY place, ref, alt"
_WALK = (
    "SELECT place, ref, alt, lower_limit FROM allele WHERE lower_limit >= ?"
    " ORDER BY lower_limit DESC, place, ref, alt"
)

Members = Sequence[Sequence[str]]
"""The file names of each panel of a set."""


def set_path(folder: Path, members: Members) -> Path:
    """Return where the set of these panels is, in whatever order they are named."""
    text = repr((FORMAT, sorted(sorted(files) for files in members)))
    return folder / f"{hashlib.sha256(text.encode()).hexdigest()[:32]}{_SUFFIX}"


def make_set(folder: Path, members: Members) -> Path:
    """Return the file of a set, made if it is not there; others wait meanwhile.

    Raises sqlite3.OperationalError if a member is gone, StoreUnavailable for a full disk.
    """
    path = set_path(folder, members)
    if path.exists():
        return path
    with _only_me(folder):
        if not path.exists():
            _build(path, members)
    return path


def walk_set(db: sqlite3.Connection, at_least: float) -> Iterator[FrequencyChunk]:
    """Yield the alleles with limits of at least `at_least`, highest first, ties by place."""
    rows = db.execute(_WALK, [at_least])
    while found := rows.fetchmany(_CHUNK):
        places, refs, alts, limits = zip(*found, strict=True)
        yield FrequencyChunk(
            np.array(places, np.int64),
            np.array(refs, object),
            np.array(alts, object),
            np.array(limits),
        )


def sweep_sets(folder: Path, loaded: set[str]) -> None:
    """Delete the sets that have a member which is not loaded any more, and what a crash left."""
    if not folder.exists():
        return
    with _only_me(folder):
        for path in folder.glob(f"*{_SUFFIX}*"):
            if path.suffix != _SUFFIX or not _members(path) <= loaded:
                path.unlink(missing_ok=True)


@contextmanager
def _only_me(folder: Path) -> Iterator[None]:
    """Wait until nobody else makes or sweeps sets in this folder."""
    with told_plainly(folder):
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _members(path: Path) -> set[str]:
    db = open_file(path)
    try:
        return {name for (name,) in db.execute("SELECT path FROM member")}
    finally:
        db.close()


def _build(path: Path, members: Members) -> None:
    opened = [[open_file(path.parent / name) for name in files] for files in members]
    temporary = temporary_name(path)
    temporary.unlink(missing_ok=True)
    try:
        with told_plainly(path.parent):
            _write(temporary, members, opened)
            seal(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
        for db in (db for files in opened for db in files):
            db.close()


def _write(path: Path, members: Members, opened: Sequence[Sequence[sqlite3.Connection]]) -> None:
    db = open_new(path)
    try:
        db.executescript(f"{PANEL_SET} BEGIN;")
        named = [(number, name) for number, files in enumerate(members) for name in files]
        db.executemany("INSERT INTO member VALUES (?, ?)", named)
        db.executemany("INSERT INTO allele VALUES (?, ?, ?, ?)", _joint(opened))
        db.execute(WALK_INDEX)
        db.commit()
    finally:
        db.close()


def _joint(opened: Sequence[Sequence[sqlite3.Connection]]) -> Iterator[tuple]:
    """Yield (place, ref, alt, smallest limit) of alleles that are above the floor in all panels."""
    streams = [
        db.execute(_ROWS.format(number)) for number, files in enumerate(opened) for db in files
    ]
    if len(streams) == 1:
        yield from (row[:4] for row in streams[0] if row[3] > FLOOR)
        return
    for key, group in groupby(merge(*streams), key=itemgetter(0, 1, 2)):
        rows = list(group)
        least = min(row[3] for row in rows)
        if least > FLOOR and len({row[4] for row in rows}) == len(opened):
            yield *key, least
