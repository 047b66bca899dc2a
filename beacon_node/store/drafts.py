"""Clinical records of a dataset before they are released: one file of documents per loaded file."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from beacon_node.errors import InvalidInput
from beacon_node.model.entries import Document, EntryType
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private, seal, temporary_name

_TABLE = """
CREATE TABLE document (
    number INTEGER PRIMARY KEY,     -- the order they came in
    entry_type TEXT NOT NULL,
    id TEXT NOT NULL,
    parent_type TEXT,
    parent_id TEXT NOT NULL,
    body BLOB NOT NULL,             -- JSON
    UNIQUE (entry_type, id)
)
"""
_INSERT = (
    "INSERT INTO document (entry_type, id, parent_type, parent_id, body) VALUES (?, ?, ?, ?, ?)"
)


def write_draft(path: Path, documents: Iterable[Document], source: str) -> dict[EntryType, int]:
    """Write the documents of one file; returns how many of each type.

    Raises InvalidInput if two of one type have the same id, and leaves no file behind then.
    """
    temporary, counts = temporary_name(path), {}
    try:
        with told_plainly(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary.unlink(missing_ok=True)
            db = _new(temporary)
        with closing(db):
            for document in documents:  # what goes wrong in reading is not the store's
                with told_plainly(path):
                    _insert(db, document, source)
                counts[document.entry_type] = counts.get(document.entry_type, 0) + 1
            with told_plainly(path):
                db.execute("COMMIT")
        with told_plainly(path):
            seal(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return counts


def documents_of(path: Path) -> Iterator[Document]:
    """Yield the documents of a draft in the order they came in."""
    sql = "SELECT entry_type, id, body, parent_id, parent_type FROM document ORDER BY number"
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with told_plainly(path), closing(sqlite3.connect(uri, uri=True)) as db:
        for kind, id, body, parent_id, parent_kind in db.execute(sql):
            parent_type = EntryType(parent_kind) if parent_kind else None
            yield Document(EntryType(kind), id, orjson.loads(body), parent_id, parent_type)


def _new(path: Path) -> sqlite3.Connection:
    make_private(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.execute(_TABLE)
    db.execute("BEGIN")
    return db


def _insert(db: sqlite3.Connection, document: Document, source: str) -> None:
    parent_type = document.parent_type.value if document.parent_type else None
    body = orjson.dumps(document.body)
    row = (document.entry_type.value, document.id, parent_type, document.parent_id, body)
    try:
        db.execute(_INSERT, row)
    except sqlite3.IntegrityError as error:
        what = document.entry_type.value
        raise InvalidInput(f"two records of type {what} have the same id", file=source) from error


@dataclass(frozen=True, slots=True)
class Entry:
    """A document's place among the others; `key` finds its body."""

    key: int
    entry_type: EntryType
    id: str
    parent_type: EntryType | None
    parent_id: str


class Drafts:
    """All documents of a draft: those of a later file replace those of an earlier one."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def entries(self, entry_type: EntryType) -> Iterator[Entry]:
        """Yield what is known of each record but its body, in the order they first came."""
        rows = self._db.execute(
            "SELECT number, id, parent_type, parent_id FROM document WHERE entry_type = ? "
            "ORDER BY number",
            [entry_type.value],
        )
        for key, id, parent_type, parent_id in rows:
            parent = EntryType(parent_type) if parent_type else None
            yield Entry(key, entry_type, id, parent, parent_id)

    def body(self, key: int) -> dict:
        row = self._db.execute("SELECT body FROM document WHERE number = ?", [key]).fetchone()
        return orjson.loads(row[0])

    def bodies(self, entry_type: EntryType) -> tuple[dict, ...]:
        return tuple(self.body(entry.key) for entry in self.entries(entry_type))


@contextmanager
def gathered(paths: Sequence[Path], temporary: Path) -> Iterator[Drafts]:
    """Open the drafts at `paths`, later ones over earlier ones, by way of the file `temporary`."""
    with told_plainly(temporary):
        temporary.unlink(missing_ok=True)
        try:
            with closing(_new(temporary)) as db:
                for path in paths:
                    _take_over(db, path)
                yield Drafts(db)
        finally:
            temporary.unlink(missing_ok=True)


def _take_over(db: sqlite3.Connection, path: Path) -> None:
    db.execute("COMMIT")
    db.execute("ATTACH ? AS one", [str(path)])
    db.execute("BEGIN")
    db.execute(
        "INSERT INTO document (entry_type, id, parent_type, parent_id, body) "
        "SELECT entry_type, id, parent_type, parent_id, body FROM one.document WHERE true "
        "ORDER BY number "
        "ON CONFLICT DO UPDATE SET parent_type = excluded.parent_type, "
        "parent_id = excluded.parent_id, body = excluded.body"
    )
    db.execute("COMMIT")
    db.execute("DETACH one")
    db.execute("BEGIN")
