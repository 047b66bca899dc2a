"""What cannot be answered, and what is told at which granularity."""

import pytest

from beacon_node.model.answer import Status
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlleleSet,
    Granularity,
    OntologyFilter,
    Page,
    RangeQuery,
    Within,
)
from beacon_node.model.variation import Allele
from beacon_node.ports import SearchPlan
from beacon_node.store.variants import SqliteVariantStore
from tests.store.variants.world import (
    CLOSED,
    COUNTS,
    INDIVIDUAL,
    OPEN,
    Calls,
    World,
    one_each,
)

VARIANT = EntryType.GENOMIC_VARIANT
SNPS = [Allele("17", start, start + 1, "A", "T") for start in range(100, 110)]
UNSEEN = Allele("17", 500, 501, "A", "T")


@pytest.fixture
def world() -> World:
    return one_each(4, alleles=[Calls(snp, het={n % 3}) for n, snp in enumerate(SNPS)])


# ---- no answer is not "no" ---------------------------------------------------------------------


@pytest.mark.parametrize("entry_type", EntryType)
def test_names_that_mean_nothing_on_the_assembly_are_not_answered(shelf, world, entry_type):
    dataset = shelf.release(world)
    plan = SearchPlan(entry_type, {Assembly.GRCH37: (AlleleSet((SNPS[0],)),)})
    matches = SqliteVariantStore(shelf).search(dataset, plan, OPEN)
    assert (matches.status, matches.total) == (Status.WRONG_ASSEMBLY, 0)


def test_a_name_without_a_variation_on_the_assembly_matches_nothing(shelf, world):
    dataset = shelf.release(world)
    plan = SearchPlan(INDIVIDUAL, {Assembly.GRCH38: ()})
    matches = SqliteVariantStore(shelf).search(dataset, plan, OPEN)
    assert (matches.status, matches.total) == (Status.ANSWERED, 0)


@pytest.mark.parametrize("entry_type", EntryType)
@pytest.mark.parametrize(
    ("lookup", "expected"),
    [
        (AlleleSet((SNPS[9],)), Status.NOT_SEQUENCED),  # whoever carries it
        (AlleleSet((SNPS[0],)), Status.ANSWERED),
        (AlleleSet((UNSEEN,)), Status.NOT_SEQUENCED),
        (RangeQuery(Assembly.GRCH38, Region("17", 104, 200)), Status.ANSWERED),
        (RangeQuery(Assembly.GRCH38, Region("17", 105, 200)), Status.NOT_SEQUENCED),
        (RangeQuery(Assembly.GRCH38, Region("1", 100, 105)), Status.NOT_SEQUENCED),
    ],
    ids=str,
)
def test_outside_the_assayed_regions_nothing_is_said(ask, world, entry_type, lookup, expected):
    world.regions = [(0, "17", 90, 105)]
    assert ask(world, entry_type, lookup).status is expected


def test_where_one_of_several_places_was_assayed_there_is_an_answer(ask, world):
    world.regions = [(0, "17", 90, 105)]
    matches = ask(world, INDIVIDUAL, AlleleSet((UNSEEN,)), AlleleSet((SNPS[0],)))
    assert (matches.status, matches.total) == (Status.ANSWERED, 1)


def test_nothing_is_looked_up_for_whom_nothing_may_be_told(ask, world):
    matches = ask(world, INDIVIDUAL, AlleleSet((SNPS[0],)), decision=CLOSED)
    assert (matches.status, matches.total) == (Status.NOT_PERMITTED, 0)
    assert matches.reason == "apply for access"


# ---- sites without people ----------------------------------------------------------------------


@pytest.fixture
def sites() -> World:
    alleles = [Calls(SNPS[0], allele_count=5, allele_number=200), Calls(SNPS[1], allele_count=0)]
    return World(alleles=[*alleles, Calls(SNPS[2])], properties={"sites_only": "1"})


def test_sites_answer_for_variations_and_their_dataset(ask, sites):
    assert ask(sites, VARIANT).total == 2  # one is told to be carried by nobody
    assert ask(sites, VARIANT, AlleleSet((SNPS[0],))).total == 1
    assert ask(sites, VARIANT, AlleleSet((SNPS[1],))).total == 0
    assert ask(sites, EntryType.DATASET, AlleleSet((SNPS[2],))).total == 1
    region = RangeQuery(Assembly.GRCH38, Region("17", 0, 1000))
    (first, _) = ask(sites, VARIANT, region, granularity=Granularity.RECORD).page
    assert (first.allele_count, first.allele_number, first.cases) == (5, 200, ())


