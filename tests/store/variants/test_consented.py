"""Only people who consented are counted, shown and kept."""

import gc
import json
from dataclasses import replace
from weakref import ref

import pytest

from beacon_node.errors import StoreUnavailable
from beacon_node.model.answer import Status
from beacon_node.model.carriers import DENSE_LIMIT, NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.people import EVERYBODY, Consented
from beacon_node.model.query import AlleleSet, AlphanumericFilter, Granularity, OntologyFilter
from beacon_node.model.variation import Allele
from beacon_node.ports import SearchPlan
from beacon_node.store.variants import SqliteVariantStore, cache
from tests.store.variants.world import (
    BIOSAMPLE,
    CLOSED,
    COUNTS,
    INDIVIDUAL,
    OPEN,
    Calls,
    Record,
    World,
    one_each,
)

VARIANT = EntryType.GENOMIC_VARIANT
V, P, B, R = DataType
SNP = Allele("17", 100, 101, "A", "T")
CARRIED = AlleleSet((SNP,))
SEX = OntologyFilter("NCIT:C16576")


def among(people: int = 5, *, decision=OPEN, everything=frozenset(), **by_type):
    """Return a decision that counts these of `people`; `everything` for the types not named."""
    chosen = {one: NumberSet.of(people, by_type.get(one, everything)) for one in DataType}
    return replace(decision, people=Consented(chosen))


@pytest.fixture
def world() -> World:
    """Five people, the first four of them carriers; 0, 1 and 4 are female."""
    return one_each(
        5,
        alleles=[Calls(SNP, het={0, 1}, hom={2}, single={3})],
        terms=[(INDIVIDUAL, SEX.id, "sex", "female", {0, 1, 4})],
        measures=[
            (INDIVIDUAL, "age", number, float(text), text, "", "", "")
            for number, text in enumerate(("40", "50", "40", "60", "50"))
        ],
    )


@pytest.mark.parametrize("decision", [CLOSED, replace(OPEN, people=None, reason="not now")])
@pytest.mark.parametrize("entry_type", EntryType)
def test_where_nobody_may_be_counted_nothing_is_said(ask, world, decision, entry_type):
    matches = ask(world, entry_type, CARRIED, decision=decision)
    assert (matches.status, matches.total) == (Status.NOT_PERMITTED, 0)
    assert matches.reason == decision.reason


def test_the_copies_of_a_variation_are_those_of_consenting_people(ask, world):
    decision = among(variants={1, 2, 4})
    (found,) = ask(world, VARIANT, decision=decision, granularity=Granularity.RECORD).page
    assert (found.allele_count, found.allele_number, found.homozygous) == (3, 6, 1)
    assert [case.individual_id for case in found.cases] == ["public-I1", "public-I2"]
    assert ask(world, VARIANT, decision=among(variants={4})).total == 0


def test_carriers_are_counted_without_phenotypes_and_shown_with_them(ask, world):
    people = {"variants": {0, 1, 2}, "phenotypes": {2}}
    assert ask(world, INDIVIDUAL, CARRIED, decision=among(decision=COUNTS, **people)).total == 3
    assert ask(world, INDIVIDUAL, CARRIED, decision=among(**people)).total == 1


def test_a_filter_looks_only_at_people_who_let_that_data_be_used(ask, world):
    decision = among(decision=COUNTS, variants={0, 1, 2, 3}, phenotypes={0, 2, 4})
    assert ask(world, INDIVIDUAL, CARRIED, decision=decision, filters=(SEX,)).total == 1
    assert ask(world, VARIANT, decision=decision, filters=(SEX,)).total == 1
    is_not = AlphanumericFilter("age", "!", "60")
    assert ask(world, INDIVIDUAL, CARRIED, decision=decision, filters=(is_not,)).total == 2


def test_a_dataset_has_something_if_anybody_lets_any_data_be_used(ask, world):
    assert ask(world, EntryType.DATASET, decision=among(runs={3})).total == 1
    assert ask(world, EntryType.DATASET, decision=among()).total == 0
    assert ask(world, EntryType.DATASET, decision=among(runs={3}), filters=(SEX,)).total == 0
    assert ask(world, EntryType.DATASET, CARRIED, decision=among(runs={3})).total == 0
    assert ask(world, EntryType.DATASET, CARRIED, decision=among(variants={3})).total == 1


