"""How many alleles the people carry who may be counted, without looking at every allele."""

import threading
from random import Random

import numpy as np
import pytest

from beacon_node.model.carriers import DENSE_LIMIT, NumberSet, encode
from beacon_node.model.variation import Allele
from beacon_node.store.variants import SqliteVariantStore, totals
from tests.store.variants.world import Calls, one_each

LARGE = 3 * DENSE_LIMIT


def some_calls(random: Random, people: int, place: int) -> Calls:
    """Return an allele of few or many people, sometimes of nobody."""
    share = random.choice((0, 1 / people, 2 / people, 0.2, 0.9))
    called = [n for n in range(people) if random.random() < share]
    kinds = [set(), set(), set()]
    for number in called:
        random.choice(kinds).add(number)
    return Calls(Allele("17", place, place + 1, "A", "T"), *kinds)


@pytest.mark.parametrize("people", [5, 40, 700])
def test_the_total_is_that_of_looking_at_every_allele(shelf, people):
    random = Random(people)
    alleles = [some_calls(random, people, place) for place in range(100, 300)]
    index = SqliteVariantStore(shelf)._index(shelf.release(one_each(people, alleles=alleles)))
    for out in (0, 1, 2, 3, people // 4, people // 2, people - 1, people):
        left = set(random.sample(range(people), people - out))
        expected = sum(bool(calls.carriers & left) for calls in alleles)
        assert totals.count_by_difference(index, NumberSet.of(people, left)) == expected


def test_longer_sets_than_people_left_out_are_not_read(shelf):
    people = 700
    alleles = [
        Calls(Allele("17", place, place + 1, "A", "T"), carriers)
        for place in range(100, 200)
        for carriers in [{place} if place < 103 else set(range(0, people, 70))]
    ]
    index = SqliteVariantStore(shelf)._index(shelf.release(one_each(people, alleles=alleles)))
    limit = totals.longest_stored(1, people)
    assert len(index.fetch(index.sql.few_carriers, (limit,))) == 3


@pytest.mark.parametrize("universe", [30, 5_000, DENSE_LIMIT, LARGE])
def test_no_set_is_stored_in_more_bytes(universe):
    random = np.random.default_rng(universe)
    for count in (1, 2, 3, 16, 17, 30, 2_000, 60_000):
        if count > universe:
            continue
        spread = np.sort(random.choice(universe, count, replace=False))
        for numbers in (spread, np.arange(count), np.arange(universe - count, universe)):
            stored = encode(numbers.astype(np.int64), universe)
            assert len(stored) <= totals.longest_stored(count, universe)


def test_those_who_ask_at_once_wait_for_one_count(shelf, monkeypatch):
    index = SqliteVariantStore(shelf)._index(
        shelf.release(one_each(3, alleles=[Calls(Allele("17", 1, 2, "A", "T"), {0})]))
    )
    counted, count, may_go_on = [], totals.count_by_difference, threading.Event()

    def slowly(*given):
        counted.append(given)
        may_go_on.wait(5)
        return count(*given)

    monkeypatch.setattr(totals, "count_by_difference", slowly)
    found: list[int] = []
    askers = [
        threading.Thread(target=lambda: found.append(index.totals.of(NumberSet.of(3, [0, 1]))))
        for _ in range(4)
    ]
    for asker in askers:
        asker.start()
    may_go_on.set()
    for asker in askers:
        asker.join()
    assert (found, len(counted)) == ([1] * 4, 1)
    assert (index.totals.of(NumberSet.of(3, [1, 2])), len(counted)) == (0, 2)
