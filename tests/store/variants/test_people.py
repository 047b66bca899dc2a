"""Registered counts learn of individuals alone: whom a question is about, and who of them carry."""

import gzip
import json
from dataclasses import replace
from random import Random

import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.release_dataset import release
from beacon_node.errors import ReleasedAnew, StoreUnavailable
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.decision import DatasetDecision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.people import EVERYBODY, Consented
from beacon_node.model.query import AlleleSet, Granularity, OntologyFilter
from beacon_node.model.variation import Allele
from beacon_node.node import open_node
from beacon_node.ports import SearchPlan
from beacon_node.store.people import individual_count, numbers_of
from beacon_node.store.variants import SqliteVariantStore, cache
from tests.shared_data import shared
from tests.store.variants.chance import (
    HG38,
    some_filters,
    some_lookups,
    some_people,
    some_within,
    some_world,
)
from tests.store.variants.scan import Asked, Scan
from tests.store.variants.world import COUNTS, INDIVIDUAL, OPEN, Calls, World, one_each

SNP = Allele("17", 100, 101, "A", "T")
SEX = OntologyFilter("NCIT:C16576")
REGISTERED = DatasetDecision(
    "d", Granularity.COUNT, people=EVERYBODY, guard=Guard.REGISTERED, basis="registered"
)
PLAN = SearchPlan(INDIVIDUAL, {HG38: (AlleleSet((SNP,)),)})
FILTERED = replace(PLAN, filters=(SEX,), filters_key="women")


@pytest.fixture
def world() -> World:
    """Five people, the first four of them carriers; 0, 1 and 4 are women."""
    return one_each(
        5,
        alleles=[Calls(SNP, het={0, 1}, hom={2}, single={3})],
        terms=[(INDIVIDUAL, SEX.id, "sex", "female", {0, 1, 4})],
    )


def among(numbers: set[int], people: int = 5) -> DatasetDecision:
    members = NumberSet.of(people, numbers)
    return replace(REGISTERED, people=Consented(dict.fromkeys(DataType, members)))


def told(found) -> tuple[set[int], set[int]]:
    return set(found.asked_about), set(found.carriers)


@pytest.mark.parametrize(
    "decision",
    [
        OPEN,
        COUNTS,
        replace(REGISTERED, ceiling=Granularity.BOOLEAN, guard=Guard.PUBLIC),
        replace(REGISTERED, ceiling=None),
        replace(REGISTERED, people=None),
    ],
    ids=["open data", "grant", "public tier", "closed", "nobody"],
)
def test_nobody_is_found_under_any_other_decision(shelf, world, decision):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    assert told(store.people(dataset, PLAN, decision)) == (set(), set())
    assert told(store.people(dataset, PLAN, REGISTERED)) == (set(range(5)), set(range(4)))


def test_only_who_consents_and_meets_the_filters_is_asked_about(shelf, world):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    decision = among({1, 2, 4})
    assert told(store.people(dataset, PLAN, decision)) == ({1, 2, 4}, {1, 2})
    assert told(store.people(dataset, FILTERED, decision)) == ({1, 4}, {1})


def test_without_a_variation_everybody_asked_about_matches(shelf, world):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    plan = replace(FILTERED, lookups=None)
    assert told(store.people(dataset, plan, among({0, 2, 4}))) == ({0, 4}, {0, 4})


def test_an_allele_that_nobody_has_and_one_that_means_nothing_here_are_carried_by_nobody(
    shelf, world
):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    unseen = {HG38: (AlleleSet((replace(SNP, alt="G"),)),)}
    for lookups in (unseen, {HG38: ()}, {Assembly.GRCH37: PLAN.lookups[HG38]}):
        plan = replace(PLAN, lookups=lookups)
        assert told(store.people(dataset, plan, REGISTERED)) == (set(range(5)), set())


def test_sites_without_people_are_about_nobody(shelf):
    world = World(alleles=[Calls(SNP, allele_count=3)], properties={"sites_only": "1"})
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    assert told(store.people(dataset, PLAN, REGISTERED)) == (set(), set())


def test_people_of_one_release_are_never_found_by_their_numbers_in_another(shelf, world):
    old, new = shelf.release(world), shelf.release(world)
    store = SqliteVariantStore(shelf)
    with pytest.raises(ReleasedAnew):
        store.people(old, PLAN, among({0, 1}))
    with pytest.raises(ReleasedAnew):
        store.index_file(old)
    assert told(store.people(new, PLAN, among({0, 1}))) == ({0, 1}, {0, 1})
    assert individual_count(store.index_file(new)) == 5


