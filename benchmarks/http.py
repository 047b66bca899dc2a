"""How fast the node answers over HTTP, every answer on record, against the bare framework.

    python -m benchmarks.http [--seconds 2] [--rounds 7] [--people 2504]

Node and framework are served by granian (WSGI, processes with one thread each) at the same time and
asked in turn by `wrk` with 16 connections from this machine. The floor is the smallest Flask
application; each ratio is the median over the rounds of a run against the floor's run before it.
CPU is what the server's processes use for one answer; on a busy machine that is more too, for
others take the processor's caches: compare it with the floor's.
Public questions: an exact allele of a protected dataset, of open data, and of both at once; and
what costs most, a count with two filters over three datasets of open data.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from beacon_node.node import open_node
from benchmarks.cohort import Cohort, Made, make_node
from benchmarks.measure import quantile, scratch, show
from benchmarks.protected import Kind, add_protected, allele_question, groups_of
from benchmarks.serving import CONNECTIONS, Server, ask

FLOOR = "bare Flask"
_OPEN = ("cohort-1", "cohort-2", "cohort-3")
Runs = dict[str, list[tuple[float, float, float, float]]]


def main() -> None:
    options = _options()
    with scratch() as folder:
        home = Path(folder) / "home"
        cohort = make_node(home, Cohort(people=options.people, alleles=20_000, datasets=3))
        groups = groups_of({"yes": (Kind.YES,) * 10}, 20, seed=5)
        add_protected(open_node(home, {}), Path(folder) / "files", groups)
        servers = {
            FLOOR: Server("benchmarks.http:bare_flask", home),
            "node": Server("beacon_node.node_web.wsgi:make_app", home),
        }
        try:
            for server, path in zip(servers.values(), ("/", "/api/info"), strict=True):
                server.wait(path)
            results = _in_turn(servers, questions(cohort, groups[0].positions[0]), options)
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


def questions(cohort: Made, position: int) -> dict[str, str]:
    """Return the paths to be asked, by what they are called."""
    place = cohort.alleles[len(cohort.alleles) // 2]
    allele = (
        f"assemblyId=GRCh38&referenceName={place.reference_name}"
        f"&start={place.start}&referenceBases={place.ref}&alternateBases={place.alt}"
    )
    protected = allele_question(position)
    filters = quote(",".join(cohort.terms[:2]))
    return {
        "protected": protected,
        "open": f"/api/g_variants?{allele}&requestedGranularity=boolean&datasetIds={_OPEN[0]}",
        "both": f"{protected},{_OPEN[0]}",
        "three open, filters": f"/api/individuals?{allele}&filters={filters}"
        f"&requestedGranularity=count&datasetIds={','.join(_OPEN)}",
    }


def _in_turn(servers: Mapping[str, Server], asked: Mapping[str, str], options) -> Runs:
    """Return (requests per second, p50 ms, p99 ms, CPU µs of an answer) of each round."""
    turns = {FLOOR: (servers[FLOOR], "/")}
    turns |= {name: (servers["node"], path) for name, path in asked.items()}
    results: Runs = {name: [] for name in turns}
    for server, path in turns.values():
        ask(server.port, path, 1)  # warm
    for _ in range(options.rounds):
        for name, (server, path) in turns.items():
            results[name].append(_run(server, path, options.seconds))
    return results


def _run(server: Server, path: str, seconds: int) -> tuple[float, float, float, float]:
    before = server.cpu_s()
    rate, p50, p99 = ask(server.port, path, seconds)
    return rate, p50, p99, (server.cpu_s() - before) / (rate * seconds) * 1e6


def _report(results: Runs) -> None:
    rows = [_row(name, runs, results[FLOOR]) for name, runs in results.items()]
    show(
        f"HTTP, {CONNECTIONS} connections (bars: ratio at least 0.4, p99/p50 at most 10)",
        ["question", "requests/s", "ratio", "lowest", "highest", "p50 ms", "p99/p50", "CPU µs"],
        rows,
    )


def _row(name: str, runs: Sequence[tuple], floor: Sequence[tuple]) -> list[object]:
    ratios = [run[0] / bare[0] for run, bare in zip(runs, floor, strict=True)]
    rate, p50, p99, cpu = (quantile([run[i] for run in runs], 0.5) for i in range(4))
    spread = [quantile(ratios, 0.5), min(ratios), max(ratios)]
    return [name, f"{rate:,.0f}", *spread, p50, p99 / p50, cpu]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--people", type=int, default=2504)
    return parser.parse_args()


if __name__ == "__main__":
    main()
