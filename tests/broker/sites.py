"""A network of made-up sites for tests of its pages: each says what it is told to, when it may."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from werkzeug.serving import make_server

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.federation.checks import signed_question
from beacon_node.federation.messages import Signer
from beacon_node.model.federation import MESSAGE_HEADER, Member, PinnedBroker
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Tier
from beacon_node.ports import Received, Sent
from beacon_node.randomness import SystemClock, SystemRandomness
from tests.broker.federation import Federation, Handler, federation, pinned

NORTH = Member("org.north", "North", "https://north.example")


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
    """Return a broker over `sites`, each of which pins it."""
    pins: dict[str, PinnedBroker] = {}
    signers = {site.name: _signer(site, number) for number, site in enumerate(sites, 1)}
    members = {
        _member(site, signers[site.name]): _answering(site, signers[site.name], pins)
        for site in sites
    }
    found = federation(folder, members, learn=False)
    pins[found.broker.settings.broker.id] = pinned(found.broker)
    return found


def _signer(site: Site, seed: int) -> Signer:
    key = SigningKey(bytes([seed]) * 32)
    return Signer(f"org.example.{site.name.lower()}", key, SystemClock(), SystemRandomness())


def _member(site: Site, signer: Signer) -> Member:
    url, keys = f"https://{site.name.lower()}.example", (signer.key.public.x,)
    return Member(signer.id, site.name, url, keys=keys, organization=f"{site.name} Trust")


def _answering(site: Site, signer: Signer, pins: Mapping[str, PinnedBroker]) -> Handler:
    def handle(sent: Sent) -> Received:
        if sent.method == "GET":
            return Received(404, b"{}")
        site.may_answer.wait(10)
        question, body = signed_question(sent.headers[MESSAGE_HEADER], pins), site.body()
        reply = signer.reply(question, Tier.REGISTERED, status=200, body=body)
        return Received(200, body, {MESSAGE_HEADER.lower(): reply})

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
