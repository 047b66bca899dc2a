"""Writes gene tables and gene names."""

import sqlite3
from collections.abc import Iterator, Sequence

from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.model.knowledge import GeneNames, GeneRecord

APPROVED, PREVIOUS, ALIAS = 0, 1, 2


def write_genes(db: sqlite3.Connection, genes: Sequence[GeneRecord]) -> int:
    rows = [
        (g.symbol, g.hgnc_id, g.ensembl_id, REFERENCE_NUMBER[g.reference_name], g.start, g.end)
        for g in genes
    ]
    db.executemany("INSERT INTO gene VALUES (NULL, ?, ?, ?, ?, ?, ?)", rows)
    return 0


def index_genes(db: sqlite3.Connection) -> None:
    """Make genes findable by name and by place."""
    for column in ("symbol COLLATE NOCASE", "hgnc", "ensembl"):
        db.execute(f"CREATE INDEX gene_{column.split()[0]} ON gene ({column})")
    db.execute(
        "INSERT INTO gene_place"
        ' SELECT number, reference, reference, start, "end" FROM gene ORDER BY reference, start'
    )


def write_gene_names(db: sqlite3.Connection, genes: Sequence[GeneNames]) -> int:
    kept = db.executemany(
        "INSERT OR IGNORE INTO gene VALUES (?, ?, ?)",
        [(gene.hgnc_id, gene.symbol, gene.ensembl_id) for gene in genes],
    ).rowcount
    rows = [row for gene in genes for row in _names(gene)]
    db.executemany("INSERT OR IGNORE INTO gene_name VALUES (?, ?, ?)", rows)
    return len(genes) - kept


def _names(gene: GeneNames) -> Iterator[tuple[str, int, str]]:
    for name in (gene.symbol, gene.hgnc_id, gene.ensembl_id):
        if name:
            yield name.upper(), APPROVED, gene.hgnc_id
    for rank, names in ((PREVIOUS, gene.previous), (ALIAS, gene.aliases)):
        for name in names:
            yield name.upper(), rank, gene.hgnc_id
