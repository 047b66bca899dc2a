"""Consents in a table (CSV), one row or several per individual, such as REDCap exports."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.ingest.consents.cells import Row
from beacon_node.ingest.consents.csv_mapping import CsvMapping
from beacon_node.ingest.consents.csv_row import statements
from beacon_node.ingest.plain_files import opened
from beacon_node.model.consent_import import Found, Place, Reject, UsesIfUnstated


def read_consent_csv(
    path: str | Path, mapping: CsvMapping, *, unstated: UsesIfUnstated
) -> Iterator[Found]:
    """Yield what the rows of a table state, and a reject for each row that cannot be taken.

    `unstated` says which uses a consent permits whose form does not speak of them. Raises
    InvalidInput where the table as a whole cannot be trusted: a column is missing, quotes do not
    close, the encoding is another.
    """
    for row in _rows(path, mapping):
        if isinstance(row, Reject):
            yield row
        elif _is_meant(row, mapping):
            yield from _of_row(str(path), row, mapping, unstated)


def _of_row(file: str, row: Row, mapping: CsvMapping, unstated: UsesIfUnstated) -> Iterator[Found]:
    person = row.cells[mapping.columns.individual]
    try:
        yield from statements(row, mapping, unstated)
    except InvalidInput as bad:
        yield Reject(file, Place(row.line), bad.field, bad.problem, person)
    except InvalidRequest as bad:
        field, has_field, problem = str(bad).partition(": ")
        if not has_field:
            field, problem = "", str(bad)
        column = getattr(mapping.columns, field, "") or field
        yield Reject(file, Place(row.line), column, problem, person)


def _is_meant(row: Row, mapping: CsvMapping) -> bool:
    """Return whether a row is one that the mapping wants; exports hold rows of other forms too."""
    if any(row.cells[column] not in values for column, values in mapping.only.items()):
        return False
    return all(row.cells[column] for column in mapping.filled)


def _rows(path: str | Path, mapping: CsvMapping) -> Iterator[Row | Reject]:
    with opened(path) as binary:
        text = io.TextIOWrapper(binary, mapping.encoding, newline="")
        reader = _reader(text, mapping)
        try:
            places = _places(next(reader, []), mapping, str(path))
            before = reader.line_num
            width = max(places.values()) + 1
            for cells in reader:
                line, before = before + 1, reader.line_num
                if not any(cell.strip() for cell in cells):
                    continue
                if len(cells) < width:
                    yield Reject(str(path), Place(line), "", "the row has too few columns")
                    continue
                yield Row(line, {name: _cell(cells[at], mapping) for name, at in places.items()})
        except csv.Error as broken:
            problem = f"not a table from here on: {broken}"
            raise InvalidInput(problem, file=str(path), line=reader.line_num) from broken


def _cell(text: str, mapping: CsvMapping) -> str:
    found = text.strip()
    return "" if found in mapping.empty else found


def _reader(text: io.TextIOWrapper, mapping: CsvMapping):
    if mapping.delimiter:
        return csv.reader(text, delimiter=mapping.delimiter, strict=True)
    head = text.readline()
    best = max("\t;,", key=head.count)
    lines = (line for part in ([head], text) for line in part)
    return csv.reader(lines, delimiter=best, strict=True)


def _places(head: list[str], mapping: CsvMapping, path: str) -> dict[str, int]:
    """Return needed column → its number. Raises InvalidInput if one is missing or comes twice."""
    names = [name.strip() for name in head]
    for column in sorted(mapping.needed):
        count = names.count(column)
        if count != 1:
            problem = "the column comes twice" if count else "there is no such column"
            raise InvalidInput(problem, file=path, line=1, field=column)
    return {column: names.index(column) for column in mapping.needed}
