"""Who meets filters, and how that is carried between individuals, biosamples, runs and analyses."""

import pytest

from beacon_node.errors import InvalidRequest
from beacon_node.model.entries import EntryType
from beacon_node.model.measures import parse_value
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    Granularity,
    OntologyFilter,
    Within,
)
from beacon_node.model.variation import Allele
from tests.store.variants.world import (
    ANALYSIS,
    BIOSAMPLE,
    INDIVIDUAL,
    RUN,
    Calls,
    Record,
    World,
)

SNP, OTHER, THIRD = (Allele("17", start, start + 1, "A", "T") for start in (100, 200, 300))
KG, LB = ("NCIT:C28252", "Kilogram"), ("NCIT:C48531", "Pound")


def measure(entry_type, field, number, text, unit=("", ""), label=""):
    return (entry_type, field, number, parse_value(text).amount, text, *unit, label)


@pytest.fixture
def world() -> World:
    """Three people. Ann (0) gave blood and a tumour, each with a call set; Ben (1) blood, sequenced
    in two runs; Cem (2) nothing."""
    return World(
        call_sets=[
            {INDIVIDUAL: 0, BIOSAMPLE: 0, RUN: 0, ANALYSIS: 0},
            {INDIVIDUAL: 0, BIOSAMPLE: 1},
            {INDIVIDUAL: 1, BIOSAMPLE: 2},
        ],
        alleles=[
            Calls(SNP, het={0, 1}),
            Calls(OTHER, het={1}, hom={2}),
            Calls(THIRD, single={2}),
        ],
        entries={
            INDIVIDUAL: [Record(name) for name in ("ann", "ben", "cem")],
            BIOSAMPLE: [
                Record("ann-blood", {INDIVIDUAL: 0}),
                Record("ann-tumour", {INDIVIDUAL: 0}),
                Record("ben-blood", {INDIVIDUAL: 1}),
            ],
            RUN: [
                Record("run-a", {INDIVIDUAL: 0, BIOSAMPLE: 0}),
                Record("run-b1", {INDIVIDUAL: 1, BIOSAMPLE: 2}),
                Record("run-b2", {INDIVIDUAL: 1, BIOSAMPLE: 2}),
            ],
            ANALYSIS: [
                Record("analysis-a", {INDIVIDUAL: 0, BIOSAMPLE: 0, RUN: 0}),
                Record("analysis-b", {INDIVIDUAL: 1, BIOSAMPLE: 2}),
            ],
        },
        terms=[
            (INDIVIDUAL, "NCIT:C16576", "sex", "female", {0}),
            (INDIVIDUAL, "NCIT:C20197", "sex", "male", {1, 2}),
            (INDIVIDUAL, "HP:1", "phenotypicFeatures.featureType", "Cough", {0, 2}),
            (BIOSAMPLE, "HP:1", "phenotypicFeatures.featureType", "Cough", {2}),
            (BIOSAMPLE, "UBERON:1", "sampleOriginType", "blood", {0, 2}),
            (BIOSAMPLE, "NCIT:tumour", "biosampleStatus", "tumour", {1}),
            (BIOSAMPLE, "TNM:1", "pathologicalStage", "stage 1", {0}),
            (RUN, "OBI:1", "librarySource", "genomic", {0, 2}),
        ],
        measures=[
            measure(INDIVIDUAL, "LOINC:1", 0, "60", KG, "Weight"),
            measure(INDIVIDUAL, "LOINC:1", 0, "64.5", KG, "Weight"),
            measure(INDIVIDUAL, "LOINC:1", 1, "80", KG, "Weight"),
            measure(INDIVIDUAL, "LOINC:2", 0, "60", KG, "Mass"),
            measure(INDIVIDUAL, "LOINC:2", 1, "150", LB, "Mass"),
            measure(INDIVIDUAL, "diseases.ageOfOnset.iso8601duration", 0, "P40Y6M"),
            measure(INDIVIDUAL, "diseases.ageOfOnset.iso8601duration", 2, "P12Y"),
            measure(BIOSAMPLE, "collectionDate", 0, "2020-01-02"),
            measure(RUN, "platform", 0, "Illumina NovaSeq"),
            measure(RUN, "platform", 1, "Nanopore"),
        ],
        properties={"one_call_set_each": "0"},
    )


@pytest.fixture
def numbers(ask, world):
    """Return a function: which records (ids) of a type meet the filters?"""

    def asking(entry_type, *filters, lookups=(), **plan) -> set[str]:
        matches = ask(
            world, entry_type, *lookups, filters=filters, granularity=Granularity.RECORD, **plan
        )
        assert matches.total == len(matches.page)
        return {body["id"].removeprefix("public-") for body in matches.page}

    return asking


# ---- ontology terms ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry_type", "expected"),
    [
        (INDIVIDUAL, {"ann"}),
        (BIOSAMPLE, {"ann-blood", "ann-tumour"}),
        (RUN, {"run-a"}),
        (ANALYSIS, {"analysis-a"}),
    ],
)
def test_what_is_true_of_a_person_is_true_of_all_of_theirs(numbers, entry_type, expected):
    assert numbers(entry_type, OntologyFilter("NCIT:C16576")) == expected


