"""What the evaluation of consents adds to a warm question over HTTP.

    python -m benchmarks.consent [--people 1000 100000 1000000] [--seconds 1] [--rounds 9]

One node holds the same people twice: as open data, and as a dataset whose people each consented in
terms of their own. `wrk` asks both in turn from 16 connections, the second under a grant. The floor
is the open dataset: the same question, index and audit entry, without consents; `added` is the
median over the pairs of runs. Measured quietly, while other processes write audit entries into the
same ledger as fast as their turns come, and across a moment at which a person's consent ends.
"""

import argparse
import json
import multiprocessing
import os
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from beacon_node.actions.consented_people import take_snapshot
from beacon_node.model.consent import EVERYTHING, ConsentVersion, Source, Status
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.data_use import ConsentTerm, ResearchPurpose, Use
from beacon_node.model.duo_terms import DS, GRU, HMB
from beacon_node.model.requester import Grant, Requester, Tier
from beacon_node.node import Node, open_node
from benchmarks.cohort import Cohort, Made, make_node
from benchmarks.measure import quantile, scratch, show
from benchmarks.serving import CONNECTIONS, Server, ask

OPEN, CONSENTED = "cohort-1", "cohort-2"
PURPOSE = ResearchPurpose(frozenset({"biomedical"}))
# Most people permit the purpose; one in ten named one of fifty diseases instead.
_DISEASES = [Use.of(ConsentTerm(DS, diseases=frozenset({f"MONDO:{n:07}"}))) for n in range(50)]
WRITERS = 2  # processes that write audit entries meanwhile
AT_ONCE = 20_000  # consents recorded in one transaction
LEAD_S = 4  # until the consent ends that the last measurement runs across
START = datetime(2030, 1, 1, tzinfo=UTC) - timedelta(days=3_650)


def make_app():
    """Return the node's application, asked by a researcher who holds a grant."""
    from beacon_node.node_web.app import create_app

    return create_app(open_node(Path(os.environ["BEACON_NODE_HOME"])), _researcher)


def _researcher() -> Requester:
    until = datetime(9000, 1, 1, tzinfo=UTC)
    grant = Grant(CONSENTED, PURPOSE, until, "A-1")
    return Requester(Tier.CONTROLLED, "r-1", grants=(grant,))


def main() -> None:
    options = _options()
    for people in options.people:
        with scratch() as folder:
            home = Path(folder) / "home"
            made = make_node(home, Cohort(people=people, alleles=5_000, datasets=2))
            node = open_node(home)
            _consent(node, people)
            _show(people, _measure(node, home, made, options))


# ---- people and their consents -------------------------------------------------------------------


def _consent(node: Node, people: int) -> None:
    """Let everybody of the second dataset consent, and release it under these consents."""
    for first in range(0, people, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, people))
        versions = [_given(f"IP{n:07}", _use(n)) for n in numbers]
        node.ledger.record(versions, by="benchmark", now=node.clock.now())
    dataset = node.catalogue.dataset(CONSENTED)
    release = node.catalogue.current_release(CONSENTED)
    moment = node.ledger.record_release(CONSENTED, now=node.clock.now())
    closed = replace(dataset, is_open_data=False, licence="", use=Use.of(ConsentTerm(GRU)))
    node.catalogue.remove_dataset(CONSENTED)
    node.catalogue.add_dataset(closed)
    index = node.catalogue.folder(CONSENTED) / "releases" / release.path
    consents = take_snapshot(node, CONSENTED, release.number, moment, index)
    node.catalogue.make_current(
        CONSENTED,
        replace(
            release,
            consented_at=moment_text(moment.at),
            consent_version=moment.consent_version,
            consents=consents,
            use=closed.use,
        ),
    )


