"""The vocabulary of data use, and how permitted uses and purposes are read and written."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beacon_node.errors import InvalidRequest
from beacon_node.model.data_use import (
    Category,
    ConsentTerm,
    Organisation,
    ResearchPurpose,
    Use,
    purpose_document,
    read_purpose,
    read_terms,
    term_text,
    terms_document,
)
from beacon_node.model.duo_terms import (
    COUNTRIES,
    COUNTRY_GROUPS,
    DUO_RELEASE,
    DUO_TERMS,
    GRU,
    NPOA,
    PERMISSION_CHAIN,
    DuoKind,
    canonical_term,
)
from tests.shared_data import shared

# The vocabulary


def published() -> dict:
    return json.loads(shared("data/duo.json").read_text(encoding="utf-8"))


def test_the_vocabulary_is_the_published_release():
    document = published()
    assert f"releases/{DUO_RELEASE}/" in document["origin"]["release"]
    assert {
        term["id"]: (
            term["kind"],
            term["label"],
            term["shorthand"] or "",
            (term["parameter"] or {}).get("name", ""),
            (term["parameter"] or {}).get("required", False),
        )
        for term in document["terms"]
    } == {
        term.id: (term.kind, term.label, term.shorthand, term.parameter, term.needs_parameter)
        for term in DUO_TERMS.values()
    }
    assert document["counts"] == {
        kind: sum(term.kind == kind for term in DUO_TERMS.values()) for kind in DuoKind
    }
    assert tuple(document["permission_chain_broad_to_narrow"]) == PERMISSION_CHAIN


def test_country_groups_are_those_published_and_consist_of_countries():
    groups = published()["country_groups"]
    assert {name: frozenset(groups[name]) for name in COUNTRY_GROUPS} == dict(COUNTRY_GROUPS)
    assert len(COUNTRIES) == 249
    assert COUNTRY_GROUPS["EEA"] <= COUNTRIES


def test_what_replaces_an_obsolete_term_is_current():
    replaced = [term for term in DUO_TERMS.values() if term.replaced_by]
    assert [term.shorthand for term in replaced] == ["GRU-CC"]
    assert all(DUO_TERMS[id].kind is not DuoKind.OBSOLETE for id in replaced[0].replaced_by)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("DUO:0000042", GRU),
        ("http://purl.obolibrary.org/obo/DUO_0000042", GRU),
        ("DUO:00000044", NPOA),  # as the published OWL file spells it
        ("http://purl.obolibrary.org/obo/DUO_00000044", NPOA),
        ("duo:0000042", "duo:0000042"),
        ("GRU", "GRU"),
    ],
)
def test_a_term_has_one_spelling(text, id):
    assert canonical_term(text) == id
    assert read_terms({"terms": [{"id": text}]}) == Use.of(ConsentTerm(id))


# Reading permitted uses

EVERY_PARAMETER = {
    "terms": [
        {"id": "DUO:0000007", "params": {"diseases": ["MONDO:0004992", "MONDO:0005105"]}},
        {"id": "DUO:0000012", "params": {"research_types": ["cardiology"]}},
        {"id": "DUO:0000020", "params": {"investigators": ["Dr A"]}},
        {"id": "DUO:0000022", "params": {"countries": ["CH", "EU"]}},
        {"id": "DUO:0000024", "params": {"date": "2027-01-01"}},
        {"id": "DUO:0000025", "params": {"months": 12}},
        {"id": "DUO:0000026", "params": {"users": ["https://idp.example|anna"]}},
        {"id": "DUO:0000027", "params": {"projects": ["P-1"]}},
        {"id": "DUO:0000028", "params": {"institutions": ["https://ror.org/03yrm5c26"]}},
        {"id": "DUO:0000042"},
    ]
}


def test_every_parameter_is_read():
    use = read_terms(EVERY_PARAMETER)
    assert use.terms >= {
        ConsentTerm("DUO:0000007", diseases=frozenset({"MONDO:0004992", "MONDO:0005105"})),
        ConsentTerm("DUO:0000024", date=date(2027, 1, 1)),
        ConsentTerm("DUO:0000025", months=12),
        ConsentTerm("DUO:0000042"),
    }
    assert terms_document(use) == EVERY_PARAMETER


def test_a_missing_parameter_is_read_as_missing():
    """Matching denies it or asks a person; an import of many may want to go on."""
    use = read_terms({"terms": [{"id": "DUO:0000007"}, {"id": "DUO:0000022", "params": {}}]})
    assert use == Use.of(ConsentTerm("DUO:0000007"), ConsentTerm("DUO:0000022"))


@pytest.mark.parametrize("id", ["DUO:0000099", "DUO:0000005", "DUO:0000017", "DUO:0000037", "HMB"])
def test_a_term_that_cannot_be_interpreted_is_kept_with_whatever_came_with_it(id):
    document = {"terms": [{"id": id, "params": {"b": [1, {"c": None}], "a": "é"}}]}
    use = read_terms(document)
    assert [term.id for term in use.terms] == [id]
    assert terms_document(use) == document


def test_a_document_depends_on_the_terms_alone():
    backwards = {"terms": EVERY_PARAMETER["terms"][::-1]}
    assert json.dumps(terms_document(read_terms(backwards))) == json.dumps(EVERY_PARAMETER)
    texts = [term_text(term) for term in read_terms(backwards).terms]
    assert len(set(texts)) == len(texts)


def with_params(id, **params):
    return {"terms": [{"id": id, "params": params}]}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ([], "consent"),
        ({}, "consent.terms"),
        ({"terms": "DUO:0000042"}, "consent.terms"),
        ({"terms": [], "notes": ""}, "consent.notes"),
        ({"terms": ["DUO:0000042"]}, "consent.terms[0]"),
        ({"terms": [{"id": "DUO:0000042"}, {}]}, "consent.terms[1].id"),
        ({"terms": [{"id": 42}]}, "consent.terms[0].id"),
        ({"terms": [{"id": " DUO:0000042"}]}, "consent.terms[0].id"),
        ({"terms": [{"id": "DUO:0000042", "until": "2030"}]}, "consent.terms[0].until"),
        ({"terms": [{"id": "DUO:0000042", "params": []}]}, "consent.terms[0].params"),
        ({"terms": [{"id": "DUO:0000099", "params": []}]}, "consent.terms[0].params"),
        (with_params("DUO:0000042", diseases=[]), "consent.terms[0].params.diseases"),
        (with_params("DUO:0000007", disease=["D:1"]), "consent.terms[0].params.disease"),
        (with_params("DUO:0000007", diseases="D:1"), "consent.terms[0].params.diseases"),
        (with_params("DUO:0000007", diseases=["D:1", ""]), "consent.terms[0].params.diseases[1]"),
        (with_params("DUO:0000022", countries=["UK"]), "consent.terms[0].params.countries"),
        (with_params("DUO:0000022", countries=["fi"]), "consent.terms[0].params.countries"),
        (with_params("DUO:0000024", date="01.02.2027"), "consent.terms[0].params.date"),
        (with_params("DUO:0000024", date="2027-02-30"), "consent.terms[0].params.date"),
        (with_params("DUO:0000024", date="20270201"), "consent.terms[0].params.date"),
        (with_params("DUO:0000025", months=0), "consent.terms[0].params.months"),
        (with_params("DUO:0000025", months="12"), "consent.terms[0].params.months"),
        (with_params("DUO:0000025", months=True), "consent.terms[0].params.months"),
        (with_params("DUO:0000025", months=1.5), "consent.terms[0].params.months"),
    ],
)
def test_what_is_not_understood_in_a_consent_is_refused_by_name(document, field):
    with pytest.raises(InvalidRequest, match=r"^[^:]+: ") as refused:
        read_terms(document)
    assert str(refused.value).split(": ")[0] == field


# Reading purposes

EVERY_ATTRIBUTE = {
    "categories": ["ancestry", "disease"],
    "diseases": ["MONDO:0004992"],
    "sensitive": ["pediatric"],
    "organisation": "not_for_profit",
    "commercial": False,
    "genetic": True,
    "ethics_approval": True,
    "will_publish": False,
    "will_collaborate": True,
    "will_return_data": False,
    "publish_not_before": "2027-01-01",
    "duration_months": 24,
    "countries": ["EU", "GB"],
    "institution": "https://ror.org/03yrm5c26",
    "project": "P-1",
    "user": "https://idp.example|anna",
}


def test_every_attribute_is_read_and_written():
    purpose = read_purpose(EVERY_ATTRIBUTE)
    assert purpose.organisation is Organisation.NOT_FOR_PROFIT
    assert purpose.commercial is False
    assert purpose.publish_not_before == date(2027, 1, 1)
    assert purpose_document(purpose) == EVERY_ATTRIBUTE


def test_absent_null_and_empty_are_all_not_stated():
    stated_nothing = {"commercial": None, "countries": [], "organisation": None}
    assert read_purpose(stated_nothing) == read_purpose({}) == ResearchPurpose()
    assert purpose_document(ResearchPurpose()) == {}


def test_words_that_no_rule_knows_are_kept_for_a_person():
    purpose = read_purpose({"categories": ["astrology"], "sensitive": ["the moon"]})
    assert purpose.categories == {"astrology"}
    assert purpose.sensitive == {"the moon"}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        (None, "purpose"),
        ({1: 2}, "purpose"),
        ({"as_of": "2026-01-15"}, "purpose.as_of"),  # nobody chooses the day of the decision
        ({"category": ["disease"]}, "purpose.category"),
        ({"categories": "disease"}, "purpose.categories"),
        ({"categories": [1]}, "purpose.categories[0]"),
        ({"diseases": ["a\nb"]}, "purpose.diseases[0]"),
        ({"diseases": ["x" * 501]}, "purpose.diseases[0]"),
        ({"organisation": "charity"}, "purpose.organisation"),
        ({"organisation": ["for_profit"]}, "purpose.organisation"),
        ({"commercial": "no"}, "purpose.commercial"),
        ({"genetic": 1}, "purpose.genetic"),
        ({"publish_not_before": 2027}, "purpose.publish_not_before"),
        ({"publish_not_before": "2027-01"}, "purpose.publish_not_before"),
        ({"duration_months": -1}, "purpose.duration_months"),
        ({"countries": ["Finland"]}, "purpose.countries"),
        ({"institution": ""}, "purpose.institution"),
        ({"user": " anna"}, "purpose.user"),
    ],
)
def test_what_is_not_understood_in_a_purpose_is_refused_by_name(document, field):
    with pytest.raises(InvalidRequest) as refused:
        read_purpose(document)
    assert str(refused.value).split(": ")[0] == field


# Round trips

TEXTS = st.text(st.characters(codec="utf-8", categories=("L", "N", "P")), min_size=1, max_size=9)
SETS = st.frozensets(TEXTS, max_size=3)
DAYS = st.dates()
MONTHS = st.integers(1, 1200)
COUNTRY_SETS = st.frozensets(st.sampled_from(sorted(COUNTRIES | COUNTRY_GROUPS.keys())), max_size=3)
CLAIM = st.none() | st.booleans()
PURPOSES = st.builds(
    ResearchPurpose,
    categories=SETS | st.frozensets(st.sampled_from([*Category]).map(str)),
    diseases=SETS,
    sensitive=SETS,
    organisation=st.none() | st.sampled_from(Organisation),
    commercial=CLAIM,
    genetic=CLAIM,
    ethics_approval=CLAIM,
    will_publish=CLAIM,
    will_collaborate=CLAIM,
    will_return_data=CLAIM,
    publish_not_before=st.none() | DAYS,
    duration_months=st.none() | MONTHS,
    countries=COUNTRY_SETS,
    institution=st.just("") | TEXTS,
    project=st.just("") | TEXTS,
    user=st.just("") | TEXTS,
)
PARAMETERS = {"date": DAYS, "months": MONTHS, "countries": COUNTRY_SETS}


def terms_of(term):
    usable = term.kind in (DuoKind.PERMISSION, DuoKind.MODIFIER) and term.parameter
    given_parameter = {term.parameter: PARAMETERS.get(term.parameter, SETS)} if usable else {}
    return st.builds(ConsentTerm, st.just(term.id), **given_parameter)


USES = st.frozensets(st.sampled_from([*DUO_TERMS.values()]).flatmap(terms_of)).map(Use)


@settings(max_examples=150, deadline=None)
@given(PURPOSES)
def test_a_purpose_survives_being_written_and_read(purpose):
    document = json.loads(json.dumps(purpose_document(purpose)))
    assert read_purpose(document) == purpose
    assert hash(read_purpose(document)) == hash(purpose)


@settings(max_examples=150, deadline=None)
@given(USES)
def test_a_permitted_use_survives_being_written_and_read(use):
    document = json.loads(json.dumps(terms_document(use)))
    assert read_terms(document) == use
    assert terms_document(read_terms(document)) == document
