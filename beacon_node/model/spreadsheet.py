"""Tables for spreadsheets, and what a spreadsheet does with text."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: such a one begins with an apostrophe.

    >>> harmless("=1+1"), harmless("17-43045711-C-T")
    ("'=1+1", '17-43045711-C-T')
    """
    return f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (RFC 4180), texts harmless; what is None is empty, a truth yes or no.

    >>> csv_text(["a", "b"], [["=1+1", None], ["x, y", True]]).split()
    ['a,b', "'=1+1,", '"x,', 'y",yes']
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(value) if isinstance(value, str) else value
