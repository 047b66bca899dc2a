"""Finds genes by any of their names, and by place."""

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from beacon_node.errors import InvalidRequest
from beacon_node.model.calls import Interval, merge_intervals
from beacon_node.model.genome import REFERENCE_NAMES, REFERENCE_NUMBER, Region
from beacon_node.store.knowledge.write_genes import PREVIOUS

Databases = Sequence[sqlite3.Connection]


@dataclass(frozen=True, slots=True)
class NamedGene:
    """A gene as HGNC knows it; ids are empty where it is only in a gene table."""

    symbol: str
    hgnc_id: str = ""
    ensembl_id: str = ""
    previous: tuple[str, ...] = ()


class GeneNames:
    """The names of genes; without a table of them a name stands for itself."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases

    def find(self, name: str) -> NamedGene:
        """Return the gene a symbol, alias, HGNC or Ensembl id means.

        An approved symbol or id wins over a previous symbol, and that over an alias. Raises
        InvalidRequest, naming the genes, if several have the name with equal right.
        """
        key = _key(name)
        for db in self._databases:
            rows = db.execute(
                "SELECT rank, hgnc FROM gene_name WHERE name = ? ORDER BY rank, hgnc", [key]
            ).fetchall()
            best = [hgnc for rank, hgnc in rows if rank == rows[0][0]]
            if len(best) > 1:
                symbols = ", ".join(sorted(self._gene(db, hgnc).symbol for hgnc in best))
                raise InvalidRequest(
                    f"geneId: {name!r} is a name of several genes ({symbols}); ask for one of them"
                )
            if best:
                return self._gene(db, best[0])
        if key.startswith("HGNC:"):
            return NamedGene("", hgnc_id=key)
        return NamedGene("", ensembl_id=key) if key.startswith("ENSG0") else NamedGene(key)

    def approved(self, symbol: str, hgnc_id: str) -> str:
        """Return today's symbol of a gene that a table lists under `symbol`."""
        for db in self._databases:
            if hgnc_id:
                row = db.execute("SELECT symbol FROM gene WHERE hgnc = ?", [hgnc_id]).fetchone()
            else:
                row = db.execute(
                    "SELECT symbol FROM gene_name JOIN gene USING (hgnc)"
                    " WHERE name = ? AND rank <= ? ORDER BY rank",
                    [symbol.upper(), PREVIOUS],
                ).fetchone()
            if row:
                return row[0]
        return symbol

    def _gene(self, db: sqlite3.Connection, hgnc_id: str) -> NamedGene:
        symbol, ensembl_id = db.execute(
            "SELECT symbol, ensembl FROM gene WHERE hgnc = ?", [hgnc_id]
        ).fetchone()
        previous = db.execute(
            "SELECT name FROM gene_name WHERE hgnc = ? AND rank = ?", [hgnc_id, PREVIOUS]
        )
        return NamedGene(symbol, hgnc_id, ensembl_id, tuple(name for (name,) in previous))


def _key(name: str) -> str:
    """Return a name for look-up: upper case, an Ensembl id without its version."""
    key = name.strip().upper()
    if key.startswith("ENSG0"):
        return key.split(".")[0]
    return "HGNC:" + key.rpartition(":")[2] if key.startswith("HGNC:") else key


def regions_of(gene: NamedGene, databases: Databases) -> tuple[Region, ...]:
    """Return where a gene lies by these tables, sorted; overlapping rows become one."""
    found = {row for db in databases for row in _rows(gene, db)}
    merged = merge_intervals([Interval(*row) for row in found])
    return tuple(Region(REFERENCE_NAMES[i.reference - 1], i.start, i.end) for i in merged)


def _rows(gene: NamedGene, db: sqlite3.Connection) -> list[tuple[int, int, int]]:
    """Return a gene's rows by id or else, as tables keep the symbols of their year, by symbol."""
    by_id = db.execute(
        "SELECT reference, start, \"end\" FROM gene WHERE (hgnc = :hgnc AND hgnc <> '')"
        " OR (ensembl = :ensembl AND ensembl <> '' AND (:hgnc = '' OR hgnc = ''))",
        {"hgnc": gene.hgnc_id, "ensembl": gene.ensembl_id},
    ).fetchall()
    if by_id:
        return by_id
    for symbol in (gene.symbol, *gene.previous):
        rows = db.execute(
            'SELECT reference, start, "end" FROM gene WHERE symbol = ? COLLATE NOCASE'
            " AND symbol <> '' AND (? = '' OR hgnc IN ('', ?))",
            [symbol, gene.hgnc_id, gene.hgnc_id],
        ).fetchall()
        if rows:
            return rows
    return []


def genes_at(region: Region, databases: Databases, names: GeneNames) -> tuple[str, ...]:
    """Return the symbols of the genes that overlap a region, by their start.

    A gap counts as the base after it, as it does where variations are searched by region.
    """
    reference = REFERENCE_NUMBER[region.reference_name]
    end = max(region.end, region.start + 1)
    found: dict[str, None] = {}
    for db in databases:
        for symbol, hgnc_id in _overlapping(db, reference, region.start, end):
            found.setdefault(names.approved(symbol, hgnc_id))
    return tuple(found)


def _overlapping(
    db: sqlite3.Connection, reference: int, start: int, end: int
) -> Iterator[tuple[str, str]]:
    sql = (
        "SELECT symbol, hgnc FROM gene_place JOIN gene USING (number)"
        " WHERE reference_min <= :reference AND reference_max >= :reference"
        ' AND gene_place.start < :end AND gene_place."end" > :start'
        " ORDER BY gene.start, symbol"
    )
    yield from db.execute(sql, {"reference": reference, "start": start, "end": end})
