"""A gene is found by every name it has or had, on every assembly whose table is loaded."""

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.genome import Region
from beacon_node.model.knowledge import Kind
from beacon_node.store.knowledge import SqliteKnowledge
from tests.store.knowledge.sources import GENE_NAMES, GENES_37, GENES_38, GRCH37, GRCH38, source

BRAF_37 = (Region("7", 140_419_126, 140_624_564),)
BRAF_38 = (Region("7", 140_719_326, 140_924_929),)
BRCA1_38 = (Region("17", 43_044_294, 43_170_245),)


@pytest.fixture
def tables(tmp_path) -> SqliteKnowledge:
    knowledge = SqliteKnowledge(tmp_path)
    knowledge.add(source(Kind.GENES, GRCH37), GENES_37)
    knowledge.add(source(Kind.GENES, GRCH38), GENES_38)
    return knowledge


@pytest.fixture
def knowledge(tables) -> SqliteKnowledge:
    tables.add(source(Kind.GENE_NAMES), GENE_NAMES)
    return tables


@pytest.mark.parametrize(
    "name", ["BRCA1", "brca1", "RNF53", "HGNC:1100", "ENSG00000012048", "ENSG00000012048.23"]
)
def test_every_name_finds_the_gene(knowledge, name):
    assert knowledge.gene_regions(name) == {GRCH38: BRCA1_38}


@pytest.mark.parametrize("name", ["BRAF", "OLD2", "HGNC:1097"])
def test_todays_symbol_and_that_of_an_old_table_are_linked_both_ways(knowledge, name):
    assert knowledge.gene_regions(name) == {GRCH37: BRAF_37, GRCH38: BRAF_38}


def test_an_approved_symbol_wins_over_an_alias_of_another_gene(knowledge):
    assert knowledge.gene_regions("BRAF")[GRCH38] == BRAF_38  # also an alias of A2M


def test_a_previous_symbol_wins_over_an_alias_of_another_gene(knowledge):
    assert knowledge.gene_regions("OLD1") == {GRCH38: BRCA1_38}


def test_an_alias_of_several_genes_is_refused_with_their_names(knowledge):
    with pytest.raises(InvalidRequest, match="BRAF, BRCA1"):
        knowledge.gene_regions("SHARED")


def test_an_unknown_gene_lies_nowhere(knowledge):
    assert knowledge.gene_regions("NOSUCHGENE") == {}


def test_a_table_alone_knows_its_own_names(tables):
    assert tables.gene_regions("braf") == {GRCH38: BRAF_38}
    assert tables.gene_regions("OLD2") == {GRCH37: BRAF_37}
    assert tables.gene_regions("HGNC:1100") == {GRCH38: BRCA1_38}
    assert tables.gene_regions("RNF53") == {}


@pytest.mark.parametrize(
    ("start", "end", "genes"),
    [
        (140_719_325, 140_719_326, ()),
        (140_719_325, 140_719_327, ("BRAF",)),
        (140_719_326, 140_719_326, ("BRAF",)),  # a gap counts as the base after it
        (140_924_928, 140_924_929, ("BRAF",)),
        (140_924_929, 140_924_930, ("NEAR",)),
        (140_924_000, 140_925_000, ("BRAF", "NEAR")),
    ],
)
def test_genes_at_a_place(knowledge, start, end, genes):
    assert knowledge.genes_at(GRCH38, Region("7", start, end)) == genes


def test_genes_at_a_place_go_by_todays_symbol(knowledge):
    assert knowledge.genes_at(GRCH37, Region("7", 140_500_000, 140_500_001)) == ("BRAF",)
    assert knowledge.genes_at(GRCH37, Region("8", 140_500_000, 140_500_001)) == ()
