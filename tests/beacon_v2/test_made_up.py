"""The made-up data of test mode behave like a small beacon."""

import pytest

from beacon_node.beacon_v2.made_up import MadeUpKnowledge, MadeUpStore
from beacon_node.model.decision import DatasetDecision
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.people import EVERYBODY
from beacon_node.model.query import (
    AlphanumericFilter,
    BracketQuery,
    Granularity,
    OntologyFilter,
    Page,
    RangeQuery,
    Selection,
    SequenceQuery,
    Within,
)
from beacon_node.ports import SearchPlan

G38 = Assembly.GRCH38
DATASET = MadeUpStore().datasets()[0]
OPEN = DatasetDecision(DATASET.id, Granularity.RECORD, people=EVERYBODY)
SNV = SequenceQuery(G38, "17", 43_057_062, "G", "A")
VARIANT, INDIVIDUAL = EntryType.GENOMIC_VARIANT, EntryType.INDIVIDUAL


def search(entry_type=INDIVIDUAL, lookup=None, **plan):
    lookups = {lookup.assembly: (lookup,)} if lookup else None
    wanted = SearchPlan(entry_type, lookups, granularity=Granularity.RECORD, **plan)
    return MadeUpStore().search(DATASET, wanted, OPEN)


@pytest.mark.parametrize(
    ("lookup", "people"),
    [
        (None, 3),
        (SNV, 2),
        (SequenceQuery(G38, "17", 43_057_062, None, "N"), 2),
        (SequenceQuery(G38, "17", 43_057_062, "G", "T"), 0),
        (RangeQuery(G38, Region("1", 55_000_000, 56_000_000)), 1),
        (RangeQuery(G38, Region("17", 0, 80_000_000), Selection(frozenset({"DEL"}))), 0),
        (RangeQuery(G38, Region("17", 0, 80_000_000), Selection(min_length=2)), 0),
        (BracketQuery(G38, "17", 43_057_062, 43_057_063, 43_057_063, 43_057_064), 2),
    ],
)
def test_a_place_finds_its_carriers(lookup, people):
    assert search(lookup=lookup).total == people


@pytest.mark.parametrize(
    ("filters", "people"),
    [
        ((OntologyFilter("NCIT:C16576"),), 1),
        ((OntologyFilter("MONDO:0011450"), OntologyFilter("NCIT:C20197")), 1),
        ((AlphanumericFilter("ageOfOnset", ">", "P40Y"),), 2),
        ((AlphanumericFilter("ageOfOnset", "<=", "30"),), 1),
        ((AlphanumericFilter("ageOfOnset", "=", "4%"),), 1),
        ((AlphanumericFilter("ageOfOnset", "=", "%4%" * 100 + "x"),), 0),
        ((AlphanumericFilter("height", ">", "1"),), 0),
    ],
)
def test_filters_select_people(filters, people):
    assert search(filters=filters).total == people


def test_within_and_pages():
    within = Within(INDIVIDUAL, "test-individual-2")
    assert search(VARIANT, within=within).total == 2
    page = search(page=Page(1, 2))
    assert page.total == 3 and [one["id"] for one in page.page] == ["test-individual-3"]
    assert search(entry_id="test-individual-1").total == 1
    assert search(within=Within(EntryType.COHORT, "another")).total == 0


def test_names_mean_something_on_both_assemblies():
    knowledge = MadeUpKnowledge()
    assert set(knowledge.gene_regions("brca1")) == set(Assembly)
    assert (
        knowledge.alleles_of("rs000000001")[G38] == knowledge.alleles_of_change("E1817*", "")[G38]
    )
    assert knowledge.gene_regions("TP53") == {} and knowledge.alleles_of("rs1") == {}
