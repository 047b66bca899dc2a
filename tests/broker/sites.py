"""A network of made-up sites for tests of its pages: each says what it is told to, when it may."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from werkzeug.serving import make_server

from beacon_node.model.query import Granularity
from beacon_node.ports import Received, Sent
from tests.broker.federation import Federation, Signatures, federation, own_member


@dataclass
class Site:
    """A node that answers `rows` (its `info.datasets`), once `may_answer` is set."""

    name: str
    rows: list[dict]
    may_answer: threading.Event = field(default_factory=threading.Event)

    def body(self) -> bytes:
        exists = any(row.get("exists") for row in self.rows)
        counts = [row["count"] for row in self.rows if "count" in row]
        granularity = Granularity.COUNT if counts else Granularity.BOOLEAN
        precision = [row["countPrecision"] for row in self.rows if "countPrecision" in row]
        summary = {"exists": exists} | ({"numTotalResults": sum(counts)} if counts else {})
        summary |= {"countPrecision": precision[0]} if precision else {}
        meta = {"beaconId": self.name, "returnedGranularity": granularity.word}
        info = {"countOf": "individuals", "datasets": self.rows}
        return json.dumps({"meta": meta, "responseSummary": summary, "info": info}).encode()


def network(folder: Path, *sites: Site) -> Federation:
    """Return a broker over `sites`, all of which may answer at once unless told to wait."""
    signed = {
        site.name: Signatures(f"org.example.{site.name.lower()}", n)
        for n, site in enumerate(sites, 1)
    }
    members = {
        own_member(site.name, signed[site.name], organization=f"{site.name} Trust"): _answering(
            site, signed[site.name]
        )
        for site in sites
    }
    found = federation(folder, members, learn=False)
    for one in signed.values():
        one.knows(found.broker)
    return found


def _answering(site: Site, signatures: Signatures):
    def handle(sent: Sent) -> Received:
        if sent.method == "GET":
            return Received(404, b"{}")
        site.may_answer.wait(10)
        return signatures.signed(sent, Received(200, site.body()))

    return handle


@contextmanager
def served(found: Federation) -> Iterator[str]:
    """Yield the address at which a broker is served."""
    server = make_server("127.0.0.1", 0, found.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def ready(name: str, *rows: dict) -> Site:
    site = Site(name, list(rows))
    site.may_answer.set()
    return site


def answered(dataset: str, **told) -> dict:
    return {"id": dataset, "status": "answered", **told}
