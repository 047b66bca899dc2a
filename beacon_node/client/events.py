"""Server-sent events, read as the HTML standard says (§9.2.6), from whatever pieces bytes come in.

Reconnecting is left out on purpose: a question that broke off is asked anew by whoever asked it.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from beacon_node.errors import Unreachable

LONGEST_EVENT = 16 * 1024 * 1024  # bytes of one event; a site's records may stand in it
_END = re.compile(rb"\r\n|\r|\n")
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: str


def read_events(chunks: Iterable[bytes], longest: int = LONGEST_EVENT) -> Iterator[Event]:
    """Yield the events of a stream; one that its end cuts off is none.

    Raises Unreachable for an event of more than `longest` bytes.

    >>> list(read_events([b"event: done\\nda", b"ta: {}\\n\\nevent: cut"]))
    [Event(name='done', data='{}')]
    """
    name, data, size = "", [], 0
    for line in _lines(chunks, longest):
        size += len(line)
        if size > longest:
            raise Unreachable(f"an event of the answer is longer than {longest:,} bytes")
        if not line:
            if data:
                yield Event(name or "message", "\n".join(data))
            name, data, size = "", [], 0
            continue
        field, _, value = line.decode("utf-8", "replace").partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            name = value


def _lines(chunks: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """Yield whole lines without their ends, which are CR, LF or both, also over two chunks."""
    pending, is_first, after_return = bytearray(), True, False
    for chunk in chunks:
        if after_return and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            after_return = False
        if not chunk:
            continue
        after_return = chunk.endswith(b"\r")
        first, *others = _END.split(chunk)
        pending += first
        if len(pending) > longest:
            raise Unreachable(f"a line of the answer is longer than {longest:,} bytes")
        for following in others:
            line = bytes(pending)
            yield line.removeprefix(_MARK) if is_first else line
            pending, is_first = bytearray(following), False
