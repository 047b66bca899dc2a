"""What one exact-allele count with two filters over three datasets costs inside the node.

    python -m benchmarks.in_process            # up to 2 million alleles and 500,000 people
    python -m benchmarks.in_process --large    # up to 20 million alleles

The floor, measured in turn with it, is three bare SQLite point SELECTs on the same files.
Bars: under 30 µs; at most 3 times slower at 20 million alleles, 10 times at 500,000 people.
"""

import random
import sqlite3
import sys
from pathlib import Path

from beacon_node.actions.answer_query import answer
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.query import Granularity, OntologyFilter, Query, SequenceQuery
from beacon_node.model.requester import ANONYMOUS
from beacon_node.node import open_node
from beacon_node.store.schema import ORDINALS, REFERENCE_SHIFT, START_SHIFT
from benchmarks.cohort import Cohort, make_node
from benchmarks.measure import quantile, scratch, show, timed_us

REPEATS = 5_000


def main(large: bool) -> None:
    shapes = [Cohort(2504, 200_000), Cohort(2504, 2_000_000)]
    shapes += [Cohort(2504, 20_000_000)] if large else []
    shapes += [Cohort(2504, 20_000), Cohort(100_000, 20_000), Cohort(500_000, 20_000)]
    measured = {(shape.people, shape.alleles): _measure(shape) for shape in shapes}
    rows = []
    for (people, alleles), (floor, p50, p99, mean) in measured.items():
        by_alleles = people == 2504 and alleles != 20_000
        base = measured[(2504, 200_000 if by_alleles else 20_000)]
        growth = p50 / base[1] if by_alleles else mean / base[3]
        rows.append([f"{people:,}", f"{alleles:,}", floor, p50, p99, mean, p50 / floor, growth])
    show(
        "Exact allele, two filters, three datasets (µs; growth: p50 by alleles, mean by people)",
        ["people", "alleles", "floor", "p50", "p99", "mean", "ratio", "growth"],
        rows,
    )


def _measure(shape: Cohort) -> tuple[float, float, float, float]:
    with scratch() as folder:
        home = Path(folder) / "home"
        made = make_node(home, shape)
        node = open_node(home)
        filters = tuple(OntologyFilter(term) for term in sorted(made.terms[:2]))
        queries = [_query(allele, filters) for allele in made.alleles]
        chance = random.Random(5)
        for query in queries:
            answer(node, query, ANONYMOUS)
        taken = timed_us(lambda: answer(node, chance.choice(queries), ANONYMOUS), REPEATS)
        floor = quantile(_floor(home, made.alleles, chance), 0.5)
    return floor, quantile(taken, 0.5), quantile(taken, 0.99), sum(taken) / len(taken)


def _query(allele, filters) -> Query:
    place = SequenceQuery(
        Assembly.GRCH38, allele.reference_name, allele.start, allele.ref, allele.alt
    )
    return Query(EntryType.INDIVIDUAL, place, filters, Granularity.COUNT)


def _floor(home: Path, alleles, chance: random.Random) -> list[float]:
    """Return the times of one point SELECT on each of the three indexes."""
    indexes = sorted((home / "data" / "datasets").glob("*/releases/*.sqlite"))
    readers = [
        sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True).execute for path in indexes
    ]
    keys = [
        REFERENCE_NUMBER[a.reference_name] << REFERENCE_SHIFT | a.start << START_SHIFT
        for a in alleles
    ]
    sql = "SELECT ref, alt, het, hom, single FROM allele WHERE id BETWEEN ? AND ?"

    def select() -> None:
        key = chance.choice(keys)
        for read in readers:
            read(sql, (key, key + ORDINALS - 1)).fetchall()

    timed_us(select, 500)
    return timed_us(select, REPEATS)


if __name__ == "__main__":
    main("--large" in sys.argv)
