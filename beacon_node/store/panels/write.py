"""Writes what a panel's file says, with the lower limit of each frequency."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from beacon_node.model.lower_limits import lower_limits
from beacon_node.model.panels import FLOOR, LEAST_NUMBER, PanelSite
from beacon_node.storage.failures import told_plainly
from beacon_node.store.knowledge.build import flush, open_new
from beacon_node.store.panels.layout import PANEL, key_of

_BATCH = 20_000  # alleles; bounds memory

# Of two records of one allele, that with the lower limit counts: nobody is protected too little.
_INSERT = """
INSERT INTO allele VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET count = excluded.count, number = excluded.number, lower_limit = excluded.lower_limit
WHERE excluded.lower_limit < lower_limit
"""
_SUMMARY = """
SELECT count(*), coalesce(sum(number < ?), 0), coalesce(sum(lower_limit > ?), 0) FROM allele
"""


def write_panel(path: Path, sites: Iterable[PanelSite]) -> tuple[int, Mapping[str, int]]:
    """Write a panel's file; it is on disk when this returns. Memory stays flat.

    Returns the number of alleles, and of these the `thin` ones, those `above_floor`, and how many
    records were `repeated`. Raises what `sites` raises, StoreUnavailable for a full disk.
    """
    with told_plainly(path.parent):
        db = open_new(path)
    try:
        with told_plainly(path.parent):
            db.executescript(f"{PANEL} BEGIN;")
        read = _write_all(db, sites, path.parent)
        with told_plainly(path.parent):
            rows, thin, above = db.execute(_SUMMARY, [LEAST_NUMBER, FLOOR]).fetchone()
            db.commit()
    finally:
        db.close()
    with told_plainly(path.parent):
        flush(path)
    return rows, {"thin": thin, "above_floor": above, "repeated": read - rows}


def _write_all(db: sqlite3.Connection, sites: Iterable[PanelSite], folder: Path) -> int:
    read, waiting = 0, iter(sites)
    while batch := list(islice(waiting, _BATCH)):  # errors of the file stay InvalidInput
        with told_plainly(folder):
            db.executemany(_INSERT, _rows(batch))
        read += len(batch)
    return read


def _rows(batch: Sequence[PanelSite]) -> Iterator[tuple]:
    counts = [site.count for site in batch]
    numbers = [site.number for site in batch]
    limits = lower_limits(np.array(counts), np.array(numbers)).tolist()
    for site, count, number, limit in zip(batch, counts, numbers, limits, strict=True):
        yield *key_of(site.allele), count, number, limit
