"""A preview tells a committee what it needs and of nobody in particular."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beacon_node.model.bands import band
from beacon_node.model.data_use import read_purpose
from beacon_node.policy.consent_preview import OTHER, Conditions, preview
from tests.policy.duo import DISEASES, doing, ds, use
from tests.policy.histories import GRU_USE, HMB_USE, NRES_USE, VARIANTS, day, withdrawn
from tests.policy.histories import given as consented

ON_MELANOMA = read_purpose(doing("disease", diseases=["D:melanoma"]))
CANCER, EYE = use([ds("D:cancer")]), use([ds("D:eye")])


def told(*groups, dataset=NRES_USE, purpose=ON_MELANOMA):
    """Preview over groups (how many people, their history)."""
    people = [history for count, history in groups for _ in range(count)]
    return preview(people, Conditions(VARIANTS, dataset, purpose), DISEASES, day(5))


def test_people_are_counted_in_bands_with_the_reasons_against():
    found = told(
        (120, [consented(1, 1, use=CANCER)]),
        (80, [consented(1, 1, use=EYE)]),
        (60, [consented(1, 1), withdrawn(2, 2)]),
        (55, []),
    )
    assert (found.individuals, found.usable, found.after_review) == ("200–499", "100–199", "<50")
    assert found.disease_release == DISEASES.release
    bands = {one.reason: one.individuals for one in found.reasons}
    assert bands["The individual withdrew."] == bands["No consent is on record."] == "50–99"
    assert sum("individual)" in reason for reason in bands) == 1 and bands[OTHER] == "<50"


def test_what_few_people_agreed_to_is_not_named():
    rare = use([{"id": "DUO:0000027", "params": {"projects": ["secret"]}}, "DUO:0000042"])
    found = told((100, [consented(1, 1, use=HMB_USE)]), (49, [consented(1, 1, use=rare)]))
    assert "secret" not in str(found) and [one.reason for one in found.reasons] == [OTHER]


def test_one_person_more_or_less_is_seen_only_at_the_edge_of_a_band():
    histories = {n: told((n, [consented(1, 1, use=GRU_USE)])) for n in (0, 1, 49, 50, 51, 99)}
    assert histories[0] == histories[1] == histories[49] != histories[50]
    assert histories[50] == histories[51] == histories[99]


def test_the_terms_of_the_dataset_must_approve_as_well():
    found = told((70, [consented(1, 1, use=GRU_USE)]), dataset=EYE)
    assert found.usable == "<50" and "terms of the dataset" in found.reasons[0].reason


def test_open_points_of_the_purpose_are_the_committees():
    found = told((70, [consented(1, 1, use=GRU_USE)]), purpose=read_purpose({}))
    assert found.after_review == "50–99" and found.usable == "<50"


@given(st.integers(0, 10**7))
def test_every_number_lies_in_its_band(count):
    text = band(count).replace(",", "")
    low, _, high = text.partition("–")
    assert count < 50 if text == "<50" else int(low) <= count <= int(high)


@pytest.mark.parametrize(("count", "expected"), [(50, "50–99"), (100, "100–199"), (499, "200–499")])
def test_bands_meet_without_gaps(count, expected):
    assert band(count) == expected
