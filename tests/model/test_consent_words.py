"""Every term a consent can hold has words that a patient understands."""

from datetime import date

import pytest

from beacon_node.model.consent_words import listed, permitted_use_in_words
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.duo_terms import DS, DUO_TERMS, GRU, GS, HMB, MOR, NPU, TS, DuoKind

USABLE = [
    term for term in DUO_TERMS.values() if term.kind in (DuoKind.PERMISSION, DuoKind.MODIFIER)
]
PARAMETERS = {"date": date(2031, 5, 1), "months": 24}


def words(*terms, **label) -> str:
    return " ".join(permitted_use_in_words(Use.of(*terms), **label))


@pytest.mark.parametrize("term", USABLE, ids=lambda term: term.shorthand)
def test_every_term_is_said_without_jargon(term):
    said = words(ConsentTerm(term.id))
    assert said and term.id not in said and term.shorthand not in said.split()
    assert "{" not in said and "person has to look" not in said


@pytest.mark.parametrize(
    "term", [one for one in USABLE if one.parameter], ids=lambda term: term.shorthand
)
def test_every_parameter_is_named(term):
    value = PARAMETERS.get(term.parameter, frozenset({"Ward-9", "Ward-8"}))
    shown = {"date": "1 May 2031", "months": "24 months"}.get(term.parameter, "Ward-8 and Ward-9")
    assert shown in words(ConsentTerm(term.id, **{term.parameter: value}))


@pytest.mark.parametrize("id", [DS, GS, MOR, TS])
def test_a_term_that_lacks_what_it_needs_is_said_to_permit_nothing(id):
    assert "not used" in words(ConsentTerm(GRU), ConsentTerm(id))


def test_of_nested_permissions_the_narrowest_is_said():
    said = words(ConsentTerm(GRU), ConsentTerm(HMB), ConsentTerm(DS, diseases=frozenset({"M:1"})))
    assert said == "Your data may be used for research into M:1, and into no other disease."


def test_conditions_without_a_permission_permit_nothing():
    assert words(ConsentTerm(NPU)).startswith("It does not say what your data may be used for")
    assert "not used" in words()


def test_an_unknown_term_needs_a_person():
    assert "'X:1'" in words(ConsentTerm(GRU), ConsentTerm("X:1"))


def test_diseases_have_names_where_they_are_known():
    term = ConsentTerm(DS, diseases=frozenset({"MONDO:0005105", "MONDO:0000001"}))
    names = {"MONDO:0005105": "melanoma"}
    said = words(term, label=lambda id: names.get(id, ""))
    assert "MONDO:0000001 and melanoma (MONDO:0005105)" in said


def test_lists_are_written_as_sentences_write_them():
    assert [listed(words) for words in (["a"], ["a", "b"], ["a", "b", "c"])] == [
        "a",
        "a and b",
        "a, b and c",
    ]
