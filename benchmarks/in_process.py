"""What one exact-allele count with two filters over three datasets costs inside the node.

    python -m benchmarks.in_process            # up to 2 million alleles and 500,000 people
    python -m benchmarks.in_process --large    # up to 20 million alleles

The floor, measured in turn with it, is three bare SQLite point SELECTs on the same files. `search`
is the store's work on the three datasets; `answer` is the whole question, with names resolved, the
decision, disclosure and the look whether anything was released or learned meanwhile. Bars: search
under 30 µs; at most 3 times slower at 20 million alleles, 10 times at 500,000 people.
"""

import random
import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from beacon_node.actions.answer_query import answer
from beacon_node.actions.plan_search import plan_search
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import Granularity, OntologyFilter, Query, SequenceQuery
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import Node, open_node
from beacon_node.policy.access import decide
from beacon_node.store.schema import ORDINALS, REFERENCE_SHIFT, START_SHIFT
from benchmarks.cohort import Cohort, make_node
from benchmarks.measure import quantile, scratch, show, timed_us

REPEATS = 6_000
ROUNDS = 6  # what is compared is measured in turn


@dataclass(frozen=True, slots=True)
class Taken:
    """Microseconds of each call, by what was measured."""

    floor: list[float]
    search: list[float]
    answer: list[float]


def main(large: bool) -> None:
    shapes = [Cohort(2504, 200_000), Cohort(2504, 2_000_000)]
    shapes += [Cohort(2504, 20_000_000)] if large else []
    shapes += [Cohort(2504, 20_000), Cohort(100_000, 20_000), Cohort(500_000, 20_000)]
    measured = {(shape.people, shape.alleles): _measure(shape) for shape in shapes}
    show(
        "Exact allele, two filters, three datasets (µs)",
        [
            "people",
            "alleles",
            "floor p50",
            "search p50",
            "p99",
            "mean",
            "ratio",
            "growth",
            "answer",
        ],
        [_row(people, alleles, measured) for people, alleles in measured],
    )


def _row(people: int, alleles: int, measured: dict[tuple[int, int], Taken]) -> list[object]:
    """Return a line; growth is p50 against the fewest alleles, or mean against the fewest."""
    taken = measured[(people, alleles)]
    p50, mean = quantile(taken.search, 0.5), _mean(taken.search)
    if people == 2504 and alleles != 20_000:
        growth = p50 / quantile(measured[(2504, 200_000)].search, 0.5)
    else:
        growth = mean / _mean(measured[(2504, 20_000)].search)
    floor = quantile(taken.floor, 0.5)
    numbers = [floor, p50, quantile(taken.search, 0.99), mean, p50 / floor, growth]
    return [f"{people:,}", f"{alleles:,}", *numbers, quantile(taken.answer, 0.5)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _measure(shape: Cohort) -> Taken:
    with scratch() as folder:
        home = Path(folder) / "home"
        made = make_node(home, shape)
        node = open_node(home)
        filters = tuple(OntologyFilter(term) for term in sorted(made.terms[:2]))
        queries = [_query(allele, filters) for allele in made.alleles]
        random.Random(5).shuffle(queries)
        kinds = {
            "floor": _selects(home, made.alleles),
            "search": _searches(node, queries),
            "answer": _each(queries, lambda query: answer(node, query, ANONYMOUS)),
        }
        taken: dict[str, list[float]] = {name: [] for name in kinds}
        for round_number in range(ROUNDS + 1):
            for name, work in kinds.items():
                found = timed_us(work, REPEATS // ROUNDS)
                taken[name] += found if round_number else []  # the first round only warms
    return Taken(**taken)


def _each(items: list, work: Callable[[object], object]) -> Callable[[], object]:
    """Return a function that works on the next item at each call, round and round."""
    following = cycle(items).__next__
    return lambda: work(following())


def _searches(node: Node, queries: list[Query]) -> Callable[[], object]:
    datasets = tuple(node.store.datasets())
    decision = decide(ANONYMOUS, datasets, node.clock.now())
    pairs = [(d, replace(decision.datasets[d.id], people=EVERYBODY)) for d in datasets]
    plans = [plan_search(node, query, datasets) for query in queries]
    search = node.store.search

    def one(plan) -> None:
        for dataset, own in pairs:
            search(dataset, plan, own)

    return _each(plans, one)


def _query(allele, filters) -> Query:
    place = SequenceQuery(
        Assembly.GRCH38, allele.reference_name, allele.start, allele.ref, allele.alt
    )
    return Query(EntryType.INDIVIDUAL, place, filters, Granularity.COUNT)


def _selects(home: Path, alleles) -> Callable[[], object]:
    """Return one point SELECT on each of the three indexes."""
    indexes = sorted((home / "data" / "datasets").glob("*/releases/*.sqlite"))
    readers = [
        sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True).execute for path in indexes
    ]
    keys = [
        REFERENCE_NUMBER[a.reference_name] << REFERENCE_SHIFT | a.start << START_SHIFT
        for a in alleles
    ]
    random.Random(5).shuffle(keys)
    sql = "SELECT ref, alt, het, hom, single FROM allele WHERE id BETWEEN ? AND ?"

    def select(key: int) -> None:
        for read in readers:
            read(sql, (key, key + ORDINALS - 1)).fetchall()

    return _each(keys, select)


if __name__ == "__main__":
    main("--large" in sys.argv)
