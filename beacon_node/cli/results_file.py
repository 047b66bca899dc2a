"""Answers as rows of a CSV or lines of JSON, in a file that a later run can go on with.

A question's rows are written at once and count how many they are, so that a run that was cut off in
the middle of one is found out: its torn end is taken off and the question asked again.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Protocol

from beacon_node.client import Asked
from beacon_node.errors import Conflict, InvalidInput, StoreUnavailable
from beacon_node.model.row_table import COLUMNS, table_rows
from beacon_node.model.spreadsheet import harmless

HEADER = ("line", "question", "understood", "problem", "sites", *COLUMNS)
_KEYS = ("line", "question")


class Form(Protocol):
    """How answers are written, and read back."""

    def head(self) -> bytes: ...

    def write(self, line: int, asked: Asked) -> bytes: ...

    def spelled(self, question: str) -> str:
        """Return how a question stands in the file."""

    def read(self, content: Sequence[bytes]) -> Iterator[tuple[int, int, str]]:
        """Yield (line of the list, lines of the file, question) of what is complete; the first
        line of the file is line 0. Raises ValueError for what was not written here."""


class Csv:
    def head(self) -> bytes:
        return _csv([HEADER])

    def write(self, line: int, asked: Asked) -> bytes:
        answer = asked.answer
        sites = list(table_rows(answer.rows)) if answer else []
        first = (line, asked.text, answer.words if answer else "", asked.problem, len(sites))
        return _csv((*first, *site) for site in sites or [("",) * len(COLUMNS)])

    def spelled(self, question: str) -> str:
        return harmless(_plain(question))

    def read(self, content: Sequence[bytes]) -> Iterator[tuple[int, int, str]]:
        rows = [next(csv.reader([raw.decode()]), []) for raw in content]
        if rows and tuple(rows[0]) != HEADER:
            raise ValueError
        place = 1
        while place < len(rows):
            line, question, _, _, sites, *_ = rows[place]
            size = max(int(sites), 1)
            if place + size > len(rows):
                return
            yield int(line), size, question
            place += size


class JsonLines:
    def head(self) -> bytes:
        return b""

    def write(self, line: int, asked: Asked) -> bytes:
        found = asked.answer.to_document() if asked.answer else {"question": asked.text}
        problem = {"problem": asked.problem} if asked.problem else {}
        return json.dumps({"line": line, **found, **problem}).encode() + b"\n"

    def spelled(self, question: str) -> str:
        return question

    def read(self, content: Sequence[bytes]) -> Iterator[tuple[int, int, str]]:
        for raw in content:
            found = json.loads(raw)
            if not isinstance(found, dict):
                raise ValueError
            line, question = (found[key] for key in _KEYS)
            yield int(line), 1, str(question)


class ResultsFile:
    """Where answers go; `-` is stdout, which nothing goes on with.

    `is_file`: it is seen only by whoever opens it.
    """

    def __init__(self, path: str, form: Form) -> None:
        self._path, self._form = path, form
        self._file: BinaryIO | None = None
        self.is_file = path != "-"

    def refuse_old(self) -> None:
        """Raise Conflict, before anything is asked, if the file is there already."""
        if self.is_file and Path(self._path).is_file():
            raise Conflict(f"{self._path} is there already; remove it or name another")

    def begin(self, questions: Sequence[tuple[int, str]], *, resume: bool) -> frozenset[int]:
        """Open it; return the lines of the list whose answers stand in it already.

        Raises Conflict for a file that is there and shall not be gone on with, InvalidInput for
        one that holds other questions' answers.
        """
        path = Path(self._path)
        if self._path == "-":
            self._file = sys.stdout.buffer
        elif path.is_file():
            if not resume:
                raise Conflict(f"{path} is there; --resume goes on with it")
            return self._go_on(dict(questions))
        else:  # also a pipe or a device
            self._file = self._opened("wb")
        self._put(self._form.head())
        return frozenset()

    def write(self, line: int, asked: Asked) -> None:
        self._put(self._form.write(line, asked))

    def close(self) -> None:
        if self._file and self._path != "-":
            self._file.close()

    def _go_on(self, texts: dict[int, str]) -> frozenset[int]:
        self._file = self._opened("r+b")
        content = [raw for raw in self._file.read().splitlines(keepends=True) if raw[-1:] == b"\n"]
        kept, done = (1 if self._form.head() else 0), set()
        try:
            for line, size, question in self._form.read(content):
                if line not in texts or self._form.spelled(texts[line]) != question:
                    raise InvalidInput("it answers another list of questions", file=self._path)
                kept, done = kept + size, done | {line}
        except (ValueError, KeyError, csv.Error) as error:
            raise InvalidInput("this is no file of answers", file=self._path) from error
        self._file.seek(sum(map(len, content[:kept])))
        self._file.truncate()
        if not content:
            self._put(self._form.head())
        return frozenset(done)

    def _opened(self, mode: str) -> BinaryIO:
        try:
            return Path(self._path).open(mode)
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be written: {error.strerror}") from error

    def _put(self, data: bytes) -> None:
        try:
            self._file.write(data)
            self._file.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be written: {error.strerror}") from error


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return harmless(_plain(value)) if isinstance(value, str) else value


def _plain(text: str) -> str:
    """Return a text on one line, so that a row of the file is one, too."""
    return " ".join(text.split())
