"""Tables of panel files: what one file of a panel says, and what a set of panels says together.

Both are written once and never changed. `place` is the id of the first allele that starts there, as
in the variation index; alleles are in normal form, so that their bases tell where they end.
"""

import sqlite3
from pathlib import Path

from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.model.variation import Allele
from beacon_node.store.alleles import place_of

FORMAT = 1
_MMAP_BYTES = 1 << 40  # more than any file: pages come from the system's cache

PANEL = """
CREATE TABLE allele (
    place INTEGER, ref TEXT, alt TEXT, count INTEGER, number INTEGER, lower_limit REAL,
    PRIMARY KEY (place, ref, alt)
) WITHOUT ROWID;
"""
# Only alleles above the floor in every panel; `walk` has them all, so that it is read alone.
PANEL_SET = """
CREATE TABLE member (panel INTEGER, path TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE allele (
    place INTEGER, ref TEXT, alt TEXT, lower_limit REAL, PRIMARY KEY (place, ref, alt)
) WITHOUT ROWID;
"""
WALK_INDEX = "CREATE INDEX walk ON allele (lower_limit DESC, place, ref, alt)"

Key = tuple[int, str, str]


def key_of(allele: Allele) -> Key:
    """Return (place, ref, alt) of an allele."""
    number = REFERENCE_NUMBER[allele.reference_name]
    return place_of(number, allele.start), allele.ref, allele.alt


def open_file(path: Path) -> sqlite3.Connection:
    """Return a connection to a finished file; sqlite3.OperationalError if it is gone."""
    db = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    db.execute(f"PRAGMA mmap_size = {_MMAP_BYTES}")
    return db
