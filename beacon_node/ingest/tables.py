"""Small tables that come with a load: what was assayed (BED, regions as text), whose samples."""

import csv
import re
from pathlib import Path

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.plain_files import numbered_lines
from beacon_node.model.calls import Interval, merge_intervals
from beacon_node.model.genome import REFERENCE_NUMBER, SEQUENCES, Assembly, find_reference

# ---- what was assayed --------------------------------------------------------------------------


def read_bed(path: str | Path, assembly: Assembly) -> list[Interval]:
    """Return the regions of a BED file (three columns or more, plain or gzip), merged and sorted.

    Raises InvalidInput with the line for a bad row, a sequence we do not know or have on another
    assembly, and coordinates beyond its end; and for a file without any region.
    """
    intervals = []
    for line, text in numbered_lines(path):
        if not text.strip() or text.startswith(("#", "track", "browser")):
            continue
        fields = text.split("\t") if "\t" in text else text.split()
        try:
            intervals.append(_bed_interval(fields, assembly))
        except InvalidRequest as bad:
            raise InvalidInput(str(bad), file=str(path), line=line) from bad
    if not intervals:
        raise InvalidInput("the BED file has no region", file=str(path))
    return merge_intervals(intervals)


def _bed_interval(fields: list[str], assembly: Assembly) -> Interval:
    if len(fields) < 3:
        raise InvalidRequest("a BED row needs chromosome, start and end")
    start, end = (field.strip() for field in fields[1:3])
    if not (start.isdecimal() and end.isdecimal()):
        raise InvalidRequest("start and end must be whole numbers")
    return _interval(fields[0], assembly, start=int(start), end=int(end))


def _interval(name: str, assembly: Assembly, *, start: int, end: int | None) -> Interval:
    """Return interbase [start, end) of a sequence, to its last base if `end` is None."""
    found = find_reference(name)
    if found is None:
        raise InvalidRequest(f"{name.strip()[:40]!r} is no sequence of GRCh37 or GRCh38")
    reference, implied = found
    if implied not in (None, assembly):
        raise InvalidRequest(f"{name.strip()} belongs to {implied}, not to {assembly}")
    length = SEQUENCES[assembly][reference].length
    end = length if end is None else end
    if not start < end <= length:
        place = f"{reference} of {assembly}, which has {length:,} bases"
        raise InvalidRequest(f"{start}-{end} is no stretch of {place}")
    return Interval(REFERENCE_NUMBER[reference], start, end)


_REGION = re.compile(r"([^:\s]+)(?::(\d+)(?:-(\d+))?)?")


def parse_regions(text: str, assembly: Assembly) -> list[Interval]:
    """Return regions written for people, 1-based with both ends included, merged and sorted.

    Regions are separated by commas, semicolons or spaces; a name alone is the whole sequence, one
    position that base. Raises InvalidRequest naming the part that is no region.

    >>> parse_regions("22:16050001-16500000", Assembly.GRCH38)
    [Interval(reference=22, start=16050000, end=16500000)]
    """
    parts = [part for part in re.split(r"[,;\s]+", text) if part]
    if not parts:
        raise InvalidRequest("regions: no region is given")
    return merge_intervals([_region(part, assembly) for part in parts])


def _region(part: str, assembly: Assembly) -> Interval:
    found = _REGION.fullmatch(part)
    if not found:
        raise InvalidRequest(f"regions: {part!r} is no region; write 17:43044295-43125364 or 17")
    name, first, last = found.groups()
    if not first:
        return _interval(name, assembly, start=0, end=None)
    if int(first) < 1:
        raise InvalidRequest(f"regions: {part!r}: positions begin with 1")
    return _interval(name, assembly, start=int(first) - 1, end=int(last or first))


def whole_genome(assembly: Assembly) -> list[Interval]:
    """Return every reference sequence of an assembly from end to end."""
    sequences = SEQUENCES[assembly].values()
    return [Interval(REFERENCE_NUMBER[s.name], 0, s.length) for s in sequences]


# ---- whose samples -----------------------------------------------------------------------------

_SAMPLE, _INDIVIDUAL, _BIOSAMPLE = "sample", "individual", "biosample"
_COLUMNS = {
    **dict.fromkeys(("sample", "sampleid", "samplename", "vcfsample"), _SAMPLE),
    **dict.fromkeys(("individual", "individualid"), _INDIVIDUAL),
    **dict.fromkeys(("biosample", "biosampleid"), _BIOSAMPLE),
}


def read_sample_table(path: str | Path) -> dict[str, str]:
    """Return for each sample of a genotype file the id of the record it belongs to.

    The table is separated by tabs, semicolons or commas; its head names a column `sample` and one
    `individual` or `biosample` (with both, the biosample is taken, which knows its individual).
    Without a head it has two columns: sample and record. Raises InvalidInput with the line for an
    empty cell, a missing column and a sample that comes twice.
    """
    rows = _rows(path)
    sample_column, record_columns, rows = _columns(rows, path)
    table: dict[str, str] = {}
    for line, cells in rows:
        if len(cells) <= max(sample_column, *record_columns):
            raise InvalidInput("the row has a column too few", file=str(path), line=line)
        sample = cells[sample_column]
        record = next((cells[column] for column in record_columns if cells[column]), "")
        if not sample or not record:
            raise InvalidInput("sample or record is empty", file=str(path), line=line)
        if sample in table:
            raise InvalidInput("the sample comes twice", file=str(path), line=line)
        table[sample] = record
    if not table:
        raise InvalidInput("the table has no rows", file=str(path))
    return table


def _rows(path: str | Path) -> list[tuple[int, list[str]]]:
    lines = [(n, text) for n, text in numbered_lines(path) if text.strip()]
    delimiter = next((d for d in "\t;," if lines and d in lines[0][1]), "\t")
    return [(n, _cells(text, delimiter)) for n, text in lines if not text.startswith("##")]


def _cells(text: str, delimiter: str) -> list[str]:
    return [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter))]


def _columns(
    rows: list[tuple[int, list[str]]], path: str | Path
) -> tuple[int, list[int], list[tuple[int, list[str]]]]:
    """Return (column of the sample, columns of its record best first, rows below the head)."""
    if not rows:
        raise InvalidInput("the table is empty", file=str(path))
    line, first = rows[0]
    names = [_COLUMNS.get(re.sub(r"[^a-z]", "", cell.lower()), "") for cell in first]
    if _SAMPLE not in names:
        if len(first) != 2:
            problem = "the head must name the columns `sample` and `individual` or `biosample`"
            raise InvalidInput(problem, file=str(path), line=line)
        return 0, [1], rows
    records = [names.index(name) for name in (_BIOSAMPLE, _INDIVIDUAL) if name in names]
    if not records:
        problem = "the head names no column `individual` or `biosample`"
        raise InvalidInput(problem, file=str(path), line=line)
    return names.index(_SAMPLE), records, rows[1:]
