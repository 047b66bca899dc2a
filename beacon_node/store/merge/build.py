"""All parts of a draft become one index file, finished before it gets its name."""

import sqlite3
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from beacon_node.errors import Conflict
from beacon_node.model.entries import LINEAGE, EntryType, pseudonym
from beacon_node.ports import NO_PROGRESS, Progress
from beacon_node.storage.failures import told_plainly
from beacon_node.storage.files import seal, temporary_name
from beacon_node.store.alleles import new_file
from beacon_node.store.drafts import Drafts, gathered
from beacon_node.store.merge.alleles import Merge, Piece
from beacon_node.store.merge.assays import Assayed, write_assays
from beacon_node.store.merge.entries import EntryWriter, sizes
from beacon_node.store.merge.lineage import INDIVIDUAL, Lineage, trace
from beacon_node.store.records import DatasetRecord


@dataclass(frozen=True, slots=True)
class GenotypePart:
    """A part with alleles; `sample_table` maps names of its samples to ids of records."""

    path: Path
    sample_table: Mapping[str, str]
    alleles: int
    references: tuple[int, ...]
    assay_digest: str = ""
    is_sites_only: bool = False
    source: str = ""  # name of the loaded file, for messages


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """What a release is made of. Parts and drafts stand in the order they were loaded; `left_out`
    are the individuals that are not taken into it, by the hospital's own ids."""

    dataset: DatasetRecord
    number: int
    parts: Sequence[GenotypePart]
    drafts: Sequence[Path]
    left_out: Container[str]
    pseudonym_key: bytes
    progress: Progress = NO_PROGRESS

    @property
    def is_sites_only(self) -> bool:
        return any(part.is_sites_only for part in self.parts)


@dataclass(frozen=True, slots=True)
class Built:
    """What an index holds. `people` are the hospital's own ids; they never leave the node."""

    sizes: Mapping[EntryType, int]
    has_individuals: bool
    document: dict | None
    cohorts: tuple[dict, ...]
    inferred_sequences: tuple[str, ...]
    unattached: int
    samples: int  # call sets
    unmatched: int  # … of whose records no file describes any
    has_described_people: bool


