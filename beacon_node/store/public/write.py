"""Writes a table of public answers: all of it or nothing, and then safe on disk."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import numpy as np

from beacon_node.model.calls import Interval
from beacon_node.model.carriers import decode, encode
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import seal, temporary_name
from beacon_node.store.knowledge.build import open_new
from beacon_node.store.panels.layout import key_of
from beacon_node.store.public.records import (
    FORMAT,
    NOBODY_OPENED,
    TABLES,
    AssayedPeople,
    Batch,
    Opened,
    TableFacts,
)
from beacon_node.store.schema import LONG_ALLELE

Answer = tuple[int, str, str, int, bytes]
"""(place, ref, alt, batch, counted), as `records.TABLES` says."""

_SORTED = "INSERT INTO answer SELECT * FROM unsorted ORDER BY place, ref, alt, batch"


def write_table(
    path: Path,
    facts: TableFacts,
    batches: Sequence[Batch],
    answers: Iterable[Answer],
    opened: Opened = NOBODY_OPENED,
) -> None:
    """Write a table. Whoever left a batch is taken out of its answers, and all answers of a batch
    that no one is in. Raises StoreUnavailable when the disk is full."""
    temporary = temporary_name(path)
    with told_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        try:
            with closing(open_new(temporary)) as db:
                db.executescript(f"{TABLES} BEGIN;")
                _write(db, facts, batches, answers)
                _write_opened(db, opened)
                db.commit()
            seal(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def _write(
    db: sqlite3.Connection, facts: TableFacts, batches: Sequence[Batch], answers: Iterable[Answer]
) -> None:
    told = asdict(facts) | {"format": FORMAT}
    del told["assay"]
    rows = [(name, json.dumps(value)) for name, value in told.items()]
    db.executemany("INSERT INTO property VALUES (?, ?)", rows)
    _write_regions(db, 0, 0, facts.assay)
    for batch in batches:
        _write_batch(db, batch)
    # Sorted on disk: they come in the order of the walk.
    db.execute("CREATE TEMP TABLE unsorted (place, ref, alt, batch, counted)")
    left = {batch.number: _present(batch) for batch in batches}
    db.executemany("INSERT INTO unsorted VALUES (?, ?, ?, ?, ?)", _without(answers, left))
    db.execute(_SORTED)
    db.execute("DROP TABLE unsorted")


def _write_opened(db: sqlite3.Connection, opened: Opened) -> None:
    openers = ((n, one.id, one.individual) for n, one in enumerate(opened.openers))
    db.executemany("INSERT INTO opener VALUES (?, ?, ?)", openers)
    choices = ((n, one.kind.value, one.name) for n, one in enumerate(opened.choices))
    db.executemany("INSERT INTO choice VALUES (?, ?, ?)", choices)
    rows = (
        (*key_of(allele), allele.end, choice, carriers, allele.end - allele.start > LONG_ALLELE)
        for allele, choice, carriers in opened.rows
    )
    # An allele in two regions of one gene comes twice, with the same carriers.
    db.executemany("INSERT OR IGNORE INTO opened VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _write_batch(db: sqlite3.Connection, batch: Batch) -> None:
    number = batch.number
    sequences = json.dumps(sorted(batch.sequences))
    row = (number, batch.people, batch.dearest, batch.answerable, sequences)
    db.execute("INSERT INTO batch VALUES (?, ?, ?, ?, ?)", row)
    members = (
        (number, place, one.id, one.spent, int(one.covers), one.individual)
        for place, one in enumerate(batch.members)
    )
    db.executemany("INSERT INTO member VALUES (?, ?, ?, ?, ?, ?)", members)
    limits = ((number, copies, limit) for copies, limit in batch.least_limits.items())
    db.executemany("INSERT INTO threshold VALUES (?, ?, ?)", limits)
    for part, one in enumerate(batch.assayed):
        _write_assayed(db, number, part, one)


def _write_assayed(db: sqlite3.Connection, batch: int, part: int, one: AssayedPeople) -> None:
    row = (batch, part, one.women, one.men, one.unknown)
    db.execute("INSERT INTO assayed VALUES (?, ?, ?, ?, ?)", row)
    _write_regions(db, batch, part, one.regions)


def _write_regions(
    db: sqlite3.Connection, batch: int, part: int, regions: Iterable[Interval]
) -> None:
    rows = ((batch, part, one.reference, one.start, one.end) for one in regions)
    db.executemany("INSERT INTO region VALUES (?, ?, ?, ?, ?)", rows)


def _present(batch: Batch) -> np.ndarray:
    """Return for each member whether she is still in the batch."""
    return np.array([one.individual is not None for one in batch.members], bool)


def _without(answers: Iterable[Answer], present: Mapping[int, np.ndarray]) -> Iterator[Answer]:
    for place, ref, alt, batch, counted in answers:
        is_here = present[batch]
        if not is_here.all():
            numbers = decode(counted)
            counted = encode(numbers[is_here[numbers]], len(is_here))
        if counted:
            yield place, ref, alt, batch, counted
