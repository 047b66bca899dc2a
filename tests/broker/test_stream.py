"""Rows leave when they are there: also through the server that a broker is served by."""

import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager

import pytest

from beacon_node.broker.home import NewBroker, init_broker
from beacon_node.broker.web.stream import KEEP_ALIVE, event, kept_alive
from beacon_node.randomness import SystemRandomness

# ---- events --------------------------------------------------------------------------------------


def test_nothing_in_a_document_ends_its_event():
    told = event("member", {"reason": "a\n\nevent: done\r\ndata: {}\u2028"})
    assert told.count(b"\n") == 3 and told.endswith(b"\n\n") and b"\r" not in told


def test_a_comment_comes_while_nothing_else_does():
    go_on = threading.Event()

    def events():
        yield b"first"
        go_on.wait(10)
        yield b"second"

    taken = kept_alive(events(), every_s=0.02)
    assert [next(taken), next(taken)] == [b"first", KEEP_ALIVE]
    go_on.set()
    assert [one for one in taken if one != KEEP_ALIVE] == [b"second"]


def test_who_goes_away_ends_the_question():
    is_closed, steps = threading.Event(), threading.Semaphore(0)

    def events():
        try:
            while True:
                steps.acquire(timeout=10)
                yield b"row"
        finally:
            is_closed.set()

    source = events()
    taken = kept_alive(source, every_s=5)
    steps.release()
    assert next(taken) == b"row"
    taken.close()
    steps.release()
    assert is_closed.wait(10)


# ---- served --------------------------------------------------------------------------------------


class Beacon(http.server.BaseHTTPRequestHandler):
    """Somebody else's beacon; below `/slow` it answers about people only when it may."""

    may_answer = threading.Event()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path.startswith("/slow/individuals"):
            self.may_answer.wait(20)
        exists = b"individuals" in self.path.encode() and b"T" in body
        self._send({"responseSummary": {"exists": exists}})

    def do_GET(self) -> None:
        self._send({})

    def _send(self, document: dict) -> None:
        body = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        return None


@pytest.fixture
def beacons():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Beacon)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    Beacon.may_answer.set()
    server.shutdown()
    server.server_close()


@contextmanager
def served(home):
    command = [sys.executable, "-m", "beacon_node.cli.main", "broker", "serve", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--json", "--workers", "1"],
        env=os.environ | {"BEACON_BROKER_HOME": str(home)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        url = json.loads(process.stdout.readline())["url"]
        _wait_for(f"{url}/livez")
        yield url
    finally:
        process.terminate()
        assert process.wait(timeout=20) == 0
        process.stdout.close()


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the server did not answer")


def test_a_row_arrives_while_others_are_waited_for(tmp_path, beacons):
    """The slow one may answer only after the fast one's row was read from the socket."""
    home = init_broker(tmp_path / "broker", NewBroker(), SystemRandomness())
    with (home / "network.toml").open("a") as file:
        for name in ("fast", "slow"):
            kept = f'id = "org.{name}"\nname = "{name}"\nurl = "{beacons}/{name}"\n'
            file.write(f'[[member]]\n{kept}kind = "beacon"\n')
    with served(home) as url:
        asked = f"{url}/ask/stream?q=17-43045711-C-T"
        with urllib.request.urlopen(asked, timeout=20) as answer:
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            rows = _rows(answer)
            first = next(rows)
            Beacon.may_answer.set()
            second = next(rows)
    assert [(row["name"], row["exists"]) for row in (first, second)] == [
        ("fast", True),
        ("slow", True),
    ]


def _rows(answer):
    name = ""
    for line in answer:
        if line.startswith(b"event: "):
            name = line.removeprefix(b"event: ").strip().decode()
        elif line.startswith(b"data: ") and name == "member":
            yield json.loads(line.removeprefix(b"data: "))["row"]
