"""Small cohorts as plain Python values, and the index files they become."""

import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from beacon_node.errors import NotFound
from beacon_node.model.carriers import encode
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import Granularity
from beacon_node.model.variation import Allele
from beacon_node.ports import Dataset
from beacon_node.store import schema

INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS = LINEAGE
OPEN = DatasetDecision("d", Granularity.RECORD, may_see_cases=True, people=EVERYBODY)
COUNTS = DatasetDecision("d", Granularity.COUNT, people=EVERYBODY)
CLOSED = DatasetDecision("d", None, reason="apply for access")


@dataclass
class Calls:
    """An allele and who was called how, as numbers of call sets."""

    allele: Allele
    het: set[int] = field(default_factory=set)
    hom: set[int] = field(default_factory=set)
    single: set[int] = field(default_factory=set)
    no_call: set[int] = field(default_factory=set)
    haploid: set[int] = field(default_factory=set)
    extent: Mapping | None = None
    ids: list[str] = field(default_factory=list)
    effects: list[Mapping] = field(default_factory=list)
    allele_count: int | None = None
    allele_number: int | None = None

    @property
    def carriers(self) -> set[int]:
        return self.het | self.hom | self.single


@dataclass
class Record:
    """An entry; `parents` maps entry types to numbers."""

    id: str
    parents: dict[EntryType, int] = field(default_factory=dict)
    body: dict = field(default_factory=dict)
    public_id: str = ""


@dataclass
class World:
    """A cohort. `call_sets` holds, per call set, the numbers of the records it belongs to."""

    call_sets: list[dict[EntryType, int]] = field(default_factory=list)
    alleles: list[Calls] = field(default_factory=list)
    entries: dict[EntryType, list[Record]] = field(default_factory=dict)
    terms: list[tuple] = field(default_factory=list)  # entry type, term, field, label, {numbers}
    measures: list[tuple] = field(default_factory=list)  # the columns of `measure`
    regions: list[tuple[int, str, int, int]] = field(default_factory=list)
    assays: dict[int, list[int]] = field(default_factory=dict)  # call set → assays
    properties: dict[str, str] = field(default_factory=dict)

    def shown(self, level: EntryType, number: int) -> str:
        """Return the public id of a record."""
        record = self.entries[level][number]
        return record.public_id or f"public-{record.id}"

    def write(self, path: Path) -> Path:
        """Write the index file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.executescript(schema.TABLES)
            properties = {"format": str(schema.FORMAT), **self.properties}
            db.executemany("INSERT INTO property VALUES (?, ?)", properties.items())
            self._write_alleles(db)
            self._write_records(db)
            rows = ((a, REFERENCE_NUMBER[name], *span) for a, name, *span in self.regions)
            db.executemany("INSERT INTO assay_region VALUES (?, ?, ?, ?)", rows)
            db.commit()
        return path

    def _write_alleles(self, db: sqlite3.Connection) -> None:
        ordinals: dict[int, int] = {}
        by_place = sorted(self.alleles, key=lambda c: (_reference(c), c.allele.start))
        for calls in by_place:
            place = _reference(calls) << schema.REFERENCE_SHIFT
            place |= calls.allele.start << schema.START_SHIFT
            id = place + ordinals.setdefault(place, 0)
            ordinals[place] += 1
            self._write_allele(db, id, calls)

    def _write_allele(self, db: sqlite3.Connection, id: int, calls: Calls) -> None:
        allele, haploid = calls.allele, None
        sets = [self._stored(s) for s in (calls.het, calls.hom, calls.single, calls.no_call)]
        if calls.haploid:
            row = (self._stored(calls.haploid),)
            haploid = db.execute("INSERT INTO haploid (call_sets) VALUES (?)", row).lastrowid
        end = None if allele.end == allele.start + len(allele.ref) else allele.end
        counts = (calls.allele_count, calls.allele_number)
        row = (id, allele.ref, allele.alt, end, *sets, haploid, *counts)
        db.execute(f"INSERT INTO allele VALUES ({', '.join('?' * len(row))})", row)
        if calls.ids or calls.effects or calls.extent:
            notes = (calls.ids or None, calls.effects or None, calls.extent)
            stored = [None if note is None else json.dumps(note) for note in notes]
            db.execute("INSERT INTO annotation VALUES (?, ?, ?, ?)", (id, *stored))
        if allele.end - allele.start > schema.LONG_ALLELE:
            row = (id, *[_reference(calls)] * 2, allele.start, allele.end)
            db.execute("INSERT INTO long_allele VALUES (?, ?, ?, ?, ?)", row)

    def _stored(self, numbers: set[int]) -> bytes | None:
        return encode(np.array(sorted(numbers), np.int64), len(self.call_sets))

    def _write_records(self, db: sqlite3.Connection) -> None:
        for number, known in enumerate(self.call_sets):
            assays = json.dumps(self.assays[number]) if number in self.assays else None
            row = (number, f"S{number}", *(known.get(level) for level in LINEAGE), assays)
            db.execute("INSERT INTO call_set VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        for entry_type, records in self.entries.items():
            for number, record in enumerate(records):
                shown = self.shown(entry_type, number)
                parents = (record.parents.get(level) for level in LINEAGE[:3])
                body = json.dumps({"id": record.id, **record.body})
                row = (entry_type.value, number, record.id, shown, *parents, body)
                db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        for entry_type, term, path, label, members in self.terms:
            stored = encode(np.array(sorted(members)), len(self.entries[entry_type]))
            row = (entry_type.value, term, path, label, stored)
            db.execute("INSERT INTO term VALUES (?, ?, ?, ?, ?)", row)
        rows = ((entry_type.value, *rest) for entry_type, *rest in self.measures)
        db.executemany("INSERT INTO measure VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)


def _reference(calls: Calls) -> int:
    return REFERENCE_NUMBER[calls.allele.reference_name]


def one_each(people: int, **rest) -> World:
    """Return a world of `people` individuals with one biosample and one call set each."""
    return World(
        call_sets=[{INDIVIDUAL: n, BIOSAMPLE: n} for n in range(people)],
        entries={
            INDIVIDUAL: [Record(f"I{n}") for n in range(people)],
            BIOSAMPLE: [Record(f"B{n}", {INDIVIDUAL: n}) for n in range(people)],
        },
        properties={"one_call_set_each": "1", "sites_only": "0"},
        **rest,
    )


class Shelf:
    """A catalogue of index files in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.version = 1
        self.released: dict[str, Dataset] = {}

    def release(self, world: World, id: str = "d", **facts) -> Dataset:
        """Write a world as a dataset's next release and let it answer."""
        number = self.released[id].release + 1 if id in self.released else 1
        facts = {"name": id, "assembly": Assembly.GRCH38, "is_open_data": True, **facts}
        dataset = Dataset(id=id, release=number, released_at=f"day {self.version}", **facts)
        world.write(self._path(id, number))
        self.released[id] = dataset
        self.version += 1
        return dataset

    def remove(self, id: str) -> None:
        del self.released[id]
        self.version += 1

    def _path(self, id: str, number: int) -> Path:
        return self.folder / id / f"{number}.sqlite"

    def released_datasets(self) -> tuple[Dataset, ...]:
        return tuple(self.released[id] for id in sorted(self.released))

    def index_path(self, dataset_id: str) -> Path:
        if dataset_id not in self.released:
            raise NotFound(f"dataset {dataset_id!r} has no release yet")
        return self._path(dataset_id, self.released[dataset_id].release)

    def data_version(self) -> int:
        return self.version
