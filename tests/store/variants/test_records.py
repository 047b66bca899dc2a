"""What a record says of a variation."""

from dataclasses import replace

import pytest

from beacon_node.model.answer import Case
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import AlleleSet, Granularity, OntologyFilter
from beacon_node.model.variation import Allele, Extent
from tests.store.variants.world import (
    BIOSAMPLE,
    INDIVIDUAL,
    OPEN,
    RUN,
    Calls,
    Record,
    World,
    one_each,
)

SNP = Allele("X", 100, 101, "A", "T")


@pytest.fixture
def world() -> World:
    """Eight people: 0 heterozygous, 1 homozygous, 2 (carrier) and 6 with one copy, 3 not called."""
    calls = Calls(SNP, het={0}, hom={1}, single={2}, no_call={3}, haploid={2, 6})
    return one_each(8, alleles=[calls], terms=[(INDIVIDUAL, "T", "x", "", {0, 2, 3, 6, 7})])


@pytest.fixture
def record(ask, world):
    def reading(**plan):
        plan = {"granularity": Granularity.RECORD, **plan}
        return ask(world, EntryType.GENOMIC_VARIANT, AlleleSet((SNP,)), **plan).page[0]

    return reading


def test_copies_are_counted(record):
    found = record()
    assert found.allele_count == 1 + 2 + 1
    assert found.allele_number == 2 * 5 + 2  # seven called, two of them with one copy
    assert found.homozygous == 1


def test_copies_are_those_of_the_people_counted(record):
    found = record(filters=(OntologyFilter("T"),))
    assert (found.allele_count, found.allele_number, found.homozygous) == (2, 2 * 2 + 2, 0)
    assert [case.individual_id for case in found.cases] == ["public-I0", "public-I2"]


def test_only_call_sets_whose_assay_covers_the_place_were_called(record, world):
    world.regions = [(0, "X", 0, 1000), (1, "X", 0, 90), (2, "X", 101, 200), (3, "X", 50, 101)]
    world.assays = {4: [1], 5: [1, 2], 6: [3], 7: [1, 3], 1: [1]}
    found = record()
    # 4 and 5 were not looked at here; the homozygous 1 was, whatever the assay says.
    assert found.allele_number == 2 * 3 + 2


def test_nobody_else_was_called_outside_the_datasets_own_regions(ask, world):
    world.regions = [(0, "X", 0, 50)]
    plan = {"granularity": Granularity.RECORD}
    (found,) = ask(world, EntryType.GENOMIC_VARIANT, **plan).page
    assert (found.allele_count, found.allele_number) == (4, 5)


def test_cases_name_carriers_by_their_public_ids(record, world):
    world.entries[RUN] = [Record("R0", {INDIVIDUAL: 1, BIOSAMPLE: 1})]
    world.call_sets[1][RUN] = 0
    assert record().cases == (
        Case("public-B0", "public-I0", "heterozygous"),
        Case("public-B1", "public-I1", "homozygous", run_id="public-R0"),
        Case("public-B2", "public-I2", "hemizygous"),
    )


def test_cases_are_only_read_for_those_who_may_see_them(record):
    may_not = replace(OPEN, may_see_cases=False)
    found = record(decision=may_not)
    assert (found.cases, found.allele_count) == ((), 4)


def test_what_the_file_says_of_a_variation_is_told(record, world):
    effect = {"gene": "BRAF", "aminoacid_change": "V600E"}
    extent = {"length": 7, "start_margin": [-1, 2], "mate": ["2", 5, 5]}
    world.alleles[0].ids, world.alleles[0].effects = ["rs1"], [effect]
    world.alleles[0].extent = extent
    found = record()
    assert (found.assembly, found.allele) == (Assembly.GRCH38, SNP)
    assert (found.ids, found.effects) == (("rs1",), (effect,))
    assert found.extent == Extent(7, (-1, 2), None, Region("2", 5, 5))


def test_a_person_with_several_call_sets_counts_once(record, world):
    """5's second call set is 4; the person is homozygous in one, heterozygous in the other."""
    world.properties["one_call_set_each"] = "0"
    world.call_sets[4] = world.call_sets[5]
    world.alleles[0].het |= {4}
    world.alleles[0].hom |= {5}
    found = record()
    # 4 has no call set left: six were called, 2 and 6 of them with one copy.
    assert (found.allele_count, found.homozygous) == (1 + 2 + 1 + 2, 2)
    assert found.allele_number == 2 * 4 + 2


def test_one_copy_on_a_sequence_is_one_copy_at_every_place_of_it(ask, world):
    """6 was seen with one copy at SNP; another file's allele says nothing of it."""
    elsewhere = Allele("X", 5_000_000, 5_000_001, "G", "C")
    unshared = Allele("X", 5_000_100, 5_000_101, "G", "C")
    world.alleles += [Calls(elsewhere, haploid={6}), Calls(unshared, het={0})]
    plan = {"granularity": Granularity.RECORD}
    (found,) = ask(world, EntryType.GENOMIC_VARIANT, AlleleSet((unshared,)), **plan).page
    assert found.allele_number == 2 * 6 + 2  # 2 and 6: SNP lies outside the shared regions too


def test_one_copy_elsewhere_is_two_in_the_pseudoautosomal_regions(ask, world):
    shared = Allele("X", 100_000, 100_001, "G", "C")
    world.alleles.append(Calls(shared, het={0}))
    plan = {"granularity": Granularity.RECORD}
    (found,) = ask(world, EntryType.GENOMIC_VARIANT, AlleleSet((shared,)), **plan).page
    assert found.allele_number == 2 * 8


def test_a_genotype_incomplete_at_a_record_is_so_for_all_its_alleles(ask, world):
    other = Allele("X", 100, 101, "A", "G")
    world.alleles.append(Calls(other, het={4}, no_call={5}))
    plan = {"granularity": Granularity.RECORD}
    (found,) = ask(world, EntryType.GENOMIC_VARIANT, AlleleSet((SNP,)), **plan).page
    assert found.allele_number == 2 * 4 + 2  # neither 3 nor 5 was called