@pytest.mark.parametrize(
    ("entry_type", "expected"),
    [(BIOSAMPLE, {"ann-tumour"}), (INDIVIDUAL, {"ann"}), (RUN, set()), (ANALYSIS, set())],
)
def test_a_person_meets_what_one_of_their_biosamples_meets(numbers, entry_type, expected):
    assert numbers(entry_type, OntologyFilter("NCIT:tumour")) == expected


def test_filters_on_biosamples_must_be_met_by_one_biosample(numbers):
    tumour, stage = OntologyFilter("NCIT:tumour"), OntologyFilter("TNM:1")
    assert numbers(INDIVIDUAL, tumour) == numbers(INDIVIDUAL, stage) == {"ann"}
    assert numbers(INDIVIDUAL, tumour, stage) == set()


def test_an_analysis_without_a_run_is_judged_by_its_biosample(numbers):
    assert numbers(ANALYSIS, OntologyFilter("OBI:1")) == {"analysis-a", "analysis-b"}


def test_a_term_without_scope_may_be_true_of_any_record(numbers):
    assert numbers(INDIVIDUAL, OntologyFilter("HP:1")) == {"ann", "ben", "cem"}
    assert numbers(INDIVIDUAL, OntologyFilter("HP:1", scope=INDIVIDUAL)) == {"ann", "cem"}
    assert numbers(INDIVIDUAL, OntologyFilter("HP:1", scope=BIOSAMPLE)) == {"ben"}
    assert numbers(INDIVIDUAL, OntologyFilter("HP:1", scope=RUN)) == set()


def test_a_filter_stands_for_the_terms_it_was_resolved_to(numbers):
    wanted = OntologyFilter("NCIT:person")
    terms = {wanted: frozenset({"NCIT:person", "NCIT:C20197", "NCIT:C16576"})}
    assert numbers(INDIVIDUAL, wanted) == set()
    assert numbers(INDIVIDUAL, wanted, terms=terms) == {"ann", "ben", "cem"}


def test_filters_of_other_entry_types_are_met_by_nobody(numbers):
    assert numbers(INDIVIDUAL, OntologyFilter("HP:1", scope=EntryType.COHORT)) == set()


# ---- values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "operator", "value", "expected"),
    [
        ("LOINC:1", ">", "64", {"ann", "ben"}),
        ("LOINC:1", "<", "61", {"ann"}),
        ("LOINC:1", ">=", "80", {"ben"}),
        ("LOINC:1", "<=", "60", {"ann"}),
        ("LOINC:1", "=", "64.50", {"ann"}),
        ("LOINC:1", "!", "64.5", {"ben"}),
        ("weight", ">", "70 kilogram", {"ben"}),
        ("weight", ">", "70 NCIT:C28252", {"ben"}),
        ("weight", ">", "70 Pound", set()),
        ("individuals.LOINC:1", ">", "70", {"ben"}),
        ("biosamples.LOINC:1", ">", "70", set()),
        ("mass", ">", "59 Kilogram", {"ann"}),
        ("mass", "!", "1 Pound", {"ben"}),
        ("diseases.ageOfOnset.iso8601duration", ">=", "P40Y", {"ann"}),
        ("diseases.ageOfOnset", "<", "P13Y", {"cem"}),
        ("individual.diseases.ageOfOnset", "<", "13", {"cem"}),
        ("collectionDate", "<", "2020-01-03", {"ann"}),
        ("collectionDate", "<", "2020-01-02", set()),
        ("platform", "=", "illumina%", {"ann"}),
        ("platform", "!", "illumina%", {"ben"}),
        ("sex", "=", "female", {"ann"}),
        ("sex", "=", "NCIT:C20197", {"ben", "cem"}),
        ("individuals.sex.label", "!", "FEMALE", {"ben", "cem"}),
        ("sampleOriginType", "=", "bl%", {"ann", "ben"}),
        ("nothing", "=", "1", set()),
    ],
)
def test_a_value_is_compared(numbers, field, operator, value, expected):
    assert numbers(INDIVIDUAL, AlphanumericFilter(field, operator, value)) == expected


def test_a_value_is_compared_in_its_scope(numbers):
    assert numbers(INDIVIDUAL, AlphanumericFilter("weight", ">", "1", BIOSAMPLE)) == set()


def test_several_units_need_one_to_be_named(numbers):
    with pytest.raises(InvalidRequest, match=r"Kilogram.*Pound"):
        numbers(INDIVIDUAL, AlphanumericFilter("mass", ">", "59"))


def test_words_have_no_order(numbers):
    with pytest.raises(InvalidRequest, match="needs a number"):
        numbers(INDIVIDUAL, AlphanumericFilter("platform", ">", "Illumina"))