def test_people_who_are_not_numbered_like_the_release_are_refused(shelf, world):
    dataset, store = shelf.release(world), SqliteVariantStore(shelf)
    with pytest.raises(StoreUnavailable, match="not the one whose people are named"):
        store.people(dataset, PLAN, among({0, 1}, people=4))


def test_whom_a_question_is_about_is_looked_up_once(shelf, world, monkeypatch):
    found, find = [], cache.find_eligible
    monkeypatch.setattr(cache, "find_eligible", lambda *a: found.append(a) or find(*a))
    dataset, store, decision = shelf.release(world), SqliteVariantStore(shelf), among({0, 1, 4})
    asked = [store.people(dataset, FILTERED, decision).asked_about for _ in range(3)]
    assert len(found) == 1
    assert asked[0] is asked[1] is asked[2]


def test_nobody_found_is_printed(shelf, world):
    found = SqliteVariantStore(shelf).people(shelf.release(world), PLAN, among({3}))
    assert repr(found) == "FoundPeople(…)"


# ---- against looking at everybody ----------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_the_store_finds_the_people_whom_a_scan_finds(shelf, seed):
    random = Random(seed)
    world = some_world(random)
    dataset, store, scan = shelf.release(world), SqliteVariantStore(shelf), Scan(world)
    size = len(world.entries[INDIVIDUAL])
    for by_type in (None, some_people(random, world), some_people(random, world)):
        people = EVERYBODY
        if by_type is not None:
            people = Consented({t: NumberSet.of(size, found) for t, found in by_type.items()})
        for _ in range(6):
            asked = Asked(
                some_lookups(random, world),
                some_filters(random),
                some_within(random, world),
                by_type,
                may_tell_records=False,
            )
            lookups = None if asked.lookups is None else {HG38: asked.lookups}
            plan = SearchPlan(INDIVIDUAL, lookups, asked.filters, within=asked.within)
            found = store.people(dataset, plan, replace(REGISTERED, people=people))
            eligible = {
                n for n in range(size) if scan.is_eligible((INDIVIDUAL, n), INDIVIDUAL, asked)
            }
            assert told(found) == (eligible, set(scan.entries(INDIVIDUAL, asked)))


# ---- real people ---------------------------------------------------------------------------------

VCF = "data/vcf/grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz"
PEOPLE = "data/bff/cineca_uk1/individuals.json.gz"


@pytest.fixture(scope="module")
def cineca(tmp_path_factory):
    """1,900 people of the 1000 Genomes Project on chr22 with the CINECA cohort's records."""
    home = tmp_path_factory.mktemp("people") / "home"
    init_node(home, NewNode())
    node = open_node(home, {})
    new = NewDataset("d", Assembly.GRCH37, is_open_data=True, licence="CC0", keeps_ids=True)
    add_dataset(node, new)
    for path in (VCF, PEOPLE):
        load(node, "d", str(shared(path)))
    release(node, "d")
    return node


def test_carriers_among_consenting_women_are_those_the_vcf_names(cineca):
    (dataset,) = cineca.store.datasets()
    with gzip.open(shared(PEOPLE)) as file:
        bodies = json.load(file)
    women = {body["id"] for body in bodies if body["sex"]["id"] == SEX.id}
    consenting = {body["id"] for body in bodies[::3]}
    numbers = numbers_of(cineca.store.index_file(dataset), frozenset(b["id"] for b in bodies))
    ids = {number: id for id, number in numbers.items()}
    decision = among({numbers[id] for id in consenting}, people=len(bodies))
    seen = 0
    for allele, carriers in _variants(every=50):
        lookups = {Assembly.GRCH37: (AlleleSet((allele,)),)}
        plan = SearchPlan(EntryType.INDIVIDUAL, lookups, (SEX,), filters_key="w")
        found = cineca.store.people(dataset, plan, decision)
        assert {ids[n] for n in found.asked_about} == women & consenting
        assert {ids[n] for n in found.carriers} == women & consenting & carriers
        seen += len(found.carriers)
    assert seen > 1_000


def _variants(every: int):
    """Yield SNVs of the VCF with the samples that carry them."""
    with gzip.open(shared(VCF), "rt") as lines:
        rows = (line.rstrip("\n").split("\t") for line in lines if not line.startswith("##"))
        samples = next(rows)[9:]
        for number, columns in enumerate(rows):
            if number % every == 0 and len(columns[3]) == len(columns[4]) == 1:
                start = int(columns[1]) - 1
                calls = zip(samples, columns[9:], strict=True)
                carriers = {name for name, call in calls if "1" in call}
                yield Allele("22", start, start + 1, columns[3], columns[4]), carriers
