"""Where a command's result goes: tables and sentences for people, or one JSON document.

On a terminal tables are drawn and long work shows a bar; into a pipe go plain sentences and
tab-separated rows.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from beacon_node.model.entries import EntryType
from beacon_node.ports import NO_PROGRESS, Progress


class Output:
    """The result of one command; exactly one `result` call writes it."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def result(self, document: Mapping, show: Callable[[], None]) -> None:
        """Print `document` as JSON if that was asked for, else call `show`.

        Dataclasses in it become objects with the names of their fields.
        """
        if not self.as_json:
            show()
            return
        import orjson

        options = orjson.OPT_NON_STR_KEYS | (orjson.OPT_INDENT_2 if sys.stdout.isatty() else 0)
        print(orjson.dumps(document, default=str, option=options).decode())

    def sentence(self, text: str) -> None:
        """Print a line for people; nothing is marked up in it."""
        if not self.as_json:
            print(_wrapped(text) if sys.stdout.isatty() else text)

    def note(self, text: str) -> None:
        """Print a line that is no result, such as what goes on, on stderr."""
        print(_wrapped(text) if sys.stderr.isatty() else text, file=sys.stderr)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Print rows; a column whose name ends in `#` holds numbers."""
        if sys.stdout.isatty():
            _draw(columns, rows)
            return
        print("\t".join(column.rstrip("#") for column in columns))
        for row in rows:
            print("\t".join(plain(cell) for cell in row))

    def facts(self, pairs: Iterable[tuple[str, object]]) -> None:
        """Print `name  value` lines; empty values are left out."""
        shown = [(name, plain(value)) for name, value in pairs if value not in (None, "", ())]
        width = max((len(name) for name, _ in shown), default=0)
        for name, value in shown:
            print(f"{name:<{width}}  {value}")

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """Give a bar on stderr if that is a terminal, else one that shows nothing."""
        if not sys.stderr.isatty():
            yield NO_PROGRESS
            return
        from beacon_node.cli.progress import RichProgress

        bar = RichProgress()
        try:
            yield bar
        finally:
            bar.finish()


def plain(cell: object) -> str:
    """Return a cell as text on one line.

    >>> plain(1234567), plain(None), plain(True)
    ('1,234,567', '', 'yes')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, int):
        return f"{cell:,}"
    return " ".join(str(cell).split())


def _wrapped(text: str) -> str:
    """Return a line broken between words at the terminal's width, indented as it began."""
    import shutil
    import textwrap

    indent = text[: len(text) - len(text.lstrip())] + ("  " if text else "")
    width = shutil.get_terminal_size().columns
    return textwrap.fill(text, width, subsequent_indent=indent, break_on_hyphens=False)


def counted(number: int, kind: EntryType) -> str:
    """Return a number of entries in words.

    >>> counted(1, EntryType.ANALYSIS), counted(1_000, EntryType.INDIVIDUAL)
    ('1 analysis', '1,000 individuals')
    """
    one = "analysis" if kind is EntryType.ANALYSIS else kind.counts.removesuffix("s")
    return f"{number:,} {one if number == 1 else kind.counts}"


def spans(names: Iterable[str]) -> str:
    """Return names with neighbouring numbers drawn together.

    >>> spans(["1", "2", "3", "5", "22", "X"])
    '1-3, 5, 22, X'
    """
    runs: list[list[str]] = []
    for name in names:
        last = runs[-1][-1] if runs else ""
        if name.isdecimal() and last.isdecimal() and int(name) == int(last) + 1:
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(run[0] if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)


def _draw(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for column in columns:
        justify = "right" if column.endswith("#") else "left"
        table.add_column(column.rstrip("#"), justify=justify, overflow="fold")
    for row in rows:
        table.add_row(*(Text(plain(cell), style=_STYLES.get(plain(cell), "")) for cell in row))
    Console().print(table)


_STYLES = {"yes": "green", "not permitted": "yellow", "not sequenced here": "yellow"}
