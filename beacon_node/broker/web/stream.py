"""Rows as server-sent events (HTML standard §9.2), each sent when it is there."""

from collections.abc import Generator, Iterable, Iterator
from queue import Empty, SimpleQueue
from threading import Thread

import orjson
from flask import Response

KEEP_ALIVE_S = 10.0  # proxies close connections on which nothing moves
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # nginx would keep rows back until it has many
    "X-Content-Type-Options": "nosniff",
}
KEEP_ALIVE = b": still waiting\n\n"
Events = Generator[bytes, None, None]


def event(name: str, document: object) -> bytes:
    """Return an event; JSON has no line breaks, which would end it."""
    return b"event: " + name.encode() + b"\ndata: " + orjson.dumps(document) + b"\n\n"


def stream_response(events: Iterable[bytes]) -> Response:
    """Return a response whose parts leave as they are made."""
    return Response(events, mimetype="text/event-stream", headers=_HEADERS)


def kept_alive(events: Events, every_s: float = KEEP_ALIVE_S) -> Iterator[bytes]:
    """Yield `events`, and a comment whenever none came for a while.

    They are made in a thread of their own, which ends soon after nobody takes them any more.
    """
    made: SimpleQueue[bytes | None] = SimpleQueue()
    taker = _Taker()
    Thread(target=_make, args=(events, made, taker), name="stream", daemon=True).start()
    try:
        while True:
            try:
                found = made.get(timeout=every_s)
            except Empty:
                yield KEEP_ALIVE
                continue
            if found is None:
                return
            yield found
    finally:
        taker.is_gone = True


class _Taker:
    is_gone = False


def _make(events: Events, made: SimpleQueue, taker: _Taker) -> None:
    try:
        for one in events:
            made.put(one)
            if taker.is_gone:
                return
    finally:
        events.close()
        made.put(None)
