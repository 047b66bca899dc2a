"""Pharmacogenomics: PharmCAT's positions (VCF) and named alleles (table), as ClinPGx gives them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.sites import Site, SiteFile
from beacon_node.ingest.knowledge.tables import Table
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import Assembly, find_reference, parse_assembly
from beacon_node.model.knowledge import NamedBase, PgxRecord, StarRecord
from beacon_node.ports import Progress

_IUPAC = {
    **{"R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT", "M": "AC"},
    **{"B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT"},
}
_REPEAT = re.compile(r"([ACGT]+)\((\d+)\)")
_PLACE = {"chrom": ("chrom", "chr", "chromosome"), "position": ("position", "pos")}


def check_positions(file: SiteFile) -> None:
    """Raise InvalidInput unless the VCF names genes as PharmCAT's does."""
    if "PX" not in file.info_ids():
        raise InvalidInput("INFO PX (the gene) is not declared: no PGx positions", file=file.path)


def pgx_records(site: Site) -> Iterator[PgxRecord]:
    """Yield one record per allele; positions of interest that define nothing have no gene."""
    position, ref = site.record.POS, site.record.REF.upper()
    for index, allele in site.alleles:
        alt = site.record.ALT[index].upper()
        yield PgxRecord(allele, site.info("PX"), position, ref, alt, site.rsids)


@dataclass(frozen=True, slots=True)
class NamedAlleles:
    """A table of named alleles; `assembly` comes from a column name such as `position_GRCh38`."""

    path: str
    table: Table
    assembly: Assembly | None


def open_named_alleles(path: str) -> NamedAlleles:
    columns = {
        "gene": ("gene", "gene_symbol"),
        "allele": ("allele", "named_allele", "star_allele"),
        "rsid": ("rsid", "rs_id"),
        "base": ("allele_base_at_position", "base", "allele_base"),
    }
    builds = ("grch38", "grch37")
    for column, names in _PLACE.items():
        columns[column] = (*names, *(f"{name}_{build}" for name in names for build in builds))
    table = Table(path, columns, required=("gene", "allele", "chrom", "position", "base"))
    told = re.search(r"grch3\d", table.names[table.index["position"]])
    return NamedAlleles(path, table, parse_assembly(told[0]) if told else None)


def read_named_alleles(file: NamedAlleles, progress: Progress) -> Iterator[NamedBase]:
    """Yield the rows of the table as written."""
    for text, row in file.table.rows(progress):
        reference = find_reference(row["chrom"])
        if reference is None or not row["position"].isdecimal():
            raise text.wrong(f"{row['chrom']}:{row['position']} is no position")
        position = int(row["position"])
        yield NamedBase(row["gene"], row["allele"], reference[0], position, row["base"])


# ---- named alleles and positions together ------------------------------------------------------

Positions = Mapping[tuple[str, int], list[PgxRecord]]
"""(reference name, 1-based VCF position) → what can be there."""


def star_records(
    rows: Iterable[NamedBase], positions: Positions, report: ReadReport
) -> list[StarRecord]:
    """Return the alleles that define each named allele, those of the gene's `*1` left out.

    What `*1` has too says nothing of another star allele (rs3758581 in CYP2C19). Ambiguous bases
    that allow the reference define nothing.
    """
    rows = list(rows)
    repeats = _reference_repeats(rows, positions)
    found: dict[tuple[str, str], dict[PgxRecord, None]] = {}
    for row in rows:
        report.records += 1
        place = (row.reference_name, row.position)
        there = positions.get(place, [])
        alleles = alleles_of_base(row.base, there, repeats.get(place)) if there else []
        if not alleles:
            report.skip(_reason(there))
        found.setdefault((row.gene, row.allele), {}).update(dict.fromkeys(alleles))
    return [
        StarRecord(record.allele, _star(gene, allele), record.rsids)
        for (gene, allele), records in found.items()
        for record in records
        if allele == "*1" or record not in found.get((gene, "*1"), {})
    ]


def _reason(there: list[PgxRecord]) -> str:
    return "reference or ambiguous base" if there else "position that the positions VCF lacks"


def _star(gene: str, allele: str) -> str:
    return f"{gene}{allele}" if allele.startswith("*") else f"{gene} {allele}"


def alleles_of_base(
    base: str, there: list[PgxRecord], reference_repeats: int | None = None
) -> list[PgxRecord]:
    """Return which alleles of a position a table's cell means.

    A cell is a base, a IUPAC code, `delTCT`, `insTA`, `TA(8)` (a repeat count) or the bases
    themselves; where a position has one alternative, any longer cell means that one.
    """
    if base in _IUPAC:
        is_free = there[0].ref[0] in _IUPAC[base]
        return [] if is_free else [record for record in there if record.alt in _IUPAC[base]]
    if len(base) == 1:
        return [record for record in there if record.alt == base != record.ref]
    growth = _growth(base, reference_repeats)
    if len(there) == 1 and growth != 0:
        return there
    same = [record for record in there if record.alt == base]
    return same or [record for record in there if growth and _grows(record) == growth]


def _grows(record: PgxRecord) -> int:
    return len(record.alt) - len(record.ref)


def _growth(base: str, reference_repeats: int | None) -> int | None:
    """Return by how many bases a cell is longer than the reference, None if it does not say."""
    if base.startswith("del"):
        return 3 - len(base)
    if base.startswith("ins"):
        return len(base) - 3
    repeat = _REPEAT.fullmatch(base)
    if repeat and reference_repeats is not None:
        return len(repeat[1]) * (int(repeat[2]) - reference_repeats)
    return None


def _reference_repeats(rows: list[NamedBase], positions: Positions) -> dict[tuple[str, int], int]:
    """Return how often a repeat stands in the reference: the one count with which every cell of
    its position finds its allele. Where several counts fit, none is returned."""
    told: dict[tuple[str, int], set[tuple[int, int]]] = {}
    for row in rows:
        repeat = _REPEAT.fullmatch(row.base)
        if repeat:
            place = (row.reference_name, row.position)
            told.setdefault(place, set()).add((len(repeat[1]), int(repeat[2])))
    found = {place: _fitting(cells, positions.get(place, [])) for place, cells in told.items()}
    return {place: count for place, count in found.items() if count is not None}


def _fitting(cells: set[tuple[int, int]], there: list[PgxRecord]) -> int | None:
    """Return the reference's repeat count, given (unit length, written count) cells."""
    growths = {_grows(record) for record in there}
    most = max(count for _, count in cells) + max(map(abs, growths), default=0)
    for allowed in (growths, growths | {0}):  # a cell may also spell the reference
        fitting = [
            count
            for count in range(most + 1)
            if all(unit * (written - count) in allowed for unit, written in cells)
        ]
        if fitting:
            return fitting[0] if len(fitting) == 1 else None
    return None
