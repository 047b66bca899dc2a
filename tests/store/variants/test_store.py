"""Releases come and go while they are asked."""

import multiprocessing
import threading

import pytest

from beacon_node.errors import ReleasedAnew, StoreUnavailable
from beacon_node.model.genome import Assembly
from beacon_node.model.query import AlleleSet, Granularity, OntologyFilter
from beacon_node.model.variation import Allele
from beacon_node.ports import SearchPlan
from beacon_node.store.variants import SqliteVariantStore
from tests.store.variants.world import INDIVIDUAL, OPEN, Calls, World, one_each

SNP = Allele("17", 100, 101, "A", "T")
CARRIERS = SearchPlan(
    INDIVIDUAL,
    {Assembly.GRCH38: (AlleleSet((SNP,)),)},
    granularity=Granularity.COUNT,
)
FILTERED = SearchPlan(
    INDIVIDUAL,
    CARRIERS.lookups,
    (OntologyFilter("T"),),
    filters_key="T",
    granularity=Granularity.COUNT,
)


def carried_by(*people: int, members=frozenset({0, 1, 2, 3, 4})) -> World:
    terms = [(INDIVIDUAL, "T", "x", "", set(members))]
    return one_each(5, alleles=[Calls(SNP, het=set(people))], terms=terms)


def totals(store: SqliteVariantStore, plan: SearchPlan = CARRIERS) -> dict[str, int]:
    return {one.id: store.search(one, plan, OPEN).total for one in store.datasets()}


def test_the_next_question_sees_the_new_release(shelf):
    store = SqliteVariantStore(shelf)
    assert totals(store) == {}
    shelf.release(carried_by(0))
    shelf.release(carried_by(0, 1), "other")
    assert totals(store) == {"d": 1, "other": 2}
    shelf.release(carried_by(0, 1, 2))
    assert totals(store) == {"d": 3, "other": 2}
    shelf.remove("other")
    assert totals(store) == {"d": 3}


def test_a_question_that_began_before_a_release_is_answered(shelf):
    store = SqliteVariantStore(shelf)
    old = shelf.release(carried_by(0))
    new = shelf.release(carried_by(0, 1))
    assert store.search(old, CARRIERS, OPEN).total == 2
    assert store.search(new, CARRIERS, OPEN).total == 2


def test_the_old_file_may_be_deleted_while_it_is_in_use(shelf):
    store = SqliteVariantStore(shelf)
    shelf.release(carried_by(0))
    assert totals(store) == {"d": 1}
    (held,) = store.datasets()
    shelf.index_path("d").unlink()
    assert store.search(held, CARRIERS, OPEN).total == 1
    shelf.release(carried_by(0, 1))
    assert totals(store) == {"d": 2}


def test_a_dataset_made_anew_under_an_old_id_is_a_new_one(shelf):
    store = SqliteVariantStore(shelf)
    shelf.release(carried_by(0, 1, members={1}))
    assert totals(store, FILTERED) == {"d": 1}
    shelf.index_path("d").unlink()
    shelf.remove("d")
    shelf.release(carried_by(0, 1, 2, members={0, 1}))
    assert totals(store, FILTERED) == {"d": 2}


def test_eligible_people_are_those_of_the_present_release(shelf):
    store = SqliteVariantStore(shelf)
    for members, expected in (({1}, 1), ({0, 1}, 2), (set(), 0), ({0, 1}, 2)):
        shelf.release(carried_by(0, 1, members=members))
        assert totals(store, FILTERED) == totals(store, FILTERED) == {"d": expected}


def test_each_thread_has_its_own_connection(shelf):
    store = SqliteVariantStore(shelf)
    shelf.release(carried_by(0, 1))
    found: list[dict] = []
    threads = [
        threading.Thread(target=lambda: found.append(totals(store, FILTERED))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [{"d": 2}] * 8


def test_a_forked_worker_opens_its_own_connection(shelf):
    store = SqliteVariantStore(shelf)
    dataset = shelf.release(carried_by(0, 1))
    assert totals(store) == {"d": 2}
    parent = store._index(dataset)._cursor()
    context = multiprocessing.get_context("fork")
    answers = context.Queue()

    def work():
        answers.put((totals(store)["d"], store._index(dataset)._cursor() is not parent))

    worker = context.Process(target=work)
    worker.start()
    assert answers.get(timeout=30) == (2, True)
    worker.join(timeout=30)
    assert totals(store) == {"d": 2}


def test_a_missing_index_is_said_plainly(shelf):
    store = SqliteVariantStore(shelf)
    dataset = shelf.release(carried_by(0))
    shelf.index_path("d").unlink()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        store.search(dataset, CARRIERS, OPEN)


def test_a_question_whose_release_was_swept_is_to_be_asked_anew(shelf):
    """Each thread opens the file when it first asks; it may be two releases old by then."""
    store = SqliteVariantStore(shelf)
    old = shelf.release(carried_by(0))
    store.search(old, CARRIERS, OPEN)
    swept = shelf.index_path("d")
    swept.unlink()
    found: list[Exception] = []

    def asks():
        for ask in (
            lambda: store.search(old, CARRIERS, OPEN),
            lambda: store.filtering_terms(old),
        ):
            try:
                ask()
            except StoreUnavailable as error:
                found.append(error)

    for expected in (StoreUnavailable, ReleasedAnew):
        thread = threading.Thread(target=asks)
        thread.start()
        thread.join()
        assert [type(error) for error in found] == [expected] * 2
        found.clear()
        shelf.release(carried_by(0, 1))


@pytest.mark.parametrize("damage", [b"", b"not a database " * 999], ids=["empty", "junk"])
def test_a_damaged_index_is_said_plainly(shelf, damage):
    store = SqliteVariantStore(shelf)
    dataset = shelf.release(carried_by(0))
    shelf.index_path("d").write_bytes(damage)
    for ask in (
        lambda: store.search(dataset, CARRIERS, OPEN),
        lambda: store.filtering_terms(dataset),
    ):
        with pytest.raises(StoreUnavailable, match="'d' cannot be read"):
            ask()


def test_an_index_of_another_layout_is_not_read(shelf):
    world = carried_by(0)
    world.properties["format"] = "999"
    with pytest.raises(StoreUnavailable, match="release the dataset again"):
        SqliteVariantStore(shelf).search(shelf.release(world), CARRIERS, OPEN)


def test_a_dataset_that_was_just_removed_is_said_plainly(shelf):
    store = SqliteVariantStore(shelf)
    dataset = shelf.release(carried_by(0))
    shelf.remove("d")
    with pytest.raises(StoreUnavailable, match="just removed"):
        store.search(dataset, CARRIERS, OPEN)


def test_nothing_private_is_printed(shelf):
    store = SqliteVariantStore(shelf)
    dataset = shelf.release(carried_by(0, 1))
    assert "total" not in repr(store.search(dataset, FILTERED, OPEN))
    assert repr(store._index(dataset)) == "Index('1.sqlite')"
