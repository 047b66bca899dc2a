"""Writes a source's file beside the others: complete, sorted and on disk before it is named."""

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from uuid import uuid4

from beacon_node.model.knowledge import Kind
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import make_private
from beacon_node.store.knowledge import layout, write_alleles, write_genes, write_terms
from beacon_node.store.knowledge.changes import Changes

_CACHE_KIB = 32_768
_BATCH = 5_000  # records per transaction step; bounds memory

Writer = Callable[[sqlite3.Connection, list], int]
"""Writes a batch of records and returns how many repeat what was there."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a file's records: kept, or left out because an earlier one says as much.

    `changes` only for a ClinVar that replaces an older one.
    """

    rows: int
    duplicates: int = 0
    changes: Changes | None = None


@contextmanager
def new_file(folder: Path, kind: Kind) -> Iterator[Path]:
    """Give the path of a new source file; whatever stands there is deleted if the block fails."""
    path = folder / f"{kind.value}-{uuid4().hex}.source"
    is_done = False
    try:
        yield path
        is_done = True
    finally:
        _drop(path.with_name(path.name + ".staging"))
        if not is_done:
            _drop(path)


def _drop(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def build(path: Path, kind: Kind, records: Iterable) -> Added:
    """Write all records into the file; it is on disk when this returns. Memory stays flat."""
    with told_plainly(path.parent):
        db = open_new(path)
    try:
        with told_plainly(path.parent):
            db.executescript(layout.tables(kind))
            _stage(db, path, kind)
            db.execute("BEGIN")
        added = _write_all(db, kind, records, path.parent)
        with told_plainly(path.parent):
            _finish(db, kind)
            db.commit()
    finally:
        db.close()
    with told_plainly(path.parent):
        flush(path)
    return added


def open_new(path: Path) -> sqlite3.Connection:
    """Return a connection to a new file, tuned to be written once."""
    make_private(path)
    db = sqlite3.connect(path, isolation_level=None)
    db.execute(f"PRAGMA page_size = {layout.PAGE_SIZE}")
    db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
    db.execute("PRAGMA journal_mode = OFF")  # a failed file is deleted, never repaired
    db.execute("PRAGMA synchronous = OFF")  # it is flushed once, at the end
    return db


def _stage(db: sqlite3.Connection, path: Path, kind: Kind) -> None:
    """Make room for what can only be sorted at the end, beside the file and not in it."""
    if kind not in layout.COLUMNS:
        return
    db.execute("ATTACH ? AS staging", [str(path) + ".staging"])
    db.execute("PRAGMA staging.journal_mode = OFF")
    db.execute("PRAGMA staging.synchronous = OFF")
    db.executescript(write_alleles.STAGING)


def _write_all(db: sqlite3.Connection, kind: Kind, records: Iterable, folder: Path) -> Added:
    write = _writer(kind)
    rows = duplicates = 0
    waiting = iter(records)
    while batch := list(islice(waiting, _BATCH)):  # errors of the file stay InvalidInput
        with told_plainly(folder):
            duplicates += write(db, batch)
        rows += len(batch)
    return Added(max(0, rows - duplicates), duplicates)


def _writer(kind: Kind) -> Writer:
    fixed: dict[Kind, Writer] = {
        Kind.GENES: write_genes.write_genes,
        Kind.GENE_NAMES: write_genes.write_gene_names,
        Kind.ONTOLOGY: write_terms.write_terms,
    }
    return fixed.get(kind) or write_alleles.AlleleWriter(kind)


def _finish(db: sqlite3.Connection, kind: Kind) -> None:
    if kind is Kind.GENES:
        write_genes.index_genes(db)
    elif kind in layout.COLUMNS:
        write_alleles.sort_names(db, kind)


def flush(path: Path) -> None:
    """Wait until a file and its name are on disk."""
    for place in (path, path.parent):
        descriptor = os.open(place, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
