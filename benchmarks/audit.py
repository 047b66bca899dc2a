"""What it costs to record a question, alone and beside others: `python -m benchmarks.audit`.

Processes ask one ledger for the moment and add the audit entry of a public question, as fast as
they can. The floor is the same entry appended to a file by `O_APPEND`, by as many processes. Shares
are of the entries of a round: nobody starves if the smallest is near the largest.
"""

import argparse
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from beacon_node.store.ledger import Ledger
from benchmarks.measure import scratch, show

_PROCESSES = get_context("spawn")  # a ledger is opened by each
_PLACE = {"assembly": "GRCh38", "reference": "17", "start": 43_045_710, "ref": "C", "alt": "T"}
_TOLD = {"status": "answered", "granularity": "boolean", "basis": "public", "individuals": 0}
BODY = {
    "asked": {"entry_type": "genomicVariant", "granularity": "boolean", "variation": _PLACE},
    "by": {"tier": "public"},
    "decided_at": "2030-01-07T10:31:00.000000Z",
    "consent_version": 0,
    "datasets": ["clinic"],
    "told": {"clinic": _TOLD},
}
_AT_ONCE = 50  # entries between two looks at the clock


def main() -> None:
    options = _options()
    rows = [
        [name, processes, *_measured(work, processes, options.seconds)]
        for processes in (1, 2, 4)
        for name, work in (("floor: append to a file", _append), ("ledger", _audit))
    ]
    columns = ["", "processes", "entries/s", "CPU µs an entry", "least share", "largest"]
    show("Recording public questions", columns, rows)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3)
    return parser.parse_args()


def _measured(work: Callable, processes: int, seconds: float) -> list[object]:
    with scratch() as folder:
        path = Path(folder) / "ledger.sqlite"
        Ledger.create(path).close()
        results, ready = _PROCESSES.Queue(), _PROCESSES.Barrier(processes)
        started = [
            _PROCESSES.Process(target=_run, args=(work, path, seconds, ready, results))
            for _ in range(processes)
        ]
        for process in started:
            process.start()
        done = [results.get() for _ in started]
        for process in started:
            process.join()
    entries = sum(count for count, _ in done)
    shares = [count / entries for count, _ in done]
    cpu_us = sum(cpu for _, cpu in done) / entries * 1e6
    return [f"{entries / seconds:,.0f}", cpu_us, min(shares), max(shares)]


def _run(work: Callable, path: Path, seconds: float, ready, results) -> None:
    record = work(path)
    record()
    ready.wait()
    count, used, end = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end:
        for _ in range(_AT_ONCE):
            record()
        count += _AT_ONCE
    results.put((count, time.process_time() - used))


def _audit(path: Path) -> Callable[[], None]:
    ledger = Ledger(path)

    def record() -> None:
        since = ledger.moment(datetime.now(UTC)).consent_version
        ledger.audit(BODY, now=datetime.now(UTC), unchanged_since=since)

    return record


def _append(path: Path) -> Callable[[], None]:
    file = os.open(path.with_name("floor"), os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
    content = str(BODY).encode()

    def record() -> None:
        os.write(file, content)

    return record


if __name__ == "__main__":
    main()