# ---- with a variation --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry_type", "allele", "expected"),
    [
        (INDIVIDUAL, SNP, {"ann"}),
        (INDIVIDUAL, OTHER, {"ann", "ben"}),
        (BIOSAMPLE, SNP, {"ann-blood", "ann-tumour"}),
        (BIOSAMPLE, OTHER, {"ann-tumour", "ben-blood"}),
        (RUN, SNP, {"run-a"}),
        (RUN, THIRD, {"run-b1", "run-b2"}),  # which run called it is not known
        (ANALYSIS, THIRD, {"analysis-b"}),
    ],
)
def test_records_match_that_own_a_carrying_call_set(numbers, entry_type, allele, expected):
    assert numbers(entry_type, lookups=[AlleleSet((allele,))]) == expected


def test_people_with_several_call_sets_count_once(ask, world):
    assert ask(world, INDIVIDUAL, AlleleSet((SNP,))).total == 1
    assert ask(world, INDIVIDUAL, AlleleSet((SNP, OTHER, THIRD))).total == 2


def test_the_variation_must_be_in_the_biosample_that_is_filtered_for(numbers):
    blood, tumour = OntologyFilter("UBERON:1"), OntologyFilter("NCIT:tumour")
    assert numbers(INDIVIDUAL, blood, lookups=[AlleleSet((OTHER,))]) == {"ben"}
    assert numbers(INDIVIDUAL, tumour, lookups=[AlleleSet((OTHER,))]) == {"ann"}
    assert numbers(INDIVIDUAL, tumour, lookups=[AlleleSet((THIRD,))]) == set()


def test_runs_that_match_meet_their_own_filter(numbers):
    assert numbers(RUN, OntologyFilter("OBI:1"), lookups=[AlleleSet((THIRD,))]) == {"run-b2"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (OntologyFilter("NCIT:C16576"), 2),
        (OntologyFilter("NCIT:C20197"), 2),
        (OntologyFilter("UBERON:1"), 3),
        (OntologyFilter("NCIT:tumour"), 2),
        (OntologyFilter("TNM:1"), 1),
        (OntologyFilter("unheard of"), 0),
    ],
    ids=lambda value: getattr(value, "id", value),
)
def test_variations_count_that_somebody_eligible_carries(ask, world, wanted, expected):
    lookup = AlleleSet((SNP, OTHER, THIRD))
    assert ask(world, EntryType.GENOMIC_VARIANT, lookup, filters=(wanted,)).total == expected
    assert ask(world, EntryType.GENOMIC_VARIANT, filters=(wanted,)).total == expected


# ---- one record, or what belongs to one --------------------------------------------------------


@pytest.mark.parametrize(
    ("entry_type", "within", "expected"),
    [
        (BIOSAMPLE, (INDIVIDUAL, "ann"), {"ann-blood", "ann-tumour"}),
        (RUN, (BIOSAMPLE, "ben-blood"), {"run-b1", "run-b2"}),
        (ANALYSIS, (RUN, "run-a"), {"analysis-a"}),
        (INDIVIDUAL, (INDIVIDUAL, "nobody"), set()),
        (INDIVIDUAL, (EntryType.DATASET, "d"), {"ann", "ben", "cem"}),
        (INDIVIDUAL, (EntryType.DATASET, "other"), set()),
    ],
)
def test_only_what_belongs_to_a_record(numbers, entry_type, within, expected):
    kind, id = within
    shown = f"public-{id}" if kind in (INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS) else id
    assert numbers(entry_type, within=Within(kind, shown)) == expected


def test_a_record_and_a_filter_on_its_type_must_both_hold_of_it(numbers):
    tumour = OntologyFilter("NCIT:tumour")
    within = Within(BIOSAMPLE, "public-ann-blood")
    assert numbers(INDIVIDUAL, within=within) == {"ann"}
    assert numbers(INDIVIDUAL, tumour, within=within) == set()


def test_the_variations_of_a_record(ask, world):
    for id, expected in (("ann", 2), ("ben", 2), ("cem", 0)):
        within = Within(INDIVIDUAL, f"public-{id}")
        assert ask(world, EntryType.GENOMIC_VARIANT, within=within).total == expected


def test_a_cohort_is_everybody_in_its_dataset(ask, world):
    facts = {"cohorts": ({"id": "c1"},)}
    inside, outside = (Within(EntryType.COHORT, id) for id in ("c1", "c2"))
    assert ask(world, INDIVIDUAL, within=inside, facts=facts).total == 3
    assert ask(world, INDIVIDUAL, within=outside, facts=facts).total == 0


@pytest.mark.parametrize(
    ("id", "filters", "expected"),
    [
        ("public-ann", (), {"ann"}),
        ("ann", (), set()),  # the hospital's own id means nothing
        ("public-ann", (OntologyFilter("NCIT:C20197"),), set()),
    ],
)
def test_one_record_by_its_public_id_if_it_matches(numbers, id, filters, expected):
    assert numbers(INDIVIDUAL, *filters, entry_id=id) == expected
