"""Alleles and parts in few words."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from beacon_node.model.calls import AlleleCalls
from beacon_node.model.carriers import decode, encode
from beacon_node.store.alleles import read_alleles
from beacon_node.store.parts import PartWriter

SETS = ("het", "hom", "single", "no_call", "haploid")


def stored(*numbers: int, universe: int = 100) -> bytes | None:
    return encode(np.array(sorted(numbers), np.int64), universe)


def allele(
    start: int, ref: str = "A", alt: str = "C", *, reference: int = 22, **told
) -> AlleleCalls:
    """Return an allele; sets are given as tuples of call set numbers."""
    sets = {name: stored(*told.pop(name)) for name in SETS if name in told}
    end = told.pop("end", start + len(ref))
    return AlleleCalls(reference, start, end, ref, alt, **sets, **told)


def carriers(found: AlleleCalls) -> dict[str, list[int]]:
    """Return the sets of an allele that are not empty."""
    return {name: decode(blob).tolist() for name in SETS if (blob := getattr(found, name))}


def part(path: Path, samples: Sequence[str], alleles: Iterable[AlleleCalls]) -> Path:
    with PartWriter(path, samples) as writer:
        writer.write(alleles)
    return path


def alleles_of(path: Path) -> list[AlleleCalls]:
    """Return the alleles of a part or index in the order of their ids."""
    with closing(sqlite3.connect(path)) as db:
        return [found for _, found in read_alleles(db, 0, 1 << 62)]


def rows(path: Path, sql: str) -> list[tuple]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()
