"""A node with synthetic released datasets of any size, written straight into the index layout.

Loading files of this size would take hours; the layout and the blobs are those that loading makes.
Carrier counts follow a neutral spectrum (∝ 1/count), cut at half of the people.
"""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.model.carriers import encode
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.variation import Allele
from beacon_node.store.database import Catalogue
from beacon_node.store.records import DatasetRecord, ReleaseRecord
from beacon_node.store.schema import FORMAT, PAGE_SIZE, REFERENCE_SHIFT, START_SHIFT, TABLES

_TEMPLATES = 4_096  # distinct carrier sets; alleles take them in turn
_SPACING = 7  # bases between two alleles
TERMS = ("EX:0000001", "EX:0000002", "EX:0000003")


@dataclass(frozen=True, slots=True)
class Cohort:
    """How big: people per dataset, alleles per dataset, number of datasets."""

    people: int
    alleles: int
    datasets: int = 3
    seed: int = 11


@dataclass(frozen=True, slots=True)
class Made:
    """What can be asked of the node: some of its alleles, and the terms its people have."""

    alleles: tuple[Allele, ...]
    terms: tuple[str, ...]


def make_node(home: Path, cohort: Cohort) -> Made:
    """Make a node at `home` whose datasets are open data with the same alleles."""
    init_node(home, NewNode())
    catalogue = Catalogue(home / "data" / "catalogue.sqlite")
    first: Path | None = None
    for number in range(cohort.datasets):
        dataset_id = f"cohort-{number + 1}"
        catalogue.add_dataset(
            DatasetRecord(
                dataset_id, dataset_id, Assembly.GRCH38, is_open_data=True, licence="CC0-1.0"
            )
        )
        folder = catalogue.folder(dataset_id) / "releases"
        folder.mkdir(parents=True)
        index = folder / "1.sqlite"
        if first is None:
            first = index
            _write_index(index, cohort)
        else:
            os.link(first, index)
        sizes = {EntryType.INDIVIDUAL: cohort.people, EntryType.GENOMIC_VARIANT: cohort.alleles}
        release = ReleaseRecord(1, index.name, "2030-01-01T00:00:00Z", "benchmark", (), sizes)
        catalogue.make_current(dataset_id, release)
    catalogue.close()
    step = max(1, cohort.alleles // 1_000)
    return Made(tuple(map(_allele, range(0, cohort.alleles, step))), TERMS)


def _allele(number: int) -> Allele:
    reference, start = _place(number)
    name = next(n for n, i in REFERENCE_NUMBER.items() if i == reference)
    return Allele(name, start, start + 1, "ACGT"[number % 4], "CGTA"[number % 4])


def _place(number: int) -> tuple[int, int]:
    """Return (reference number, start): ten million alleles fit on one chromosome."""
    reference, rank = divmod(number, 10_000_000)
    return reference + 1, 10_000 + rank * _SPACING


def _templates(cohort: Cohort) -> list[tuple[bytes | None, bytes | None, bytes | None]]:
    """Return (het, hom, no_call) blobs with a neutral spectrum of carrier counts."""
    chance = np.random.default_rng(cohort.seed)
    most = max(1, cohort.people // 2)
    counts = np.exp(chance.random(_TEMPLATES) * np.log(most)).astype(int)
    made = []
    for count in counts:
        carriers = np.sort(chance.choice(cohort.people, count, replace=False))
        homozygous = chance.random(count) < count / cohort.people / 2
        missing = np.sort(chance.choice(cohort.people, cohort.people // 1000, replace=False))
        missing = np.setdiff1d(missing, carriers)
        sets = (carriers[~homozygous], carriers[homozygous], missing)
        made.append(tuple(encode(numbers, cohort.people) for numbers in sets))
    return made


def _write_index(path: Path, cohort: Cohort) -> None:
    db = sqlite3.connect(path)
    db.execute(f"PRAGMA page_size = {PAGE_SIZE}")
    db.execute("PRAGMA journal_mode = OFF")
    db.execute("PRAGMA synchronous = OFF")
    db.executescript(TABLES)
    with db:
        db.executemany("INSERT INTO property VALUES (?, ?)", _properties(cohort))
        db.executemany(
            "INSERT INTO allele (id, ref, alt, het, hom, no_call) VALUES (?, ?, ?, ?, ?, ?)",
            _rows(cohort),
        )
        _write_people(db, cohort)
    db.close()


def _properties(cohort: Cohort) -> list[tuple[str, str]]:
    people = str(cohort.people)
    counts = dict.fromkeys(("call_sets", "individuals", "biosamples"), people)
    facts = {"format": str(FORMAT), "assembly": "GRCh38", "release": "1", "dataset": "cohort"}
    flags = {"one_call_set_each": "1", "sites_only": "0", "runs": "0", "analyses": "0"}
    return list((facts | counts | flags).items())


def _rows(cohort: Cohort):
    templates = _templates(cohort)
    for number in range(cohort.alleles):
        reference, start = _place(number)
        key = reference << REFERENCE_SHIFT | start << START_SHIFT
        bases = number % 4
        yield (key, "ACGT"[bases], "CGTA"[bases], *templates[number % _TEMPLATES])


def _write_people(db: sqlite3.Connection, cohort: Cohort) -> None:
    people = range(cohort.people)
    names = [f"P{number:07}" for number in people]
    db.executemany(
        "INSERT INTO call_set (number, name, individual, biosample, assays) VALUES (?, ?, ?, ?, ?)",
        ((n, names[n], n, n, "[0]") for n in people),
    )
    for kind, prefix in (("individual", "I"), ("biosample", "B")):
        db.executemany(
            "INSERT INTO entry (entry_type, number, id, public_id, individual, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            ((kind, n, prefix + names[n], prefix + names[n], n, b"{}") for n in people),
        )
    chance = np.random.default_rng(cohort.seed)
    for term, share in zip(TERMS, (0.6, 0.5, 0.05), strict=True):
        members = encode(np.flatnonzero(chance.random(cohort.people) < share), cohort.people)
        db.execute(
            "INSERT INTO term VALUES ('individual', ?, 'diseases', ?, ?)", (term, "", members)
        )
