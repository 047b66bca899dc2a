"""How fast the node answers over HTTP, against the bare framework on the same server.

    python -m benchmarks.http [--seconds 3] [--rounds 3] [--people 2504]

Both are served by granian (WSGI, processes with one thread each) at the same time and asked in turn
by `wrk` with 16 connections from this machine. The question is an exact allele with two filters
over three datasets.
"""

import argparse
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

from benchmarks.cohort import Cohort, make_node
from benchmarks.measure import cores, quantile, scratch, show

CONNECTIONS = 16


def main() -> None:
    options = _options()
    with scratch() as folder:
        home = Path(folder) / "home"
        cohort = make_node(home, Cohort(people=options.people, alleles=20_000, datasets=3))
        servers = {
            "bare Flask": _Server("benchmarks.http:bare_flask", home),
            "node": _Server("beacon_node.node_web.wsgi:make_app", home),
        }
        paths = {"bare Flask": "/", "node": _question(cohort)}
        try:
            for name, server in servers.items():
                server.wait(paths[name])
            results = _interleaved(servers, paths, options)
        finally:
            for server in servers.values():
                server.stop()
    _report(results)


def bare_flask():
    """Return the smallest Flask application: the floor."""
    from flask import Flask

    app = Flask(__name__)

    @app.get("/")
    def hello() -> str:
        return "hello"

    return app


def _question(cohort) -> str:
    place = cohort.alleles[len(cohort.alleles) // 2]
    filters = quote(",".join(cohort.terms[:2]))
    return (
        f"/api/individuals?assemblyId=GRCh38&referenceName={place.reference_name}"
        f"&start={place.start}&referenceBases={place.ref}&alternateBases={place.alt}"
        f"&filters={filters}&requestedGranularity=count"
    )


class _Server:
    """A granian server of this machine, in its own process group, stopped by `stop`."""

    def __init__(self, target: str, home: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "granian",
                "--interface",
                "wsgi",
                "--factory",
                "--host",
                "127.0.0.1",
                "--port",
                str(self.port),
                "--workers",
                str(cores()),
                "--blocking-threads",
                "1",
                "--no-ws",
                "--log-level",
                "warning",
                target,
            ],
            env={**os.environ, "BEACON_NODE_HOME": str(home)},
            start_new_session=True,
        )

    def wait(self, path: str) -> None:
        for _ in range(200):
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}") as answer:
                    answer.read()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"the server for {path} did not start")

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(10)


def _interleaved(servers, paths, options) -> dict[str, list[tuple[float, float, float]]]:
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in servers}
    for name, server in servers.items():
        _wrk(server.port, paths[name], 1)  # warm
    for _ in range(options.rounds):
        for name, server in servers.items():
            results[name].append(_wrk(server.port, paths[name], options.seconds))
    return results


def _wrk(port: int, path: str, seconds: int) -> tuple[float, float, float]:
    """Return (requests per second, p50 ms, p99 ms); any error answer stops the benchmark."""
    done = subprocess.run(
        [
            "wrk",
            "-t1",
            f"-c{CONNECTIONS}",
            f"-d{seconds}s",
            "--latency",
            f"http://127.0.0.1:{port}{path}",
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in done or "Socket errors" in done:
        raise SystemExit(done)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", done)[1])
    return rate, _latency(done, "50%"), _latency(done, "99%")


def _latency(text: str, which: str) -> float:
    value, unit = re.search(rf"{which}\s+([\d.]+)(us|ms|s)\b", text).groups()
    return float(value) * {"us": 0.001, "ms": 1, "s": 1_000}[unit]


def _report(results) -> None:
    middle = {
        name: tuple(quantile([run[i] for run in runs], 0.5) for i in range(3))
        for name, runs in results.items()
    }
    floor = middle["bare Flask"][0]
    rows = [
        [name, f"{rate:,.0f}", rate / floor, p50, p99, p99 / p50]
        for name, (rate, p50, p99) in middle.items()
    ]
    show(
        f"HTTP, {CONNECTIONS} connections (bars: ratio at least 0.45, p99/p50 at most 10)",
        ["server", "requests/s", "ratio", "p50 ms", "p99 ms", "p99/p50"],
        rows,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--people", type=int, default=2504)
    return parser.parse_args()


if __name__ == "__main__":
    main()