def build_index(path: Path, plan: Plan) -> Built:
    """Write the index of a release to `path`: all of it or nothing, and then safe on disk.

    Memory does not grow with the number of alleles. Raises Conflict if a sample's name stands for
    two records, StoreUnavailable when the disk is full.
    """
    temporary = temporary_name(path)
    with told_plainly(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        try:
            with (
                gathered(plan.drafts, temporary.with_name(f"{temporary.name}-drafts")) as drafts,
                closing(new_file(temporary)) as db,
            ):
                built = _fill(db, plan, drafts, temporary)
            seal(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    return built


def _fill(db: sqlite3.Connection, plan: Plan, drafts: Drafts, temporary: Path) -> Built:
    names = [_sample_names(part.path) for part in plan.parts]
    _check_names(plan.parts, names)
    lineage = _trace(plan, drafts, names, plan.left_out)
    numbers = _numbers(names, lineage)
    _write_alleles(db, plan, numbers, len(lineage.call_sets), temporary)
    EntryWriter(db, lineage, _public_ids(plan), drafts.body).write()
    inferred = _write_regions(db, plan, numbers)
    _write_properties(db, plan, lineage)
    documents = drafts.bodies(EntryType.DATASET)
    return Built(
        sizes=sizes(lineage) | {EntryType.GENOMIC_VARIANT: _count(db)},
        has_individuals=bool(lineage.entries[INDIVIDUAL]),
        document=documents[0] if documents else None,
        cohorts=drafts.bodies(EntryType.COHORT),
        inferred_sequences=inferred,
        unattached=lineage.unattached,
        samples=len(lineage.call_sets),
        unmatched=lineage.unmatched,
        has_described_people=lineage.has_described_people,
    )


def lineage_of(plan: Plan, scratch: Path) -> Lineage:
    """Return who is who in a draft, nobody left out.

    `scratch` names a temporary file that several drafts need. Raises Conflict if a sample's name
    stands for two records.
    """
    names = [_sample_names(part.path) for part in plan.parts]
    _check_names(plan.parts, names)
    with gathered(plan.drafts, scratch) as drafts:
        return _trace(plan, drafts, names, frozenset())


def _trace(
    plan: Plan, drafts: Drafts, names: Sequence[Sequence[str]], left_out: Container[str]
) -> Lineage:
    return trace(
        chain.from_iterable(drafts.entries(entry_type) for entry_type in LINEAGE),
        list(_samples(plan.parts, names)),
        left_out,
        drafts.body,
    )


def _check_names(parts: Sequence[GenotypePart], names: Sequence[Sequence[str]]) -> None:
    """Refuse a name that stands for one record in a file and for another in another file."""
    found: dict[str, tuple[str, str]] = {}
    for part, of_part in zip(parts, names, strict=True):
        for name in of_part:
            target = part.sample_table.get(name, name)
            known, source = found.setdefault(name, (target, part.source))
            if known != target:
                raise Conflict(
                    f"sample {name!r} of {source} and sample {name!r} of {part.source} belong to"
                    " different individuals or biosamples: rename it in one of the files, or load"
                    " them with sample tables that agree"
                )


def _sample_names(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as db:
        return [name for (name,) in db.execute("SELECT name FROM call_set ORDER BY number")]


def _samples(
    parts: Sequence[GenotypePart], names: Sequence[Sequence[str]]
) -> Iterator[tuple[str, str]]:
    for part, of_part in zip(parts, names, strict=True):
        for name in of_part:
            yield name, part.sample_table.get(name, name)


def _numbers(names: Sequence[Sequence[str]], lineage: Lineage) -> list[np.ndarray]:
    """Return for each part the number of each of its call sets in the release, -1: left out."""
    number = {name: number for number, name in enumerate(lineage.call_sets)}
    return [np.array([number.get(name, -1) for name in of_part], np.int64) for of_part in names]


def _write_alleles(
    db: sqlite3.Connection,
    plan: Plan,
    numbers: Sequence[np.ndarray],
    universe: int,
    temporary: Path,
) -> None:
    pairs = zip(plan.parts, numbers, strict=True)
    pieces = [Piece(part.path, of_part) for part, of_part in pairs]
    label = f"release {plan.number}"
    plan.progress.start(label, sum(part.alleles for part in plan.parts), "alleles")
    merge = Merge(universe, plan.is_sites_only, plan.progress)
    merge.write(db, pieces, temporary.with_name(f"{temporary.name}-merge"))
    plan.progress.finish()


def _public_ids(plan: Plan):
    """Return what gives a record its public id."""
    if plan.dataset.keeps_ids:
        return lambda entry_type, id: id
    return lambda entry_type, id: pseudonym(plan.pseudonym_key, plan.dataset.id, entry_type, id)


def _write_regions(
    db: sqlite3.Connection, plan: Plan, numbers: Sequence[np.ndarray]
) -> tuple[str, ...]:
    parts = [
        Assayed(
            part.path,
            tuple(of_part[of_part >= 0].tolist()),
            part.references,
            part.assay_digest,
        )
        for part, of_part in zip(plan.parts, numbers, strict=True)
        # What a file of which nobody is in the release covers would tell of those left out.
        if part.is_sites_only or (of_part >= 0).any()
    ]
    return write_assays(db, parts, plan.dataset.assay, plan.dataset.assembly)


def _write_properties(db: sqlite3.Connection, plan: Plan, lineage: Lineage) -> None:
    counts = {f"{t.path}": size for t, size in sizes(lineage).items()}
    values = {
        "dataset": plan.dataset.id,
        "assembly": plan.dataset.assembly.value,
        "release": plan.number,
        "call_sets": len(lineage.call_sets),
        **counts,
        "one_call_set_each": int(lineage.has_one_call_set_each),
        "sites_only": int(plan.is_sites_only),
    }
    rows = [(name, str(value)) for name, value in values.items()]
    db.executemany("INSERT INTO property VALUES (?, ?)", rows)


def _count(db: sqlite3.Connection) -> int:
    return db.execute("SELECT count(*) FROM allele").fetchone()[0]