@pytest.mark.parametrize("entry_type", [*LINEAGE, EntryType.COHORT])
def test_sites_know_no_people(ask, sites, entry_type):
    matches = ask(sites, entry_type)
    assert matches.status is Status.NOT_ANSWERABLE
    assert "without the people" in matches.reason


def test_sites_cannot_be_filtered(ask, sites):
    plans = [{"filters": (OntologyFilter("HP:1"),)}, {"within": Within(INDIVIDUAL, "x")}]
    for plan in plans:
        assert ask(sites, VARIANT, **plan).status is Status.NOT_ANSWERABLE


# ---- how much is counted and listed ------------------------------------------------------------


@pytest.mark.parametrize("entry_type", [VARIANT, *LINEAGE[:2]])
@pytest.mark.parametrize("filters", [(), (OntologyFilter("all"),)], ids=["open", "filtered"])
@pytest.mark.parametrize("is_place_asked", [True, False])
def test_a_page_is_a_slice_of_the_whole_and_the_total_is_the_whole(
    ask, world, entry_type, filters, is_place_asked
):
    world.terms = [(INDIVIDUAL, "all", "x", "", {0, 1, 2, 3})]
    region = [RangeQuery(Assembly.GRCH38, Region("17", 0, 1000))] if is_place_asked else []
    expected = 10 if entry_type is VARIANT else 3 if is_place_asked else 4
    plan = {"filters": filters, "granularity": Granularity.RECORD}
    whole = ask(world, entry_type, *region, page=Page(0, 100), **plan)
    assert whole.total == len(whole.page) == expected
    for skip in range(5):
        part = ask(world, entry_type, *region, page=Page(skip, 3), **plan)
        assert part.page == whole.page[3 * skip : 3 * skip + 3]
        assert part.total == expected
    assert ask(world, entry_type, *region, page=Page(0, 0), **plan).page == whole.page
    counted = ask(world, entry_type, *region, filters=filters)
    assert (counted.total, counted.page) == (expected, ())
    asked = ask(world, entry_type, *region, filters=filters, granularity=Granularity.BOOLEAN)
    assert asked.total >= 1 and asked.page == ()


def test_no_records_are_read_above_the_ceiling(ask, world):
    for entry_type in EntryType:
        lookup = AlleleSet((SNPS[0],))
        matches = ask(world, entry_type, lookup, decision=COUNTS, granularity=Granularity.RECORD)
        assert matches.page == ()
        assert matches.total == (0 if entry_type in (*LINEAGE[2:], EntryType.COHORT) else 1)


def test_alleles_that_nobody_has_are_no_variations_of_the_dataset(ask, world):
    world.alleles.append(Calls(UNSEEN, no_call={1}))
    assert ask(world, VARIANT).total == 10
    assert ask(world, VARIANT, AlleleSet((UNSEEN,))).total == 0
    assert ask(world, INDIVIDUAL, AlleleSet((UNSEEN,))).total == 0


# ---- datasets and cohorts ----------------------------------------------------------------------

FACTS = {"cohorts": ({"id": "c1", "name": "C"}, {"id": "c2"}), "document": {"id": "x", "info": {}}}


@pytest.mark.parametrize(
    ("lookups", "filters", "expected"),
    [
        ((), (), True),
        ((AlleleSet((SNPS[0],)),), (), True),
        ((AlleleSet((UNSEEN,)),), (), False),
        ((), (OntologyFilter("some"),), True),
        ((), (OntologyFilter("none"),), False),
        ((AlleleSet((SNPS[0],)),), (OntologyFilter("some"),), False),
        ((AlleleSet((SNPS[1],)),), (OntologyFilter("some"),), True),
    ],
)
def test_a_dataset_and_its_cohorts_match_if_anything_in_them_does(
    ask, world, lookups, filters, expected
):
    world.terms = [(INDIVIDUAL, "some", "x", "", {1})]
    plan = {"filters": filters, "facts": FACTS}
    assert ask(world, EntryType.DATASET, *lookups, **plan).total == expected
    assert ask(world, EntryType.COHORT, *lookups, **plan).total == 2 * expected
    assert ask(world, EntryType.COHORT, *lookups, entry_id="c2", **plan).total == expected


def test_a_dataset_goes_by_the_id_it_has_here(ask, world):
    assert ask(world, EntryType.DATASET, entry_id="d", facts=FACTS).total == 1
    assert ask(world, EntryType.DATASET, entry_id="x", facts=FACTS).total == 0
