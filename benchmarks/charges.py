"""What the ledger costs a question of the registered tier: `python -m benchmarks.charges`.

Four accounts pay (researcher, organisation, broker, and the pool of all) for counts among many
people, most of whom consent. The floor, measured in turn with it, is a bare SQLite table in which
as many bytes are committed to disk. Also: how long a process takes that starts with many charges.
"""

import argparse
import resource
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.charges import charge
from beacon_node.model.answer import NoisyCount
from beacon_node.model.carriers import NumberSet
from beacon_node.node import Node, open_node
from beacon_node.privacy.registered.account import Place
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.privacy.registered.count import Group, Question
from beacon_node.privacy.registered.crowd import Crowd
from beacon_node.privacy.registered.frequencies import frequency
from beacon_node.privacy.registered.masks import mask_of, store_mask
from beacon_node.privacy.registered.prices import price_list

PAYERS = ("researcher:r", "organisation:o", "broker:b")
DATASET, GENOMES = "d", 2_500  # reference genomes: as many as 1000 Genomes has
SHARE = 0.9  # of people who consent
_TEXTS = 1_500  # bytes of two entries of the chain and of what is public of a charge
FREQUENCIES = (0.001, 0.002, 0.005, 0.01, 0.02)


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        home = Path(folder) / "node"
        init_node(home, NewNode())
        node = open_node(home, {})
        people = range(options.people)
        persons = [number.to_bytes(16) for number in people]
        node.ledger.seat(DATASET, persons, now=datetime.now(UTC))
        questions = _questions(options.people, options.questions)
        asking, working, floors = _measure(node, Path(folder) / "floor.sqlite", questions)
        _report("ask, charge and draw, on disk", asking)
        _report("its processor time", working)
        _report("floor: commit of as many bytes", floors)
        print(f"ratio of the medians: {np.median(asking) / np.median(floors):.2f}")
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"memory at most: {memory:.0f} MB")
        _report_start(home, next(_questions(options.people, 1, seed=2)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--questions", type=int, default=500)
    parser.add_argument("--folder", help="where files are made: on the disk to be measured")
    return parser.parse_args()


def _questions(people: int, count: int, seed: int = 1) -> Iterator[Asked]:
    random = np.random.default_rng(seed)
    prices = price_list(Bounds())
    consenting = np.flatnonzero(random.random(people) < SHARE)
    seats = NumberSet.of(people, consenting)
    for number in range(count):
        f = FREQUENCIES[number % len(FREQUENCIES)]
        carries = 1 - (1 - f) ** 2
        matching = NumberSet.of(people, consenting[random.random(len(consenting)) < carries])
        genomes = NumberSet.of(GENOMES, np.flatnonzero(random.random(GENOMES) < carries))
        limits = frequency([(int(f * 10_000), 10_000)])
        yield Asked(
            DATASET,
            f"{seed} {number}".encode(),
            PAYERS,
            Question(
                Group(matching, seats),
                Group(genomes),
                prices(Crowd(int(0.9 * people)), limits),
                Place("1", 10_000 * number, 10_000 * number + 1),
            ),
        )


def _measure(node: Node, path: Path, questions: Iterator[Asked]) -> tuple[list[float], ...]:
    """Return the seconds of each question, those that it worked, and those of committing as much,
    in turns."""
    asking, working, floors = [], [], []
    with closing(sqlite3.connect(path, isolation_level=None)) as floor:
        floor.execute("PRAGMA journal_mode = WAL")
        floor.execute("PRAGMA synchronous = FULL")
        floor.execute("CREATE TABLE t (number INTEGER PRIMARY KEY, content BLOB)")
        for asked in questions:
            begin, worked = time.perf_counter(), time.process_time()
            counted = _ask(node, asked)
            asking.append(time.perf_counter() - begin)
            working.append(time.process_time() - worked)
            if not isinstance(counted, NoisyCount):
                raise SystemExit(f"after {len(asking)} questions: {counted.reason}")
            content = _content(asked)
            begin = time.perf_counter()
            floor.execute("INSERT INTO t (content) VALUES (?)", [content])
            floors.append(time.perf_counter() - begin)
    return asking, working, floors


def _ask(node: Node, asked: Asked) -> object:
    moment = node.ledger.moment(node.clock.now())

    def record(outcomes) -> dict:
        return {"consent_version": moment.consent_version, "datasets": list(outcomes)}

    return charge(node, [asked], moment, record)[DATASET]


def _content(asked: Asked) -> bytes:
    """Return as many bytes as the sets and texts of a charge have that no earlier one had."""
    sets = asked.question.people.matching, asked.question.reference.matching
    return bytes(_TEXTS + sum(len(store_mask(mask_of(one))) for one in sets))


def _report(label: str, seconds: list[float]) -> None:
    quantiles = np.quantile(np.array(seconds) * 1e3, [0.5, 0.95, 0.99])
    print(
        f"{label:32} median {quantiles[0]:.2f} ms, 95 % {quantiles[1]:.2f}, 99 % {quantiles[2]:.2f}"
    )


def _report_start(home: Path, asked: Asked) -> None:
    node = open_node(home, {})
    begin = time.perf_counter()
    _ask(node, asked)
    print(f"first question of a process that starts: {time.perf_counter() - begin:.3f} s")


if __name__ == "__main__":
    main()
