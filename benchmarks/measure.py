"""Small instruments: CPU and memory of a command, quantiles, a table of results."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Cost:
    """What a command and all its children used. `peak_mb` is of the largest single process."""

    wall_s: float
    cpu_s: float
    peak_mb: float


def cost_of(command: Sequence[str], **options) -> Cost:
    """Run a command to its end and return its cost; a failing command stops the benchmark."""
    # A small intermediate process keeps the children's usage apart from earlier measurements.
    script = (
        "import resource, subprocess, sys\n"
        "code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode\n"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)\n"
        "sys.exit(code)\n"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", script, *command], capture_output=True, text=True, **options
    )
    wall = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr.strip()}")
    cpu, peak = map(float, done.stdout.split()[-2:])
    return Cost(wall, cpu, peak)


def quantile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of `values` lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def timed_us(work: Callable[[], object], repeats: int) -> list[float]:
    """Return the microseconds of each of `repeats` calls."""
    clock = time.perf_counter_ns
    taken = []
    for _ in range(repeats):
        started = clock()
        work()
        taken.append((clock() - started) / 1_000)
    return taken


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table; numbers are shown with three digits."""
    table = Table(title=title, title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*(f"{cell:.3g}" if isinstance(cell, float) else str(cell) for cell in row))
    Console(width=120).print(table)


def scratch() -> tempfile.TemporaryDirectory:
    """Return a temporary folder on a real disk rather than in memory."""
    root = Path(__file__).resolve().parent / ".cache"
    root.mkdir(exist_ok=True)
    return tempfile.TemporaryDirectory(dir=root)


def cores() -> int:
    return len(os.sched_getaffinity(0))
