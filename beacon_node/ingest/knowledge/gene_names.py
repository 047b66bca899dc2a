"""Approved gene symbols with aliases and previous symbols, in HGNC's own columns or alike."""

import re
from collections.abc import Iterator

from beacon_node.ingest.knowledge.tables import Table
from beacon_node.model.calls import ReadReport
from beacon_node.model.knowledge import GeneNames
from beacon_node.ports import Progress

COLUMNS = {
    "hgnc_id": ("hgnc_id", "hgnc id"),
    "symbol": ("symbol", "approved symbol", "approved_symbol"),
    "ensembl_id": ("ensembl_gene_id", "ensembl_id", "ensembl gene id", "ensembl id"),
    "previous": ("prev_symbol", "previous_symbols", "previous symbols", "previous symbol"),
    "aliases": ("alias_symbol", "alias_symbols", "alias symbols", "synonyms"),
    "status": ("status",),
}


def open_gene_names(path: str) -> Table:
    return Table(path, COLUMNS, required=("hgnc_id", "symbol"))


def read_gene_names(table: Table, report: ReadReport, progress: Progress) -> Iterator[GeneNames]:
    """Yield the genes of the table; withdrawn entries are left out."""
    for text, row in table.rows(progress):
        report.records += 1
        hgnc_id = hgnc(row["hgnc_id"])
        if not hgnc_id or not row["symbol"]:
            raise text.wrong("an HGNC id and a symbol are needed", field="hgnc_id")
        if row["status"] and row["status"].lower() != "approved":
            report.skip("withdrawn entry")
            continue
        ensembl_id = row["ensembl_id"].split(".")[0].upper()
        previous, aliases = _list(row["previous"]), _list(row["aliases"])
        yield GeneNames(hgnc_id, row["symbol"], ensembl_id, previous, aliases)


def hgnc(text: str) -> str:
    """Return an HGNC id as `HGNC:1100`, empty if there is none.

    >>> hgnc("1100"), hgnc("HGNC:HGNC:1100"), hgnc("NA")
    ('HGNC:1100', 'HGNC:1100', '')
    """
    found = re.fullmatch(r"(?:HGNC:)*(\d+)", text.strip(), re.IGNORECASE)
    return f"HGNC:{found[1]}" if found else ""


def _list(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in re.split(r"[|,]", text) if word.strip())
