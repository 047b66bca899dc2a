"""Text and JSON files, plain or gzip, with every way they can be broken said in one sentence."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from beacon_node.errors import InvalidInput

GZIP_MAGIC = b"\x1f\x8b"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@contextmanager
def opened(path: str | Path) -> Iterator[BinaryIO]:
    """Give the decompressed bytes of a file, gzip told by its content, a byte order mark left out.

    What goes wrong while it is read (no such file, broken gzip, a bad disk) is raised as
    InvalidInput naming the file.
    """
    with explained(path):
        with Path(path).open("rb") as plain:
            magic = plain.read(2)
        opener = gzip.open if magic == GZIP_MAGIC else open
        with opener(path, "rb") as stream:
            if stream.read(3) != BYTE_ORDER_MARK:
                stream.seek(0)
            yield stream


@contextmanager
def explained(path: str | Path) -> Iterator[None]:
    """Turn what the operating system or gzip raises into InvalidInput."""
    try:
        yield
    except FileNotFoundError as missing:
        raise InvalidInput("there is no such file", file=str(path)) from missing
    except IsADirectoryError as folder:
        raise InvalidInput("this is a folder, not a file", file=str(path)) from folder
    except (EOFError, zlib.error, gzip.BadGzipFile) as broken:
        problem = "the gzip data are damaged or end early"
        raise InvalidInput(problem, file=str(path)) from broken
    except UnicodeDecodeError as binary:
        raise InvalidInput("this is not UTF-8 text", file=str(path)) from binary
    except OSError as failed:
        reason = (failed.strerror or "unknown error").lower()
        raise InvalidInput(f"cannot be read: {reason}", file=str(path)) from failed


def numbered_lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield (line number from 1, line without its end) of a UTF-8 text file."""
    with opened(path) as stream:
        for number, line in enumerate(stream, 1):
            yield number, line.decode().rstrip("\r\n")
