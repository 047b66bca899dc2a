"""Reads a genotype file into a part, its segments in processes of their own, in file order."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path

from beacon_node.errors import BeaconNodeError, StoreUnavailable
from beacon_node.model.calls import GenotypeFile, Interval, ReadReport
from beacon_node.ports import Progress
from beacon_node.store.parts import PartWriter

_POLL_S = 0.2  # how often a waiting reader looks at how far the others are
CheckOrder = Callable[[Sequence[ReadReport]], None]


@dataclass(frozen=True, slots=True)
class Reading:
    """What to read and how: `processes` 1 reads here; `declare` gives a finished part's properties
    and what it says was assayed; `check_order` raises InvalidInput if the reports of the segments
    read so far show records out of order."""

    file: GenotypeFile
    processes: int
    declare: Callable[[ReadReport], tuple[Mapping[str, str], Sequence[Interval]]]
    check_order: CheckOrder
    progress: Progress


def read_genotypes(reading: Reading, path: Path) -> ReadReport:
    """Write the part `path` and return what was noticed; on an error nothing is left behind."""
    file = reading.file
    with PartWriter(path, file.samples) as writer:
        reports: list[ReadReport] = []
        pieces = _here if reading.processes <= 1 or len(file.segments) == 1 else _beside
        for report in pieces(reading, writer, path):
            reports.append(report)
            reading.check_order(reports)
        whole = ReadReport()
        for report in reports:
            whole.add(report)
        writer.declare(*reading.declare(whole))
    return whole


def _here(reading: Reading, writer: PartWriter, path: Path) -> Iterator[ReadReport]:
    for segment in reading.file.segments:
        report = ReadReport()
        writer.write(reading.file.read(segment, report, reading.progress.advance))
        yield report


def _beside(reading: Reading, writer: PartWriter, path: Path) -> Iterator[ReadReport]:
    """Read segments in other processes; each writes a part of its own, appended in order."""
    segments = reading.file.segments
    pieces = [path.with_name(f"{path.name}-{number}") for number in range(len(segments))]
    try:
        with _pool(reading) as (pool, watch):
            jobs = [
                pool.submit(_read_piece, segment, piece)
                for segment, piece in zip(segments, pieces, strict=True)
            ]
            for job, piece in zip(jobs, pieces, strict=True):
                report = watch(job)
                writer.append(piece)
                yield report
    finally:
        for piece in pieces:
            piece.unlink(missing_ok=True)


@contextmanager
def _pool(reading: Reading) -> Iterator[tuple[ProcessPoolExecutor, Callable]]:
    """Give a pool and what waits for one of its jobs; leaving it with an error stops its work."""
    spawn = multiprocessing.get_context("spawn")  # threads and open databases do not survive a fork
    done, stop = spawn.Value("q", 0), spawn.Event()
    pool = ProcessPoolExecutor(
        min(reading.processes, len(reading.file.segments)),
        mp_context=spawn,
        initializer=_begin,
        initargs=(reading.file, done, stop),
    )
    told = 0

    def watch(job: Future) -> ReadReport:
        nonlocal told
        while True:
            finished = wait([job], timeout=_POLL_S).done
            reading.progress.advance(done.value - told)
            told = done.value
            if finished:
                return job.result()

    try:
        yield pool, watch
    except BrokenProcessPool as error:
        problem = "a process that was reading the file was ended by the system, out of memory?"
        raise StoreUnavailable(problem) from error
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


# ---- in the other processes --------------------------------------------------------------------


class _Stopped(BeaconNodeError):
    """Another segment failed, so this one is not needed any more."""


class _Task:
    """What a reading process was given when it began."""

    file: GenotypeFile
    advance: Callable[[int], None]


def _begin(file: GenotypeFile, done, stop) -> None:
    def advance(amount: int) -> None:
        if stop.is_set():
            raise _Stopped
        with done.get_lock():
            done.value += amount

    _Task.file, _Task.advance = file, staticmethod(advance)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone, also when that was killed."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _read_piece(segment: object, path: Path) -> ReadReport:
    report = ReadReport()
    with PartWriter(path, _Task.file.samples, is_lasting=False) as writer:
        writer.write(_Task.file.read(segment, report, _Task.advance))
    return report
