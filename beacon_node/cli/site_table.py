"""A row per site that fills in as answers arrive; below it what the words in it mean."""

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING

from beacon_node.cli.output import Output
from beacon_node.client import NetworkAnswer, Understood
from beacon_node.client.answers import Said
from beacon_node.model.federation import Came, MemberRow, Told
from beacon_node.model.federation_documents import text
from beacon_node.model.row_words import MEANINGS, answer_words, tally_words

if TYPE_CHECKING:
    from rich.table import Table

COLUMNS = ("site", "answer", "seconds")


class SiteTable:
    """Shows an answer while it comes: a table redrawn on a terminal, into a pipe a line per row."""

    def __init__(self, output: Output) -> None:
        self._output, self._live, self._rows = output, None, ()
        self._is_drawn = sys.stdout.isatty() and not output.as_json
        self._is_begun = False

    def __enter__(self) -> "SiteTable":
        return self

    def __exit__(
        self, kind: type | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            from rich.console import Console

            self._live.stop()
            Console().print(drawn(self._rows))  # whole, also where the screen is too low for it

    def show(self, answer: NetworkAnswer, came: Said) -> None:
        """Show an answer as far as it is there; `came` is what came last."""
        self._rows = distinct(answer.rows)
        if isinstance(came, Understood):
            self._output.sentence(came.words)
            self._output.sentence("")
        if self._is_drawn:
            self._draw()
        elif isinstance(came, MemberRow) and came.came is not Came.WAITING:
            self._print(next(row for row in self._rows if row.member == came.member))

    def _print(self, row: MemberRow) -> None:
        if self._output.as_json:
            return
        if not self._is_begun:
            print("\t".join(COLUMNS), flush=True)
            self._is_begun = True
        for cells in _lines(row):
            print("\t".join(cells), flush=True)

    def _draw(self) -> None:
        from rich.live import Live

        if self._live is None:
            self._live = Live(auto_refresh=False, transient=True)
            self._live.start()
        self._live.update(drawn(self._rows), refresh=True)


def distinct(rows: Sequence[MemberRow]) -> tuple[MemberRow, ...]:
    """Return rows whose names tell them apart: with their id where two have the same name."""
    count = Counter(row.name for row in rows)
    return tuple(
        replace(row, name=f"{row.name} ({row.member})")
        if count[row.name] > 1 and row.name != row.member
        else row
        for row in rows
    )


def _lines(row: MemberRow) -> Iterator[tuple[str, str, str]]:
    """Yield a site's cells, then those of its datasets or members where it has several."""
    seconds = "" if row.elapsed_s is None else f"{row.elapsed_s:.1f}"
    yield row.name, answer_words(row), seconds
    if row.rows:
        for one in row.rows:
            yield from ((f"  {name}", words, took) for name, words, took in _lines(one))
    elif len(row.datasets) > 1:
        for told in row.datasets:
            yield f"  {told.name or told.dataset}", answer_words(told), ""


def drawn(rows: Iterable[MemberRow]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("site", overflow="fold")
    table.add_column("answer", overflow="fold")
    table.add_column("seconds", justify="right")
    for row in rows:
        for name, words, seconds in _lines(row):
            table.add_row(Text(name), Text(words, style=_style(words)), seconds)
    return table


_WORD_STYLES = {
    "no": "",
    Came.WAITING: "dim",
    Came.NOT_PERMITTED: "yellow",
    Came.NOT_ANSWERABLE: "yellow",
    Came.NOT_SEQUENCED: "yellow",
    Came.WRONG_ASSEMBLY: "yellow",
    Came.BUDGET_SPENT: "yellow",
    Came.NOT_UNDERSTOOD: "yellow",
}


def _style(words: str) -> str:
    """Colour says nothing that the words do not say."""
    if words == "yes" or words[-1:].isdecimal():
        return "" if words.startswith("fewer") else "green"
    return _WORD_STYLES.get(words, "red")


# ---- below the table -----------------------------------------------------------------------------


def show_meaning(output: Output, answer: NetworkAnswer, at: str) -> None:
    """Say how many sites answered, what a total covers, and what each silence means.

    `at` is where one applies for access, empty for nowhere.
    """
    answer = replace(answer, rows=distinct(answer.rows))
    rows = answer.rows
    if not rows:
        output.sentence("This network has no site to ask.")
        return
    output.sentence("")
    output.sentence(tally_words(answer.tally, _counted(rows)))
    for sentence in _sentences(rows):
        output.sentence(sentence)
    records = sum(map(_records, rows))
    if records:
        output.sentence(f"{records:,} records came with it: --json shows them.")
    closed = [row.member for row in rows if _is_closed(row)]
    if closed and at:
        sites = ",".join(closed)
        output.sentence(f"Apply for access: beacon-node apply --at {at} --sites {sites} --form …")


def _records(row: MemberRow) -> int:
    listed = (found.get("results") for found in row.result_sets)
    return sum(len(results) for results in listed if isinstance(results, list))


def _is_closed(row: MemberRow) -> bool:
    """Say whether an application could open something of a site."""
    return Came.NOT_PERMITTED in (row.came, *(told.status for told in row.datasets))


def _counted(rows: Sequence[MemberRow]) -> str:
    counted = {row.count_of for row in rows if row.count is not None and row.count_of}
    return counted.pop() if len(counted) == 1 else "entries" if counted else "individuals"


def _sentences(rows: Sequence[MemberRow]) -> Iterator[str]:
    for came in Came:
        silent = [row for row in rows if row.came is came]
        if not silent or came is Came.ANSWERED:
            continue
        names = ", ".join(row.name for row in silent)
        yield f"{came} ({names}): {MEANINGS[came]}"
        yield from (f"  {row.name}: {row.reason}" for row in silent if row.reason)
    yield from _of_parts(rows)
    for row in rows:
        yield from (f"{row.name}: {words}" for words in _handovers(row))
    words = [answer_words(one) for row in rows for one in (row, *row.datasets)]
    if any(word.startswith("fewer than") for word in words):
        yield "“fewer than”: no number that small is told; it need not be none."
    if any(word.startswith("about") for word in words):
        yield "“about”: a number with noise, mostly one or two off, or a rounded one."
    yield from (f"{row.name}: {note}" for row in rows for note in row.notes.values())


def _handovers(row: MemberRow) -> Iterator[str]:
    """Yield where a site points to, such as to where one asks for access; each address once."""
    seen = set()
    for found in row.handovers:
        kind = found.get("handoverType")
        label = text(kind.get("label")) if isinstance(kind, dict) else ""
        url = text(found.get("url"))
        if url.startswith(("https://", "http://")) and url not in seen:
            seen.add(url)
            yield f"{label or 'More'}: {url}"


def _of_parts(rows: Sequence[MemberRow]) -> Iterator[str]:
    """Yield why datasets said nothing at sites of which others answered, and what they add."""
    for row in rows:
        if row.came is not Came.ANSWERED:
            continue
        for told in row.datasets:
            if told.exists is None:
                yield f"{row.name}, {_name(told)}: {_why(told)}"
                continue
            if told.reason and told.reason != row.reason:
                yield f"{row.name}, {_name(told)}: {told.reason}"
            if told.completeness is not None and told.completeness < 1:
                share = f"{told.completeness:.0%}"
                yield f"{row.name}, {_name(told)}: about {share} of its people were really counted"


def _name(told: Told) -> str:
    return told.name or told.dataset


def _why(told: Told) -> str:
    meaning = MEANINGS.get(told.status, "") if isinstance(told.status, Came) else ""
    return ": ".join(filter(None, (told.status, told.reason or meaning)))