def test_records_of_nobody_known_count_only_where_everybody_may(ask, world):
    world.properties["one_call_set_each"] = "0"
    world.entries[BIOSAMPLE].append(Record("stray"))
    world.call_sets.append({BIOSAMPLE: 5})
    world.alleles[0].het.add(5)
    decision = among(everything={0, 1, 2, 3, 4})
    for entry_type, lookups, counted in ((BIOSAMPLE, (), 5), (BIOSAMPLE, (CARRIED,), 4)):
        assert ask(world, entry_type, *lookups).total == counted + 1
        assert ask(world, entry_type, *lookups, decision=decision).total == counted
    world.alleles = [Calls(SNP, het={5})]
    assert ask(world, VARIANT).total == 1
    assert ask(world, VARIANT, decision=decision).total == 0


def test_sites_without_people_have_nobody_whose_consent_could_be_looked_up(ask):
    sites = World(alleles=[Calls(SNP, allele_count=5)], properties={"sites_only": "1"})
    matches = ask(sites, VARIANT, CARRIED, decision=among(0))
    assert matches.status is Status.NOT_ANSWERABLE
    assert "consent" in matches.reason


@pytest.mark.parametrize("are_public", [True, False], ids=["as loaded", "masked"])
def test_a_family_shows_only_the_members_who_may_be_counted(ask, world, are_public):
    members = [{"memberId": f"I{n}", "affected": n == 1} for n in range(5)]
    body = {
        "sex": {"id": "NCIT:C16576"},
        "pedigrees": [{"id": "family", "members": members}],
        "exposures": [{"subjectId": "I3", "exposureCode": {"id": "X:1"}}],
    }
    world.entries[INDIVIDUAL][0].body = body
    for record in world.entries[INDIVIDUAL]:
        record.public_id = record.id if are_public else f"shown-{record.id}"
    plan = {"granularity": Granularity.RECORD, "entry_id": world.shown(INDIVIDUAL, 0)}
    (shown,) = ask(world, INDIVIDUAL, decision=among(phenotypes={0, 2}), **plan).page
    (pedigree,) = shown["pedigrees"]
    assert [one["memberId"] for one in pedigree["members"]] == [
        world.shown(INDIVIDUAL, n) for n in (0, 2)
    ]
    assert shown["exposures"] == [{"exposureCode": {"id": "X:1"}}]
    assert not any(f"I{n}" in json.dumps(shown) for n in (1, 3, 4))
    (whole,) = ask(world, INDIVIDUAL, **plan).page
    assert len(whole["pedigrees"][0]["members"]) == 5


# ---- what is kept ------------------------------------------------------------------------------


PLAN = SearchPlan(INDIVIDUAL, {Assembly.GRCH38: (CARRIED,)}, granularity=Granularity.COUNT)
FILTERED = replace(PLAN, filters=(SEX,), filters_key="female")


def test_eligible_people_are_found_once_for_each_group_that_consented(shelf, world, monkeypatch):
    found, find = [], cache.find_eligible
    monkeypatch.setattr(cache, "find_eligible", lambda *a: found.append(a) or find(*a))
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    some, others = (among(decision=COUNTS, everything=group) for group in ({0, 1}, {1, 2, 3}))
    for _ in range(3):
        for plan, totals in ((PLAN, (2, 3)), (FILTERED, (2, 1))):
            both = [store.search(dataset, plan, decision).total for decision in (some, others)]
            assert tuple(both) == totals
    assert len(found) == 4


def test_what_was_found_for_a_group_goes_with_it(shelf, world):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    decision = among(everything={0, 1})
    for plan in (PLAN, FILTERED):
        store.search(dataset, plan, decision)
    held = ref(decision.people)
    assert len(store._cache._consented[decision.people]) == 2
    del decision
    gc.collect()
    assert held() is None
    assert len(store._cache._consented) == 0


def test_what_was_found_in_a_release_goes_with_it(shelf, world):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    decision = among(everything={0, 1})
    assert store.search(dataset, FILTERED, decision).total == 2
    store.datasets()
    shelf.release(world)
    store.datasets()
    assert store._cache._consented[decision.people] == {}


