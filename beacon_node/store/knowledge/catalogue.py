"""Which knowledge is loaded: `sources.sqlite`, whose commit is the moment a change takes effect.

Every change raises `version`. Source files have new names each time, so that readers of the old
knowledge are never disturbed; what no source names is left over from a crash and swept away.
"""

import fcntl
import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, fields
from pathlib import Path

from beacon_node.errors import Conflict
from beacon_node.model.genome import Assembly
from beacon_node.model.knowledge import Kind, Source
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private

FILE = "sources.sqlite"
_LOCK = "lock"
_BUSY_S = 10

_TABLES = """
CREATE TABLE IF NOT EXISTS state (only INTEGER PRIMARY KEY CHECK (only = 1), version INTEGER);
INSERT OR IGNORE INTO state VALUES (1, 0);
CREATE TABLE IF NOT EXISTS source (
    kind TEXT, name TEXT, assembly TEXT, part TEXT, version TEXT, file_name TEXT, sha256 TEXT,
    loaded_at TEXT, rows INTEGER, with_reference INTEGER, path TEXT, details TEXT,
    PRIMARY KEY (kind, name, assembly, part)
);
"""
_FIELDS = tuple(field.name for field in fields(Source))
_KEY = "kind = ? AND name = ? AND assembly = ? AND part = ?"


class SourceCatalogue:
    """The sources of one knowledge folder, which is made when something is first written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / FILE

    def connect(self) -> sqlite3.Connection | None:
        """Return a connection for reading, None while nothing was ever loaded."""
        return _connect(self.path) if self.path.exists() else None

    @contextmanager
    def only_me(self) -> Iterator[None]:
        """Hold the folder's lock while knowledge is changed; Conflict if another command does."""
        with told_plainly(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        try:
            _take(lock)
            self._sweep()
            yield
        finally:
            os.close(lock)

    def put(self, source: Source) -> None:
        """Let `source` count from now on, instead of the one with the same key."""
        row = asdict(source) | {"details": json.dumps(dict(source.details))}
        row["assembly"] = source.assembly or ""
        with self._writing() as db:
            db.execute(f"DELETE FROM source WHERE {_KEY}", source.key)
            marks = ", ".join(f":{name}" for name in _FIELDS)
            db.execute(f"INSERT INTO source ({', '.join(_FIELDS)}) VALUES ({marks})", row)

    def take_out(self, source: Source) -> None:
        with self._writing() as db:
            db.execute(f"DELETE FROM source WHERE {_KEY}", source.key)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with told_plainly(self.path):
            db = _connect(self.path)
            try:
                db.execute("PRAGMA journal_mode = WAL")
                db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT; BEGIN IMMEDIATE;")
                yield db
                db.execute("UPDATE state SET version = version + 1")
                db.commit()
            finally:
                db.close()
        self._sweep()

    def _sweep(self) -> None:
        """Delete source files that no source names."""
        db = self.connect()
        if db is None:
            named: set[str] = set()
        else:
            named = {source.path for source in read_sources(db)}
            db.close()
        with told_plainly(self.folder):
            for path in self.folder.glob("*.source*"):
                if path.name not in named:
                    path.unlink(missing_ok=True)


def _take(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise Conflict(
            "another command is changing the knowledge base; try again when it is done"
        ) from error


def read_version(db: sqlite3.Connection) -> int:
    return db.execute("SELECT version FROM state").fetchone()[0] if _is_made(db) else 0


def _is_made(db: sqlite3.Connection) -> bool:
    """Say whether the tables are there; the file is a moment older, longer after a crash."""
    sql = "SELECT count(*) FROM sqlite_master WHERE name IN ('state', 'source')"
    return db.execute(sql).fetchone()[0] == 2


def read_sources(db: sqlite3.Connection) -> tuple[Source, ...]:
    """Return the sources by kind, name, assembly and part."""
    if not _is_made(db):
        return ()
    names = ", ".join(_FIELDS)
    rows = db.execute(f"SELECT {names} FROM source ORDER BY kind, name, assembly, part")
    return tuple(map(_source, rows))


def _source(row: tuple) -> Source:
    values = dict(zip(_FIELDS, row, strict=True))
    return Source(
        **values
        | {
            "kind": Kind(values["kind"]),
            "assembly": Assembly(values["assembly"]) if values["assembly"] else None,
            "with_reference": bool(values["with_reference"]),
            "details": json.loads(values["details"]),
        }
    )


def _connect(path: Path) -> sqlite3.Connection:
    make_private(path)
    db = sqlite3.connect(path, timeout=_BUSY_S, isolation_level=None)
    db.execute("PRAGMA synchronous = FULL")
    return db
