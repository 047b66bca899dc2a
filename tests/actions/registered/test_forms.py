"""All ways to ask one question are one count; what cannot be counted is told why."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.actions.plan_search import plan_search
from beacon_node.actions.registered.forms import (
    counted_plan,
    is_for_the_table,
    named_allele,
    why_not_counted,
)
from beacon_node.actions.registered.reasons import Why
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlphanumericFilter,
    GeneQuery,
    Granularity,
    NameQuery,
    OntologyFilter,
    Page,
    Query,
    RangeQuery,
    SequenceQuery,
    VariationIdQuery,
    Within,
)
from beacon_node.model.variation import Allele, parse_variation_id
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.privacy.queries import canonical_question
from tests.actions.fakes import FakeKnowledge, FakeStore, fake_node

HG38 = Assembly.GRCH38
INDIVIDUAL, VARIANT = EntryType.INDIVIDUAL, EntryType.GENOMIC_VARIANT
ASTHMA, AGE = OntologyFilter("MONDO:1"), AlphanumericFilter("age", ">=", "P40Y")
DATASET = Dataset("d", "D", HG38, False, cohorts=({"id": "all"},), filters=("MONDO:1", "age"))
DELETED = Allele("17", 6, 8, "AC", "")  # left-most of ACACACAC
OTHER = Allele("17", 6, 7, "A", "G")
KNOWLEDGE = FakeKnowledge(
    names={"rs1": {HG38: (DELETED,)}, "rs2": {HG38: (DELETED, OTHER)}},
    genes={"G1": {HG38: (Region("17", 0, 20),)}},
    terms={"MONDO:1": {"MONDO:1"}},
    labels={"MONDO:1": "Asthma"},
    sequence="GATTTTACACACACAGTC",
)
AGES = [{"type": "alphanumeric", "id": "age"}]
NODE = fake_node(FakeStore([DATASET], terms={"d": AGES}), KNOWLEDGE)
ID = VariationIdQuery(parse_variation_id("GRCh38.17.6.8.AC.-"))


def deleted(start: int, ref: str, alt: str) -> SequenceQuery:
    return SequenceQuery(HG38, "17", start, ref, alt)


ONE = [
    deleted(6, "AC", ""),
    deleted(5, "TAC", "T"),
    deleted(11, "CAC", "C"),
    deleted(8, "ACAC", "AC"),
    NameQuery("rs1"),
    NameQuery("rs1", HG38),
    ID,
]
SEVERAL = [
    NameQuery("rs2"),
    GeneQuery("G1"),
    RangeQuery(HG38, Region("17", 6, 8)),
    deleted(6, "NC", ""),
    VariationIdQuery(parse_variation_id(f"GRCh38.17.6.56.50~{'0' * 16}.-")),
]


def planned(variation=None, entry_type=INDIVIDUAL, **told) -> SearchPlan:
    return plan_search(NODE, Query(entry_type, variation, **told), (DATASET,))


def key(plan: SearchPlan) -> str:
    return canonical_question(counted_plan(plan, DATASET), DATASET).key


@given(
    st.sampled_from(ONE),
    st.sampled_from(LINEAGE),
    st.sampled_from(Granularity),
    st.integers(0, 9),
    st.permutations([ASTHMA, AGE]),
    st.sampled_from([None, Within(EntryType.DATASET, "d"), Within(EntryType.COHORT, "all")]),
)
def test_every_way_to_ask_a_question_is_one(variation, entry, granularity, skip, filters, within):
    plan = planned(
        variation,
        entry,
        granularity=granularity,
        page=Page(skip, 5),
        filters=tuple(filters),
        within=within,
    )
    assert named_allele(plan, DATASET) == DELETED
    assert why_not_counted(plan, DATASET, KNOWLEDGE) is None
    assert key(plan) == key(planned(ONE[0], filters=(ASTHMA, AGE)))


def test_variants_with_filters_are_the_same_count_however_they_are_reached():
    expected = key(planned(ONE[0], filters=(ASTHMA,)))
    for plan in (
        planned(ONE[1], VARIANT, filters=(ASTHMA,)),
        planned(None, VARIANT, filters=(ASTHMA,), entry_id=ID.id.text),
        planned(None, within=Within(VARIANT, ID.id.text), filters=(ASTHMA,)),
    ):
        assert not is_for_the_table(plan, DATASET)
        assert why_not_counted(plan, DATASET, KNOWLEDGE) is None
        assert key(plan) == expected


def test_another_question_is_another_count():
    plans = [
        planned(),
        planned(ONE[0]),
        planned(ONE[0], filters=(ASTHMA,)),
        planned(ONE[0], filters=(ASTHMA, AGE)),
        planned(deleted(6, "A", "G")),
        planned(filters=(ASTHMA,)),
    ]
    assert len(set(map(key, plans))) == len(plans)


@pytest.mark.parametrize("variation", SEVERAL)
def test_what_is_not_one_variation_is_for_the_table_and_takes_no_filters(variation):
    for entry_type in (*LINEAGE, VARIANT):
        assert is_for_the_table(planned(variation, entry_type), DATASET)
        plan = planned(variation, entry_type, filters=(ASTHMA,))
        assert not is_for_the_table(plan, DATASET)
        assert why_not_counted(plan, DATASET, KNOWLEDGE) is Why.NOT_ONE_ALLELE


def test_variants_without_filters_are_for_the_table_also_a_single_one():
    assert is_for_the_table(planned(ONE[0], VARIANT), DATASET)
    assert not is_for_the_table(planned(ONE[0]), DATASET)
    assert not is_for_the_table(planned(), DATASET)


def test_an_id_that_is_not_spelled_as_this_node_does_names_nothing():
    for text in ("GRCh38.17.6.9.AC.-", "GRCh38.17.6.8.-.-", "GRCh38.17.6.8.AC.<DEL>"):
        assert named_allele(planned(VariationIdQuery(parse_variation_id(text))), DATASET) is None


def test_of_several_alleles_a_selection_may_leave_one():
    plan = planned(NameQuery("rs2"))
    (lookup,) = plan.lookups[HG38]
    selection = replace(lookup.selection, alternate_bases="G", reference_bases="A")
    chosen = replace(plan, lookups={HG38: (replace(lookup, selection=selection),)})
    assert named_allele(chosen, DATASET) == OTHER
    assert key(chosen) == key(planned(deleted(6, "A", "G")))


@pytest.mark.parametrize(
    ("why", "told"),
    [
        (Why.ONE_ENTRY, {"entry_id": "i1"}),
        (Why.ONE_ENTRY, {"within": Within(INDIVIDUAL, "i1")}),
        (Why.ONE_ENTRY, {"within": Within(EntryType.BIOSAMPLE, "b1")}),
        (Why.ONE_ENTRY, {"within": Within(EntryType.DATASET, "other")}),
        (Why.NO_COHORT, {"within": Within(EntryType.COHORT, "some")}),
        (Why.NO_ALLELE, {"entry_type": VARIANT, "filters": (ASTHMA,)}),
        (Why.COLLECTION, {"entry_type": EntryType.COHORT, "filters": (ASTHMA,)}),
    ],
)
def test_what_is_not_counted_says_why(why, told):
    assert why_not_counted(planned(**told), DATASET, KNOWLEDGE) is why


def test_sites_without_people_and_filters_that_are_not_declared():
    sites = replace(DATASET, has_individuals=False)
    assert why_not_counted(planned(ONE[0]), sites, KNOWLEDGE) is Why.SITES_ONLY
    closed = replace(DATASET, filters=())
    told = why_not_counted(planned(ONE[0], filters=(ASTHMA,)), closed, KNOWLEDGE)
    assert "'MONDO:1'" in told and "/filtering_terms" in told
