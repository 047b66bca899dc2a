"""Who may be counted: which data a question uses, and who let all of it be used."""

import pytest

from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.people import DATA_OF, Consented, needed_data
from beacon_node.model.query import Granularity

INDIVIDUAL, BIOSAMPLE, RUN, ANALYSIS = LINEAGE
VARIANT, DATASET, COHORT = EntryType.GENOMIC_VARIANT, EntryType.DATASET, EntryType.COHORT
V, P, B, R = DataType
COUNT, RECORD = Granularity.COUNT, Granularity.RECORD


@pytest.mark.parametrize(
    ("entry_type", "plain", "with_variation"),
    [
        (INDIVIDUAL, {P}, {V}),
        (BIOSAMPLE, {B}, {B, V}),
        (RUN, {R}, {R, V}),
        (ANALYSIS, {R}, {R, V}),
        (VARIANT, {V}, {V}),
        (DATASET, set(), {V}),
        (COHORT, set(), {V}),
    ],
)
def test_what_is_counted_uses_its_data_and_a_variation_the_variants(
    entry_type, plain, with_variation
):
    for ceiling in (Granularity.BOOLEAN, COUNT):
        assert needed_data(entry_type, ceiling) == plain
        assert needed_data(entry_type, ceiling, asks_variation=True) == with_variation
    assert needed_data(entry_type, RECORD) == plain
    is_shown = {P} if entry_type is INDIVIDUAL else set()
    assert needed_data(entry_type, RECORD, asks_variation=True) == with_variation | is_shown


@pytest.mark.parametrize(
    ("within", "used"),
    [
        (None, set()),
        (INDIVIDUAL, set()),
        (DATASET, set()),
        (COHORT, set()),
        (BIOSAMPLE, {B}),
        (RUN, {R}),
        (ANALYSIS, {R}),
        (VARIANT, {V}),
    ],
)
def test_what_a_record_is_asked_within_is_used_unless_it_is_a_person(within, used):
    assert needed_data(VARIANT, RECORD, within=within) == {V} | used
    assert needed_data(INDIVIDUAL, COUNT, within=within) == {P} | used
    assert needed_data(DATASET, COUNT, within=within) == used


def test_records_are_of_some_type_of_data():
    assert set(DATA_OF) == {VARIANT, *LINEAGE}
    assert set(DATA_OF.values()) == set(DataType)


@pytest.fixture
def people() -> Consented:
    members = {V: {0, 1}, P: {1, 2}, B: {1, 2, 3}, R: set()}
    return Consented({one: NumberSet.of(5, numbers) for one, numbers in members.items()})


@pytest.mark.parametrize(
    ("data_types", "expected"),
    [((V,), {0, 1}), ((P, B), {1, 2}), ((V, P, B), {1}), ((V, R), set()), ((), {0, 1, 2, 3})],
)
def test_all_types_must_be_consented_to_and_of_no_type_any(people, data_types, expected):
    assert set(people.of(data_types)) == expected


def test_who_consented_is_not_printed_and_is_compared_as_the_object_it_is(people):
    assert repr(people) == "Consented(…)"
    assert people != Consented(people.by_type)
