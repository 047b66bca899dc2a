"""A small server that speaks as a broker does, and says what a test tells it to."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask, Response, request
from werkzeug.serving import make_server

from beacon_node.model.federation import Came, MemberRow, Told, Totals
from beacon_node.model.federation_documents import row_document, totals_document

WORDS = "C>T at 17:43,045,711 of GRCh38 (counted from 0: 43,045,710)"
NORTH = MemberRow(
    "org.north",
    "North Hospital",
    Came.ANSWERED,
    exists=True,
    count=23,
    precision="imprecise",
    adjusted_to=(">=5",),
    datasets=(Told("cohort", "org.north", exists=True, count=23, precision="imprecise"),),
    count_of="individuals",
    elapsed_s=0.12,
)
SOUTH = MemberRow("org.south", "South Hospital", Came.ANSWERED, exists=False, elapsed_s=0.2)
WEST = MemberRow("org.west", "West Hospital", Came.NOT_PERMITTED, "no consent for this purpose")
ROWS = (NORTH, SOUTH, WEST)


@dataclass
class Broker:
    """What the stub says. `raw` bytes replace the whole stream; `headers` were those received."""

    rows: tuple[MemberRow, ...] = ROWS
    problem: dict | None = None
    raw: tuple[bytes, ...] | None = None
    refusal: Response | None = None
    whoami: dict | None = None
    pause_s: float = 0.0
    url: str = ""
    seen: list[dict] = field(default_factory=list)
    asked: list[dict] = field(default_factory=list)

    def app(self) -> Flask:
        app = Flask(__name__)

        @app.before_request
        def note() -> None:
            self.seen.append({"path": request.path, **dict(request.headers)})

        @app.get("/services")
        def services():
            return [{"id": row.member, "name": row.name} for row in self.rows]

        @app.get("/ask/stream")
        def stream():
            self.asked.append(request.args.to_dict(flat=False))
            if self.refusal:
                return self.refusal
            return Response(self._events(), mimetype="text/event-stream")

        @app.get("/whoami")
        def whoami():
            return self.whoami or {"tier": "public", "visas": []}

        return app

    def _events(self) -> Iterator[bytes]:
        if self.raw is not None:
            yield from self.raw
            return
        if self.problem:
            yield event("problem", self.problem)
            return
        waiting = [row_document(MemberRow(r.member, r.name, Came.WAITING)) for r in self.rows]
        yield event("understood", {"words": WORDS, "members": waiting})
        for row in self.rows:
            time.sleep(self.pause_s)
            yield event("member", {"row": row_document(row)})
        yield event("done", totals_document(self.totals()))

    def totals(self) -> Totals:
        told = [row for row in self.rows if row.count is not None]
        said = [row.exists for row in self.rows if row.exists is not None]
        count = sum(row.count for row in told) if told else None
        is_exact = all(row.precision == "exact" for row in told)
        return Totals(
            any(said) if said else None,
            count,
            "exact" if is_exact else "imprecise",
            covers=tuple(row.member for row in told),
            answered=len(said),
            members=len(self.rows),
        )


def event(name: str, document: dict) -> bytes:
    return f"event: {name}\ndata: {json.dumps(document)}\n\n".encode()


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an app on a free port of this machine until the block ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(timeout=10)
        server.server_close()
