"""How fast the node answers over HTTP, against the bare framework on the same server.

    python -m benchmarks.http [--seconds 3] [--rounds 3] [--people 2504]

Both are served by granian (WSGI, processes with one thread each) at the same time and asked in turn
by `wrk` with 16 connections from this machine. The question is an exact allele with two filters
over three datasets.
"""

import argparse
from pathlib import Path
from urllib.parse import quote

from benchmarks.cohort import Cohort, make_node
from benchmarks.measure import quantile, scratch, show
from benchmarks.serving import CONNECTIONS, Server, ask


def main() -> None:
    options = _options()
    with scratch() as folder:
        home = Path(folder) / "home"
        cohort = make_node(home, Cohort(people=options.people, alleles=20_000, datasets=3))
        servers = {
            "bare Flask": Server("benchmarks.http:bare_flask", home),
            "node": Server("beacon_node.node_web.wsgi:make_app", home),
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


def _interleaved(servers, paths, options) -> dict[str, list[tuple[float, float, float]]]:
    results: dict[str, list[tuple[float, float, float]]] = {name: [] for name in servers}
    for name, server in servers.items():
        ask(server.port, paths[name], 1)  # warm
    for _ in range(options.rounds):
        for name, server in servers.items():
            results[name].append(ask(server.port, paths[name], options.seconds))
    return results


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
