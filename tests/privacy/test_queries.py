"""All spellings of one question are one key, and different questions are not."""

import subprocess
import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.actions.plan_search import plan_search
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlphanumericFilter,
    Granularity,
    NameQuery,
    OntologyFilter,
    Page,
    Query,
    RangeQuery,
    SequenceQuery,
    VariationIdQuery,
)
from beacon_node.model.variation import Allele, parse_variation_id
from beacon_node.ports import Dataset
from beacon_node.privacy.queries import canonical_question
from tests.actions.fakes import FakeKnowledge, FakeStore, fake_node

HERE = Dataset("here", "Here", Assembly.GRCH38, is_open_data=False)
ELSEWHERE = replace(HERE, id="elsewhere")
AGES = [{"type": "alphanumeric", "id": "ageOfOnset"}]
SEQUENCE = "GATTTTACACACACAGTC"
DELETED = Allele("17", 6, 8, "AC", "")  # left-most of ACACACAC
KNOWLEDGE = FakeKnowledge(
    names={"rs1": {Assembly.GRCH38: (DELETED,)}},
    terms={
        "HP:1": {"HP:1", "HP:2", "HP:3"},
        "HP:2": {"HP:2"},
        "HP:9": {"HP:1", "HP:2", "HP:3"},
    },
    labels={"HP:1": "Seizure", "HP:2": "Focal seizure", "HP:9": "Fit"},
    sequence=SEQUENCE,
)
NODE = fake_node(FakeStore([HERE, ELSEWHERE], terms={"here": AGES}), KNOWLEDGE)


def key(variation=None, *filters, dataset=HERE, **more) -> str:
    query = Query(EntryType.INDIVIDUAL, variation, filters, **more)
    return canonical_question(plan_search(NODE, query, (HERE,)), dataset).key


def deleted(start: int, ref: str, alt: str) -> SequenceQuery:
    return SequenceQuery(Assembly.GRCH38, "17", start, ref, alt)


SPELLINGS = [
    deleted(6, "AC", ""),
    deleted(5, "TAC", "T"),
    deleted(8, "AC", ""),
    deleted(11, "CAC", "C"),
    deleted(6, "ACAC", "AC"),
    NameQuery("rs1"),
    NameQuery("rs1", Assembly.GRCH38),
    VariationIdQuery(parse_variation_id("GRCh38.17.6.8.AC.-")),
]
spelled = st.sampled_from(SPELLINGS)
seizures = st.sampled_from(
    [
        (OntologyFilter("HP:2"),),
        (OntologyFilter("HP:2"), OntologyFilter("HP:1")),
        (OntologyFilter("HP:1"), OntologyFilter("HP:9"), OntologyFilter("HP:2")),
        (OntologyFilter("HP:2", include_descendants=False),),
    ]
)
ages = st.sampled_from(
    [
        AlphanumericFilter("ageOfOnset", ">", value)
        for value in ("P40Y", "P480M", " P40Y ", "P40Y0M")
    ]
    + [AlphanumericFilter("AGEOFONSET", ">", "P40Y")]
)


@given(spelled, seizures, ages, st.sampled_from(list(Granularity)), st.integers(0, 9), st.data())
def test_every_spelling_of_a_question_has_one_key(variation, terms, age, granularity, skip, data):
    filters = data.draw(st.permutations([*terms, age]))
    asked = key(variation, *filters, granularity=granularity, page=Page(skip, 5))
    assert asked == key(SPELLINGS[0], OntologyFilter("HP:2"), _over_forty())


def _over_forty() -> AlphanumericFilter:
    return AlphanumericFilter("ageOfOnset", ">", "P40Y")


@pytest.mark.parametrize(
    "other",
    [
        lambda: key(),
        lambda: key(deleted(5, "T", "G")),
        lambda: key(deleted(6, "ACAC", "")),
        lambda: key(SPELLINGS[0], OntologyFilter("HP:1")),
        lambda: key(SPELLINGS[0], OntologyFilter("HP:2")),
        lambda: key(SPELLINGS[0], OntologyFilter("HP:2", EntryType.BIOSAMPLE)),
        lambda: key(SPELLINGS[0], _over_forty()),
        lambda: key(SPELLINGS[0], AlphanumericFilter("ageOfOnset", ">=", "P40Y")),
        lambda: key(SPELLINGS[0], AlphanumericFilter("ageOfOnset", ">", "40")),
        lambda: key(SPELLINGS[0], dataset=ELSEWHERE),
        lambda: key(RangeQuery(Assembly.GRCH38, Region("17", 6, 8))),
        lambda: key(replace(SPELLINGS[0], assembly=Assembly.GRCH37)),
    ],
)
def test_another_question_has_another_key(other):
    assert other() != key(SPELLINGS[0])


def test_the_quantity_counted_is_part_of_the_question():
    plan = plan_search(NODE, Query(EntryType.INDIVIDUAL, SPELLINGS[0]), (HERE,))
    people = canonical_question(plan, HERE)
    assert people != canonical_question(plan, HERE, quantity="group size")


def test_entry_types_of_one_quantity_are_one_question():
    plans = [
        plan_search(NODE, Query(entry_type, SPELLINGS[0]), (HERE,))
        for entry_type in (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE, EntryType.RUN)
    ]
    assert len({canonical_question(plan, HERE).key for plan in plans}) == 1


def test_the_group_is_named_by_its_filters_alone():
    def group(variation, *filters):
        query = Query(EntryType.INDIVIDUAL, variation, filters)
        return canonical_question(plan_search(NODE, query, (HERE,)), HERE).group

    term = OntologyFilter("HP:2")
    assert group(SPELLINGS[0]) == "" == group(None)
    assert group(SPELLINGS[0], term) == group(None, term, OntologyFilter("HP:1")) != ""


def test_a_key_is_the_same_in_another_process():
    code = (
        "from tests.privacy.test_queries import key, SPELLINGS, _over_forty, OntologyFilter\n"
        "print(key(SPELLINGS[3], OntologyFilter('HP:1'), _over_forty()), end='')"
    )
    keys = {
        subprocess.run(
            [sys.executable, "-c", code],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(filter(None, sys.path))},
        ).stdout
        for seed in ("1", "2")
    }
    assert keys == {key(SPELLINGS[0], OntologyFilter("HP:1"), _over_forty())}
