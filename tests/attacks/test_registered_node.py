"""Attacks on counts through a real node: each finds what it is after in exact counts, which a
grant gives, and does not behind the guard.

Exhausting everybody else is tried at the size at which it works without the guard's draws in
`tests/privacy/registered/test_attacks.py`, clients of several processes in
`tests/actions/registered/test_charges.py`.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from beacon_node.actions.answer_query import answer
from beacon_node.actions.load_dataset import WHOLE_GENOME
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.errors import BudgetSpent
from beacon_node.model.charges import Charged
from beacon_node.model.entries import LINEAGE
from beacon_node.model.query import Granularity, Page, Query
from beacon_node.model.requester import Requester
from beacon_node.privacy.registered.bounds import RENYI_UNIT
from tests.actions.public_world import DATASET, GRCH37, PANEL, World, load_cohort, variant
from tests.actions.registered.counted import BOUNDS, Book, assert_every_unit_is_right, rows
from tests.actions.registered.world import (
    INDIVIDUAL,
    RESEARCHER,
    WOMEN,
    carriers_of,
    make_hospital,
    on,
    women_of,
)
from tests.consent.clinic import GRU, audits, granted, withdraws
from tests.privacy.registered.worlds import SeededNoise

SITES = range(0, 40, 2)  # common enough to be answerable, all within 1 Mb
FEW = range(0, 24, 3)  # as many as one account may ask twice
HOLDER = granted(DATASET, "twin")


@pytest.fixture(scope="module")
def hospital(tmp_path_factory) -> World:
    """150 people. Each test asks as accounts of its own; what these spend is the pool's too."""
    return seeded(make_hospital(tmp_path_factory.mktemp("attacked")))


@pytest.fixture
def own(tmp_path) -> World:
    """A hospital whose budgets are all whole."""
    return seeded(make_hospital(tmp_path))


def seeded(world: World) -> World:
    world.node = replace(world.node, noise=SeededNoise(3))
    return world


def account(name: str, organisation: str = "") -> Requester:
    return replace(RESEARCHER, account=name, organisation=organisation or f"of {name}")


def asks(world: World, site: int, who: Requester, **told) -> int | None:
    """Return the count, or the lack of one: below the threshold, or the budget is spent."""
    told = {"granularity": Granularity.COUNT, "datasets": (DATASET,), **told}
    entry_type = told.pop("entry_type", INDIVIDUAL)
    query = told.pop("query", variant(world, site))
    try:
        (part,) = answer(world.node, Query(entry_type, query, **told), who).datasets
    except BudgetSpent:
        return None
    return part.count


def charged(world: World) -> int:
    """Return how many answers were paid for so far."""
    return len(rows(world.node, DATASET))


def most_spent(book: Book, payer: str = "") -> float:
    """Return the greatest Rényi divergence that anybody of the dataset paid, "": in the pool."""
    paid = [
        units
        for (by, kind, person), units in book.spent.items()
        if (by, kind, person[0]) == (payer, "renyi", "p")
    ]
    return max(paid) * RENYI_UNIT


# ---- subtracting ---------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [(True, False), (False, True)], ids=["parts first", "all first"])
def test_the_rest_of_a_group_is_not_had_by_subtraction(hospital, order):
    """Carriers among the men, whom no filter that is declared selects."""
    men = {v: len(carriers_of(hospital, v) - women_of(hospital)) for v in FEW}

    def told(who: Requester) -> list[dict[int, int | None]]:
        filters = [(WOMEN,) if of_women else () for of_women in order]
        return [{v: asks(hospital, v, who, filters=one) for v in FEW} for one in filters]

    women, everybody = told(HOLDER) if order[0] else reversed(told(HOLDER))
    assert {v: everybody[v] - women[v] for v in FEW} == men
    first, second = told(account(f"subtracts {order}"))
    assert None not in first.values() and set(second.values()) == {None}


def test_a_withdrawal_leaves_no_two_answers_to_be_subtracted(own):
    victim = own.ids[4]
    carries = {v: victim in carriers_of(own, v) for v in FEW}
    assert 2 <= sum(carries.values()) <= len(carries) - 2
    askers, elsewhere = (HOLDER, account("patient")), on(own, "X")
    before = [{v: asks(own, v, who) for v in FEW} for who in askers]
    paid = charged(own)
    withdraws(own.node, victim)
    after = [{v: asks(own, v, who) for v in FEW} for who in askers]
    assert {v: before[0][v] - after[0][v] for v in FEW} == carries
    assert None not in before[1].values() and set(after[1].values()) == {None}
    assert charged(own) == paid == len(FEW)
    assert asks(own, elsewhere, askers[1]) is not None  # the budget is not what is missing


# ---- averaging -----------------------------------------------------------------------------------


