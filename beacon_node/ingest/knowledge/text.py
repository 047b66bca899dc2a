"""Text files, plain or gzip, read line by line with one clear sentence for what is wrong."""

import gzip
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

from beacon_node.errors import InvalidInput
from beacon_node.ingest.plain_files import GZIP_MAGIC, explained
from beacon_node.ports import Progress

_CHUNK = 1 << 20
_STEP = 1 << 18  # bytes between two reports of progress
_LONGEST_LINE = 1 << 26


def digest(path: str, progress: Progress) -> str:
    """Return the SHA-256 of a file's bytes, in hex."""
    sha256 = hashlib.sha256()
    with explained(path), Path(path).open("rb") as file:
        progress.start("checking the file", Path(path).stat().st_size, "bytes")
        while chunk := file.read(_CHUNK):
            sha256.update(chunk)
            progress.advance(len(chunk))
        progress.finish()
    return sha256.hexdigest()


class TextFile:
    """The lines of a text file without their ends; `line` is the number of the last one yielded.

    Iterate once. `progress` hears of bytes as they lie on disk.
    """

    def __init__(self, path: str, progress: Progress) -> None:
        self.path, self.line, self._progress = path, 0, progress

    def __iter__(self) -> Iterator[str]:
        with explained(self.path), Path(self.path).open("rb") as raw:
            self._progress.start(Path(self.path).name, Path(self.path).stat().st_size, "bytes")
            told = 0
            for text in _decoded(raw):
                self.line += 1
                if len(text) > _LONGEST_LINE:
                    raise self.wrong("this line is longer than any such file's")
                yield text.rstrip("\r\n")
                if raw.tell() - told > _STEP:
                    self._progress.advance(raw.tell() - told)
                    told = raw.tell()
            self._progress.finish()

    def wrong(self, problem: str, field: str = "") -> InvalidInput:
        """Return the error that says what is wrong with the line just read."""
        return InvalidInput(problem, file=self.path, line=self.line, field=field)


def _decoded(raw: io.BufferedReader) -> io.TextIOWrapper:
    start = raw.read(2)
    raw.seek(0)
    plain = gzip.GzipFile(fileobj=raw) if start == GZIP_MAGIC else raw
    return io.TextIOWrapper(plain, encoding="utf-8-sig", newline="\n")


def first_lines(path: str, count: int = 200) -> list[str]:
    """Return the first lines of a file, to find out what it is."""
    with explained(path), Path(path).open("rb") as raw:
        reader = _decoded(raw)
        return [line.rstrip("\r\n") for line, _ in zip(reader, range(count), strict=False)]