def test_only_the_sets_found_last_are_kept(shelf, world):
    index = SqliteVariantStore(shelf)._index(shelf.release(world))
    kept = cache.EligibleCache(most=3)
    groups = [among(everything={0, 1}), among(everything={2}), OPEN]
    for key in ("a", "b"):
        for decision in groups:
            kept.get(index, replace(FILTERED, filters_key=key), decision)
    found = [kept._consented[groups[0].people], kept._consented[groups[1].people], kept._everybody]
    assert [[key[1] for key in keys] for keys in found] == [["b"], ["b"], ["b"]]


def test_large_sets_are_kept_in_limited_room(shelf, world):
    index = SqliteVariantStore(shelf)._index(shelf.release(world))
    decision = among(everything={0, 1})
    size = cache.EligibleCache().get(index, FILTERED, decision).bytes()
    kept = cache.EligibleCache(most_bytes=2 * size)
    for key in ("a", "b", "c"):
        kept.get(index, replace(FILTERED, filters_key=key), decision)
    assert [key[1] for key in kept._consented[decision.people]] == ["b", "c"]


def test_groups_that_are_gone_leave_room_for_others(shelf, world):
    index = SqliteVariantStore(shelf)._index(shelf.release(world))
    kept, decision = cache.EligibleCache(most=2), among(everything={0, 1})
    kept.get(index, FILTERED, decision)
    for _ in range(5):
        kept.get(index, FILTERED, among(everything={2}))
        gc.collect()
    assert len(kept._consented[decision.people]) == 1


def test_a_group_of_everybody_is_everybody(shelf, world):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    index = store._index(dataset)
    everybody, others = among(everything=set(range(5))), among(everything=set(range(4)))
    assert store._cache.get(index, PLAN, everybody) is None
    assert store._cache.get(index, PLAN, others) is not None
    assert store._cache.get(index, FILTERED, everybody) is not None


def test_filters_without_a_key_are_looked_at_anew(shelf, world):
    """The set kept for a question without filters is not the answer to one with them."""
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    decision = among(decision=COUNTS, everything={0, 1, 2})
    assert store.search(dataset, PLAN, decision).total == 3
    assert store.search(dataset, replace(FILTERED, filters_key=""), decision).total == 2


# ---- one release, one numbering ----------------------------------------------------------------


def test_people_of_one_release_are_never_counted_by_their_numbers_in_another(shelf, world):
    old = shelf.release(world)
    new = shelf.release(world)
    store, decision = SqliteVariantStore(shelf), among(everything={0, 1})
    with pytest.raises(StoreUnavailable, match="just released anew; ask again"):
        store.search(old, PLAN, decision)
    assert store.search(old, PLAN, replace(decision, people=EVERYBODY)).total == 4
    assert store.search(new, PLAN, decision).total == 2


def test_a_release_that_was_opened_in_time_answers_to_the_end(shelf, world):
    old, store = shelf.release(world), SqliteVariantStore(shelf)
    decision = among(everything={0, 1})
    assert store.search(old, PLAN, decision).total == 2
    shelf.release(world)
    assert store.search(old, PLAN, decision).total == 2


def test_people_who_are_not_numbered_like_the_release_are_refused(ask, world):
    with pytest.raises(StoreUnavailable, match="not the one whose people are named"):
        ask(world, INDIVIDUAL, decision=among(4, everything={0, 1}))


def test_more_people_than_call_sets_and_more_than_fit_dense_bits(ask):
    """Most people here were not sequenced, and are too many for the form that call sets have."""
    people = DENSE_LIMIT + 10
    world = one_each(3, alleles=[Calls(SNP, het={0, 2})])
    world.entries[INDIVIDUAL] = [Record(f"I{n}") for n in range(people)]
    decision = among(people, decision=COUNTS, everything={1, 2, people - 1})
    assert ask(world, INDIVIDUAL, decision=decision).total == 3
    assert ask(world, INDIVIDUAL, CARRIED, decision=decision).total == 1
    assert ask(world, BIOSAMPLE, CARRIED, decision=decision).total == 1