def ways_to_ask(world: World, site: int) -> Iterator[dict]:
    """Yield a hundred ways to ask one question; where the bases before are left open, it is one of
    several alleles, which are answered by yes or no."""
    plain = variant(world, site)
    for spelling in (plain, replace(plain, ref=None), replace(plain, ref="N")):
        for granularity in (Granularity.COUNT, Granularity.RECORD):
            for page in range(15):
                yield {"query": spelling, "granularity": granularity, "page": Page(page, 1 + page)}
    yield from ({} for _ in range(10))


def test_a_question_asked_a_hundred_times_has_one_draw(hospital):
    who, site, before = account("averages"), 6, charged(hospital)
    truth, ways = len(carriers_of(hospital, site)), list(ways_to_ask(hospital, site))
    assert {asks(hospital, site, HOLDER, **way) for way in ways} == {truth} and len(ways) == 100
    assert len({asks(hospital, site, who, **way) for way in ways} - {None}) == 1
    for entry_type in LINEAGE:  # biosamples, runs, analyses: yes or no, from the same draw
        asks(hospital, site, who, entry_type=entry_type)
    assert charged(hospital) == before + 1
    others = {asks(hospital, site, account(f"other {number}")) for number in range(8)}
    assert len(others - {None}) > 1


# ---- many at once --------------------------------------------------------------------------------


def spends(world: World, who: Iterable[Requester], sites: Iterable[int]) -> int:
    """Return how many questions were answered with a number to all of them together."""
    return sum(asks(world, v, one) is not None for one in who for v in sites)


def test_accounts_in_collusion_have_draws_of_their_own_and_one_pool(own):
    """Under a grant one question tells the truth; a dozen accounts get a dozen draws, whose mean
    would tell it too, of few questions alone: nobody pays more than the pool of three budgets."""
    rare = [v for v in range(30, 80, 5) if asks(own, v, HOLDER) is not None]
    sybils = [account(f"sybil {number}") for number in range(12)]
    first = [spends(own, [one], rare) for one in sybils[:3]]
    rest = spends(own, sybils[3:], rare)
    assert min(first) > 0 and rest < 3 * sum(first)
    book = assert_every_unit_is_right(rows(own.node, DATASET))
    paid = [most_spent(book, f"researcher:{one.account}") for one in sybils]
    assert max(paid) <= BOUNDS.budget
    assert 1.5 * BOUNDS.budget < most_spent(book) <= BOUNDS.pool * BOUNDS.budget


def test_questions_in_parallel_spend_no_more_than_one_after_the_other(own):
    who, sites = [account("quick", "o"), account("also quick", "o")], range(80)
    with ThreadPoolExecutor(8) as threads:
        exact = list(threads.map(lambda v: asks(own, v, HOLDER), sites))
        assert exact == [len(carriers_of(own, v)) for v in sites]
        jobs = [(v, one) for v in sites for one in who]
        told = list(threads.map(lambda job: asks(own, *job), jobs))
    assert told.count(None) > len(told) / 4
    book = assert_every_unit_is_right(rows(own.node, DATASET))
    for payer in ("researcher:quick", "researcher:also quick"):
        assert 0 < most_spent(book, payer) <= BOUNDS.budget
    assert most_spent(book, "organisation:o") <= BOUNDS.institution * BOUNDS.budget
    assert len(audits(own.node)) == len(sites) + len(jobs) and own.node.ledger.verify().is_whole


# ---- the same people twice -----------------------------------------------------------------------


@pytest.fixture
def twins(own) -> World:
    """The same people in two datasets."""
    add_dataset(own.node, NewDataset("twin", GRCH37, use=GRU, assayed=WHOLE_GENOME))
    load_cohort(own, "twin")
    set_panels(own.node, "twin", [PANEL])
    release(own.node, "twin")
    return own


def test_people_in_two_datasets_are_not_asked_about_twice(twins):
    who, here, there = account("splits"), {"datasets": (DATASET,)}, {"datasets": ("twin",)}
    for v in FEW:
        exact = {asks(twins, v, HOLDER, **where) for where in (here, there)}
        assert exact == {len(carriers_of(twins, v))}
    assert None not in {asks(twins, v, who, **here) for v in FEW}
    assert {asks(twins, v, who, **there) for v in FEW} == {None}


def test_people_in_two_datasets_have_one_budget(twins):
    """Whom an account spent all on in one is left out of the other, at other places too."""
    who, others = account("spends"), [on(twins, "X", which) for which in range(12)]
    assert spends(twins, [who], range(60)) > len(FEW)
    answered = [v for v in others if asks(twins, v, who, datasets=("twin",)) is not None]
    assert answered
    of_one, of_twin = (rows(twins.node, dataset) for dataset in (DATASET, "twin"))
    assert any(one.people.left_out for one in of_twin)
    book = assert_every_unit_is_right(of_one)
    for one in of_twin:  # which has reference genomes of its own
        book.enter(replace(one, reference=Charged(None, b"", b"", 0)))
    book.assert_nobody_overspent()
    assert most_spent(book) <= BOUNDS.budget
