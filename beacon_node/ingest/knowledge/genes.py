"""Where genes lie: GFF3, GTF or a table with a head line. All of them count bases from 1."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from beacon_node.errors import InvalidInput
from beacon_node.ingest.knowledge.gene_names import hgnc
from beacon_node.ingest.knowledge.tables import Table
from beacon_node.ingest.knowledge.text import TextFile, first_lines
from beacon_node.model.calls import ReadReport
from beacon_node.model.genome import SEQUENCES, Assembly, find_reference
from beacon_node.model.knowledge import GeneRecord
from beacon_node.ports import Progress

COLUMNS = {
    "symbol": ("symbol", "gene_symbol", "gene_name", "hgnc_symbol", "external_gene_name", "gene"),
    "hgnc_id": ("hgnc_id", "hgnc id", "hgnc"),
    "ensembl_id": ("ensembl_id", "ensembl_gene_id", "ensgene", "gene_id", "gene stable id"),
    "chrom": ("chrom", "chr", "chromosome", "chromosome_name", "seqname", "seqid"),
    "start": ("start", "start_position", "gene_start", "gene start (bp)"),
    "end": ("end", "end_position", "gene_end", "gene end (bp)"),
}
_GTF_PAIR = re.compile(r'(\w+)\s+"([^"]*)"')


@dataclass(frozen=True, slots=True)
class GeneFile:
    """A gene file whose head was read; `assembly` None: it does not say."""

    path: str
    format: str  # GFF3, GTF or TSV
    assembly_hints: tuple[str, ...]
    version: str
    table: Table | None = None


def open_genes(path: str) -> GeneFile:
    """Return a gene file of a format found from its first lines."""
    lines = first_lines(path)
    if not any(line.strip() for line in lines):
        raise InvalidInput("the file is empty", file=path)
    head = [line for line in lines if line.startswith("#")]
    rows = [line for line in lines if line.strip() and not line.startswith("#")]
    hints = tuple(_assembly_hints(head, rows))
    version = next((v for line in head for v in _version(line)), "")
    if any(line.startswith("##gff-version 3") for line in head):
        return GeneFile(path, "GFF3", hints, version)
    if rows and len(rows[0].split("\t")) == 9:
        if _GTF_PAIR.search(rows[0]):
            return GeneFile(path, "GTF", hints, version)
        if re.search(r"\bID=|\bParent=", rows[0]):
            return GeneFile(path, "GFF3", hints, version)
    table = Table(path, COLUMNS, required=("symbol", "chrom", "start", "end"))
    return GeneFile(path, "TSV", hints, version, table)


def _assembly_hints(head: list[str], rows: list[str]) -> Iterator[str]:
    for line in head:
        yield from re.findall(r"GRCh3\d(?:\.p\d+)?|hg\d\d|T2T-CHM13v?[\d.]*", line)
    for row in rows:
        found = find_reference(row.split("\t")[0])
        if found and found[1]:
            yield found[1].value


def _version(line: str) -> Iterator[str]:
    found = re.search(r"(?:genebuild-last-updated|annotation-source|version)[ :]+(\S.*)", line)
    if found and "gff" not in line:
        yield found[1].strip()


def read_genes(
    file: GeneFile, assembly: Assembly, report: ReadReport, progress: Progress
) -> Iterator[GeneRecord]:
    """Yield the genes on the 25 sequences we know; others are counted in `report`."""
    rows = _table_rows(file.table, progress) if file.table else _feature_rows(file, progress)
    for text, reference, start, end, gene in rows:
        report.records += 1
        name = _place(text, reference, start, end, assembly)
        if name is None:
            report.skip("on a sequence that is no chromosome")
        else:
            symbol, hgnc_id, ensembl_id = gene
            yield GeneRecord(symbol, hgnc_id, ensembl_id, name, int(start) - 1, int(end))
    if not report.records:
        raise InvalidInput("there is no gene in it", file=file.path)


def _place(text: TextFile, reference: str, start: str, end: str, assembly: Assembly) -> str | None:
    """Return the reference name after checking that the place exists on `assembly`."""
    found = find_reference(reference)
    if found is None:
        return None
    name, implied = found
    if implied not in (None, assembly):
        raise text.wrong(f"{reference} belongs to {implied}, not to {assembly}")
    if not (start.isdecimal() and end.isdecimal() and 1 <= int(start) <= int(end)):
        raise text.wrong(f"start {start!r} and end {end!r} are no 1-based interval")
    length = SEQUENCES[assembly][name].length
    if int(end) > length:
        raise text.wrong(f"{int(end):,} is beyond the end of {name} on {assembly} ({length:,})")
    return name


def _table_rows(table: Table, progress: Progress) -> Iterator:
    for text, row in table.rows(progress):
        if not row["symbol"] and not row["ensembl_id"]:
            raise text.wrong("a gene without symbol", field="symbol")
        gene = (
            _named(row["symbol"]) or row["ensembl_id"],
            hgnc(row["hgnc_id"]),
            _ensembl(row["ensembl_id"]),
        )
        yield text, row["chrom"], row["start"], row["end"], gene


def _named(symbol: str) -> str:
    return "" if symbol in ("NA", ".", "-") else symbol


def _ensembl(text: str) -> str:
    """Return an Ensembl gene id without version, empty if it is none."""
    found = re.fullmatch(r"(?:gene:)?(ENSG\d+)(?:\.\d+)?(?:_PAR_Y|_\d+)?", text.strip())
    return found[1] if found else ""


def _feature_rows(file: GeneFile, progress: Progress) -> Iterator:
    """Yield gene features; a GTF that has only transcripts gets its genes from their union."""
    text = TextFile(file.path, progress)
    unions: dict[tuple, list] = {}
    has_genes = False
    for line in text:
        if line.startswith("##FASTA"):
            break
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 9:
            raise text.wrong(f"{len(columns)} columns where {file.format} has 9")
        reference, _, feature, start, end = columns[:5]
        if feature.endswith("gene"):
            has_genes = True
            yield text, reference, start, end, _gene(_attributes(file.format, columns[8]))
        elif file.format == "GTF" and feature == "transcript" and not has_genes:
            _unite(unions, text, reference, start, end, columns[8])
    if not has_genes:
        for (reference, *gene), (start, end) in unions.items():
            yield text, reference, str(start), str(end), tuple(gene)


def _unite(unions: dict, text: TextFile, reference, start, end, attributes: str) -> None:
    if not (start.isdecimal() and end.isdecimal()):
        raise text.wrong(f"start {start!r} and end {end!r} are no 1-based interval")
    key = (reference, *_gene(_attributes("GTF", attributes)))
    known = unions.get(key, (int(start), int(end)))
    unions[key] = (min(known[0], int(start)), max(known[1], int(end)))


def _attributes(format: str, text: str) -> dict[str, str]:
    if format == "GTF":
        return dict(_GTF_PAIR.findall(text))
    pairs = (pair.partition("=") for pair in text.split(";") if "=" in pair)
    return {key.strip(): unquote(value) for key, _, value in pairs}


def _gene(attributes: dict[str, str]) -> tuple[str, str, str]:
    """Return (symbol, HGNC id, Ensembl id) of a gene as Ensembl, GENCODE or NCBI write it."""
    ensembl_id = _ensembl(attributes.get("gene_id", "") or attributes.get("ID", ""))
    names = (attributes.get(key, "") for key in ("gene_name", "Name", "gene", "gene_id", "ID"))
    symbol = next((name for name in names if name), "")
    told = attributes.get("hgnc_id", "") or _hgnc_reference(attributes)
    return symbol, hgnc(told), ensembl_id


def _hgnc_reference(attributes: dict[str, str]) -> str:
    text = f"{attributes.get('Dbxref', '')} {attributes.get('description', '')}"
    found = re.search(r"HGNC:(\d+)", text)
    return found[1] if found else ""