def _use(number: int) -> Use:
    if number % 10 == 0:
        return _DISEASES[number // 10 % len(_DISEASES)]
    return Use.of(ConsentTerm(HMB if number % 3 else GRU))


def _given(individual: str, use: Use, until: datetime | None = None) -> ConsentVersion:
    signed = START if until is None else START + timedelta(days=1)
    return ConsentVersion(
        number=0,
        individual=individual,
        status=Status.GIVEN,
        scope=EVERYTHING,
        signed_on=signed,
        effective_from=signed,
        effective_until=until,
        recorded_at=START,
        recorded_by="benchmark",
        source=Source(f"form-{individual}", ""),
        use=use,
    )


# ---- measuring -----------------------------------------------------------------------------------


def _measure(node: Node, home: Path, made: Made, options: argparse.Namespace) -> list[list]:
    paths = {name: _question(made, name) for name in (OPEN, CONSENTED)}
    server = Server("benchmarks.consent:make_app", home)
    rows = []
    try:
        for path in paths.values():
            server.wait(path)
            _require_count(server, path)
            ask(server.port, path, 1)
        rows += _rows("quiet", server, paths, options)
        with _others_auditing(home):
            rows += _rows(f"{WRITERS} processes audit too", server, paths, options)
        ends = datetime.now(UTC) + timedelta(seconds=LEAD_S)
        versions = [_given("IP0000001", _use(1), ends)]
        node.ledger.record(versions, by="benchmark", now=node.clock.now())
        rows += _rows("a consent ends meanwhile", server, paths, options)
    finally:
        server.stop()
    return rows


def _require_count(server: Server, path: str) -> None:
    """Stop the benchmark if people are not counted: then nothing would be measured."""
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}") as answer:
        summary = json.load(answer)["responseSummary"]
    if not summary.get("numTotalResults"):
        raise SystemExit(f"{path} counts nobody: {summary}")


def _show(people: int, rows: list[list]) -> None:
    show(
        f"Consents of {people:,} people, HTTP, {CONNECTIONS} connections (bar: below 0.20 added)",
        ["while", "dataset", "requests/s", "p50 ms", "p99 ms", "added"],
        rows,
    )


def _rows(what: str, server: Server, paths: dict, options: argparse.Namespace) -> list[list]:
    taken: dict[str, list[tuple[float, float, float]]] = {name: [] for name in paths}
    for _ in range(options.rounds):
        for name, path in paths.items():
            taken[name].append(ask(server.port, path, options.seconds))
    pairs = zip(taken[OPEN], taken[CONSENTED], strict=True)
    added = quantile([free[0] / consented[0] - 1 for free, consented in pairs], 0.5)
    return [
        [what, name, *_middle(taken[dataset]), share]
        for dataset, name, share in ((OPEN, "open", 0.0), (CONSENTED, "consented", added))
    ]


def _middle(runs: list[tuple[float, float, float]]) -> tuple[str, float, float]:
    """Return the median requests/s, p50 and p99 of some runs."""
    rate, p50, p99 = (quantile([run[i] for run in runs], 0.5) for i in range(3))
    return f"{rate:,.0f}", p50, p99


def _question(made: Made, dataset_id: str) -> str:
    place = made.alleles[len(made.alleles) // 2]
    return (
        f"/api/individuals?assemblyId=GRCh38&referenceName={place.reference_name}"
        f"&start={place.start}&referenceBases={place.ref}&alternateBases={place.alt}"
        f"&requestedGranularity=count&datasets={dataset_id}"
    )


@contextmanager
def _others_auditing(home: Path) -> Iterator[None]:
    stop = multiprocessing.Event()
    writers = [
        multiprocessing.Process(target=_audit_until, args=(home, stop)) for _ in range(WRITERS)
    ]
    for writer in writers:
        writer.start()
    try:
        yield
    finally:
        stop.set()
        for writer in writers:
            writer.join(10)


def _audit_until(home: Path, stop) -> None:
    node = open_node(home)
    while not stop.wait(0.002):
        moment = node.ledger.moment(node.clock.now())
        body = {"consent_version": moment.consent_version, "datasets": [OPEN]}
        node.ledger.audit(body, now=node.clock.now())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[1_000, 100_000, 1_000_000])
    parser.add_argument("--seconds", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=9)
    return parser.parse_args()


if __name__ == "__main__":
    main()
