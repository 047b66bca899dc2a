"""Genotype columns of one record, whatever they hold: any ploidy, any number of alleles.

Slower than `genotypes`, and the place where what is wrong with a row gets its sentence.
"""

import re

import numpy as np

from beacon_node.errors import InvalidInput
from beacon_node.ingest.vcf.copies import MISSING, PADDING, Calls, calls_of, nobody_called

_GENOTYPE = re.compile(rb"[/|]?(?:\.|\d{1,5})(?:[/|](?:\.|\d{1,5}))*")


def read_rare(format_: bytes, cells: bytes, alts: int, samples: int) -> Calls:
    """Return the carrier sets of one record. Raises InvalidInput."""
    columns = cells.split(b"\t")
    if len(columns) != samples:
        raise InvalidInput(
            f"the record has {len(columns)} sample columns, the header {samples}", field="samples"
        )
    keys = format_.split(b":")
    if b"GT" not in keys:
        return nobody_called(alts, samples)
    place = keys.index(b"GT")
    written = [column.split(b":", place + 1)[place : place + 1] for column in columns]
    genotypes = [genotype[0] if genotype else b"." for genotype in written]
    distinct = {genotype: number for number, genotype in enumerate(dict.fromkeys(genotypes))}
    table = _table([_copies(genotype) for genotype in distinct])
    chosen = np.fromiter(map(distinct.__getitem__, genotypes), np.intp, samples)
    return calls_of(table[chosen], alts)


def _copies(genotype: bytes) -> list[int]:
    if not _GENOTYPE.fullmatch(genotype):
        raise InvalidInput("a genotype is not written as VCF writes it, such as 0/1", field="GT")
    parts = re.split(rb"[/|]", genotype.lstrip(b"/|"))
    return [MISSING if part == b"." else int(part) for part in parts]


def _table(genotypes: list[list[int]]) -> np.ndarray:
    """Return one row of copies per distinct genotype."""
    table = np.full((len(genotypes), max(map(len, genotypes))), PADDING, np.int32)
    for row, copies in zip(table, genotypes, strict=True):
        row[: len(copies)] = copies
    return table
