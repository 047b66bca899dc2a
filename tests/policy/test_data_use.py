"""Permitted use against purpose: the rules one by one, and what holds for all of them."""

import json
from datetime import date

import pytest

from beacon_node.model.data_use import ConsentTerm, Use, read_purpose, read_terms
from beacon_node.model.duo_terms import (
    CC,
    COUNTRY_GROUPS,
    DS,
    DUO_TERMS,
    GRU,
    HMB,
    NRES,
    POA,
    DuoKind,
)
from beacon_node.model.verdict import Code, Outcome, Reason, Verdict, Whose
from beacon_node.policy.data_use import after_review, match, match_both, strictest
from tests.policy import naive_rules
from tests.policy.duo import DISEASES, TODAY, Diseases, doing, ds, judge, outcome, term, use
from tests.shared_data import shared

BIOMEDICAL = doing("biomedical")


def examples():
    document = json.loads(shared("data/duo_examples.json").read_text(encoding="utf-8"))
    return document["cases"]


def test_the_public_examples_come_out_as_published():
    mondo = json.loads(shared("data/mondo_slice.json").read_text(encoding="utf-8"))
    parents = {id: entry["parents"] for id, entry in mondo["terms"].items()}
    diseases = Diseases(parents, mondo["origin"]["release"])
    found = {
        case["id"]: match(
            read_terms(case["consent"]), read_purpose(case["purpose"]), diseases, as_of=TODAY
        )
        for case in examples()
    }
    assert len(found) == 15
    assert {id: v.outcome.word for id, v in found.items()} == {
        case["id"]: case["expected"] for case in examples()
    }
    assert {v.disease_release for v in found.values()} == {mondo["origin"]["release"]}


# Rule 1: a usable permission is needed; what is not a current term goes to a person.


def test_no_terms_at_all_permit_nothing():
    assert outcome([], BIOMEDICAL) == "deny"


@pytest.mark.parametrize("modifier", sorted(set(naive_rules.MODIFIERS)))
def test_conditions_alone_permit_nothing(modifier):
    everything = doing("clinical_care", "biomedical")
    assert outcome([modifier], everything) == "deny"


NOT_USABLE = [t.id for t in DUO_TERMS.values() if t.kind not in ("permission", "modifier")]


@pytest.mark.parametrize("id", [*NOT_USABLE, "DUO:0000099", "GRU", "duo:0000042", "MONDO:0004992"])
def test_a_term_that_is_not_current_or_not_known_goes_to_a_person(id):
    verdict = judge([GRU, id], BIOMEDICAL)
    assert verdict.outcome is Outcome.MANUAL_REVIEW
    assert [reason.term for reason in verdict.against] == [ConsentTerm(id)]
    assert outcome([id], BIOMEDICAL) == "deny"


# Rule 2: which of several permissions holds.


@pytest.mark.parametrize(
    ("terms", "purpose", "expected"),
    [
        ([NRES, GRU], doing("clinical_care"), "deny"),
        ([GRU, HMB], doing("general"), "deny"),
        ([HMB, ds("D:cancer")], BIOMEDICAL, "deny"),
        ([NRES, ds("D:cancer")], doing("disease", diseases=["D:eye"]), "deny"),
        ([HMB, term("DS")], BIOMEDICAL, "deny"),  # also a DS that names no disease is the narrowest
        (
            [ds("D:cancer"), ds("D:eye")],
            doing("disease", diseases=["D:eye", "D:cancer"]),
            "approve",
        ),
        ([ds("D:cancer"), term("DS")], doing("disease", diseases=["D:cancer"]), "approve"),
        ([HMB, POA], doing("ancestry", "biomedical"), "approve"),
        ([ds("D:cancer"), POA], doing("ancestry", "disease", diseases=["D:cancer"]), "approve"),
        ([HMB, POA], doing("general"), "deny"),
    ],
)
def test_the_narrowest_of_the_chain_holds_and_poa_adds_ancestry(terms, purpose, expected):
    assert outcome(terms, purpose) == expected


# Rule 3: categories.


@pytest.mark.parametrize(
    ("terms", "purpose", "expected"),
    [
        ([HMB], doing("biomedical", "general"), "deny"),  # every category must be covered
        ([HMB], doing("disease"), "approve"),
        ([ds("D:cancer")], doing("disease"), "deny"),  # no disease named: biomedical
        ([POA], doing("disease"), "deny"),
        ([NRES], {}, "manual_review"),
        ([NRES], doing(), "manual_review"),
        ([NRES], doing("astrology"), "manual_review"),
        ([GRU], doing("biomedical", "astrology"), "manual_review"),
        ([HMB], doing("general", "astrology"), "deny"),
    ],
)
def test_every_category_must_be_covered_and_known(terms, purpose, expected):
    assert outcome(terms, purpose) == expected


# Rule 4: coverage, permission by permission. A: approve, D: deny, R: a person decides.

CATEGORIES = ["general", "biomedical", "disease", "ancestry", "methods", "clinical_care"]


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ([NRES], "AAAAAA"),
        ([GRU], "AAAAAD"),
        ([HMB], "DAADAD"),
        ([ds("D:cancer")], "DDADRD"),
        ([ds("D:eye")], "DDDDRD"),
        ([POA], "DDDARD"),
        ([term("DS")], "DDDDDD"),
        ([GRU, CC], "AAAAAA"),
        ([ds("D:cancer"), CC], "DDADRA"),
        ([POA, CC], "DDDARA"),
        ([term("DS"), CC], "DDDDDD"),
        ([ds("D:cancer"), POA], "DDAARD"),
    ],
    ids=lambda value: None if isinstance(value, str) else "+".join(map(str, value)),
)
def test_what_each_permission_covers(terms, expected):
    words = {"A": "approve", "D": "deny", "R": "manual_review"}
    found = {c: outcome(terms, doing(c, diseases=["D:melanoma"])) for c in CATEGORIES}
    assert found == dict(zip(CATEGORIES, (words[letter] for letter in expected), strict=True))


@pytest.mark.parametrize("permission", [NRES, GRU, HMB, POA, ds("D:disease")])
def test_control_sets_always_go_to_a_person(permission):
    assert outcome([permission, CC], doing("control_set")) == "manual_review"


@pytest.mark.parametrize(
    ("terms", "purpose", "expected"),
    [
        ([ds("D:cancer")], doing("methods", "disease", diseases=["D:ocular"]), "approve"),
        ([ds("D:cancer")], doing("methods", "disease", diseases=["D:eye"]), "deny"),
        ([ds("D:cancer")], doing("methods", diseases=["D:ocular"]), "manual_review"),
        ([ds("D:cancer")], doing("methods", "ancestry"), "deny"),
        ([POA], doing("methods", "ancestry"), "approve"),
        ([POA], doing("methods"), "manual_review"),
        ([ds("D:cancer"), POA], doing("methods", "ancestry"), "approve"),
        ([term("DS"), POA], doing("methods"), "manual_review"),
        ([term("DS")], doing("methods"), "deny"),
    ],
)
def test_methods_go_along_with_research_that_is_covered_itself(terms, purpose, expected):
    assert outcome(terms, purpose) == expected


# Rule 5: diseases, over all parents, downwards only.


@pytest.mark.parametrize(
    ("consented", "studied", "expected"),
    [
        (["D:cancer"], ["D:cancer"], "approve"),
        (["D:cancer"], ["D:ocular"], "approve"),
        (["D:eye"], ["D:ocular"], "approve"),  # the other parent
        (["D:skin"], ["D:ocular"], "approve"),
        (["D:ocular"], ["D:eye"], "deny"),  # the research is wider
        (["D:cancer"], ["D:melanoma", "D:eye"], "deny"),  # every disease must be covered
        (["D:cancer", "D:eye"], ["D:melanoma", "D:eye"], "approve"),
        (["OMIM:1"], ["OMIM:1"], "approve"),  # unknown to the ontology: covered by itself alone
        (["OMIM:1"], ["OMIM:10"], "deny"),
        (["D:disease"], ["OMIM:1"], "deny"),
        (["d:cancer"], ["D:cancer"], "deny"),  # compared as strings
        ([], ["D:cancer"], "deny"),
    ],
)
def test_a_disease_is_covered_by_itself_and_by_what_is_above_it(consented, studied, expected):
    assert outcome([ds(*consented)], doing("disease", diseases=studied)) == expected


def test_the_release_of_the_disease_ontology_is_part_of_every_verdict():
    assert judge([NRES], BIOMEDICAL).disease_release == "v1"


# Rules 6 and 7: every condition on its own. Met, not met, not stated.

FAR, NEAR = "2030-06-01", "2025-01-01"
CONDITIONS = [
    (term("NPOA"), doing("biomedical"), doing("ancestry"), None),
    (term("NMDS"), doing("biomedical"), doing("methods"), None),
    (term("GSO"), {"genetic": True}, {"genetic": False}, {}),
    (term("NPU"), {"organisation": "not_for_profit"}, {"organisation": "for_profit"}, {}),
    (term("NCU"), {"commercial": False}, {"commercial": True}, {}),
    (
        term("NPUNCU"),
        {"organisation": "not_for_profit", "commercial": False},
        {"organisation": "not_for_profit", "commercial": True},
        {"organisation": "not_for_profit"},
    ),
    (
        term("NPUNCU"),
        {"organisation": "not_for_profit", "commercial": False},
        {"organisation": "for_profit", "commercial": False},
        {"commercial": False},
    ),
    (term("IRB"), {"ethics_approval": True}, {"ethics_approval": False}, {}),
    (term("PUB"), {"will_publish": True}, {"will_publish": False}, {}),
    (term("COL"), {"will_collaborate": True}, {"will_collaborate": False}, {}),
    (
        term("COL", investigators=["Dr A"]),
        {"will_collaborate": True},
        {"will_collaborate": False},
        {},
    ),
    (term("RTN"), {"will_return_data": True}, {"will_return_data": False}, {}),
    (
        term("MOR", date=FAR),
        {"publish_not_before": FAR},
        {"publish_not_before": "2030-05-31"},
        {},
    ),
    (term("TS", months=12), {"duration_months": 12}, {"duration_months": 13}, {}),
    (
        term("GS", countries=["FI", "SE"]),
        {"countries": ["SE"]},
        {"countries": ["SE", "NO"]},
        {"countries": []},
    ),
    (term("GS", countries=["EU"]), {"countries": ["FI", "EU"]}, {"countries": ["GB"]}, {}),
    (
        term("GS", countries=["EEA", "CH"]),
        {"countries": ["EU", "CH", "NO"]},
        {"countries": ["GB"]},
        {},
    ),
    (term("GS", countries=["EU"]), {"countries": ["DE"]}, {"countries": ["EEA"]}, {}),
    (
        term("IS", institutions=["https://ror.org/1"]),
        {"institution": "https://ror.org/1"},
        {"institution": "https://ror.org/11"},
        {},
    ),
    (term("PS", projects=["P-1", "P-2"]), {"project": "P-2"}, {"project": "P"}, {}),
    (term("US", users=["https://idp|anna"]), {"user": "https://idp|anna"}, {"user": "anna"}, {}),
]


def test_every_modifier_of_the_vocabulary_has_its_line_in_the_table():
    modifiers = {t.id for t in DUO_TERMS.values() if t.kind is DuoKind.MODIFIER}
    assert modifiers - {line[0]["id"] for line in CONDITIONS} == {CC, term("RS")["id"]}


@pytest.mark.parametrize(
    ("modifier", "met", "not_met", "not_stated"),
    CONDITIONS,
    ids=lambda value: value["id"] if value and "id" in value else "",
)
def test_a_condition_approves_what_meets_it_denies_what_does_not_and_asks_about_silence(
    modifier, met, not_met, not_stated
):
    assert outcome([NRES, modifier], BIOMEDICAL | met) == "approve"
    assert outcome([NRES, modifier], BIOMEDICAL | not_met) == "deny"
    if not_stated is not None:
        assert outcome([NRES, modifier], BIOMEDICAL | not_stated) == "manual_review"


def test_npoa_denies_ancestry_even_beside_poa():
    assert outcome([NRES, POA, term("NPOA")], doing("ancestry")) == "deny"


@pytest.mark.parametrize("attributes", [{}, {"publish_not_before": NEAR}, {"will_publish": True}])
def test_a_moratorium_is_over_on_its_date(attributes):
    purpose = BIOMEDICAL | attributes
    terms = [GRU, term("MOR", date=FAR)]
    assert outcome(terms, purpose, date(2030, 6, 1)) == "approve"
    assert outcome(terms, purpose, date(2030, 5, 31)) != "approve"


@pytest.mark.parametrize("research_types", [[], ["cardiology"]])
def test_research_specific_restrictions_always_go_to_a_person(research_types):
    modifier = term("RS", research_types=research_types)
    assert outcome([NRES, modifier], BIOMEDICAL) == "manual_review"


FITS_ALL = {
    "countries": ["FI"],
    "publish_not_before": FAR,
    "duration_months": 1,
    "user": "u",
    "project": "p",
    "institution": "i",
}


@pytest.mark.parametrize("shorthand", ["GS", "MOR", "TS", "US", "PS", "IS"])
@pytest.mark.parametrize("attributes", [{}, FITS_ALL], ids=["silent", "stated"])
def test_a_condition_without_its_own_parameter_goes_to_a_person(shorthand, attributes):
    verdict = judge([GRU, term(shorthand)], BIOMEDICAL | attributes)
    assert verdict.outcome is Outcome.MANUAL_REVIEW
    assert [reason.code for reason in verdict.against] == [Code.PARAMETER_MISSING]


def test_several_conditions_of_one_kind_must_all_be_met():
    both = [GRU, term("GS", countries=["FI", "SE"]), term("GS", countries=["SE", "NO"])]
    assert outcome(both, doing("biomedical", countries=["SE"])) == "approve"
    assert outcome(both, doing("biomedical", countries=["FI"])) == "deny"


# Rule 8: sensitive topics.


@pytest.mark.parametrize("topic", ["pediatric", "not_health", "a topic no list knows"])
def test_a_sensitive_topic_goes_to_a_person(topic):
    assert outcome([NRES], doing("biomedical", sensitive=[topic])) == "manual_review"


# Both levels, and what a committee decides.


@pytest.mark.parametrize(
    ("dataset", "individual", "expected"),
    [
        ([GRU], [HMB], "approve"),
        ([GRU], [POA], "deny"),
        ([POA], [GRU], "deny"),
        ([GRU, term("IRB")], [HMB], "manual_review"),
        ([GRU, term("IRB")], [POA], "deny"),
        ([GRU], [], "deny"),
        ([], [GRU], "deny"),
    ],
)
def test_the_terms_of_dataset_and_individual_must_both_approve(dataset, individual, expected):
    verdict = match_both(
        use(dataset), use(individual), read_purpose(BIOMEDICAL), DISEASES, as_of=TODAY
    )
    assert verdict.outcome.word == expected
    assert {reason.whose for reason in verdict.reasons} == {Whose.DATASET, Whose.INDIVIDUAL}


def test_of_no_verdicts_none_approves():
    assert strictest([]).outcome is Outcome.DENY
    assert Verdict.of((), "v1").outcome is Outcome.DENY


def test_a_committee_decides_questions_but_cannot_waive_a_prohibition():
    purpose = doing("biomedical", commercial=True)
    verdict = judge([GRU, term("NCU"), term("RS", research_types=["heart"])], purpose)
    every_point = frozenset(reason.point for reason in verdict.reasons)
    assert after_review(verdict, every_point).outcome is Outcome.DENY

    verdict = judge([GRU, term("RS", research_types=["heart"])], purpose)
    every_point = frozenset(reason.point for reason in verdict.reasons)
    assert after_review(verdict, every_point).outcome is Outcome.APPROVE
    assert after_review(verdict, frozenset()) == verdict


def test_a_decided_point_holds_for_the_same_term_only():
    about_hearts = judge([GRU, term("RS", research_types=["heart"])], BIOMEDICAL)
    about_lungs = judge([GRU, term("RS", research_types=["lung"])], BIOMEDICAL)
    decided = frozenset(reason.point for reason in about_hearts.against)
    assert after_review(about_lungs, decided).outcome is Outcome.MANUAL_REVIEW
    marked = about_hearts.about(Whose.INDIVIDUAL)
    assert after_review(marked, decided).outcome is Outcome.APPROVE


def test_reasons_against_are_listed_with_prohibitions_first():
    verdict = judge([HMB, term("IRB")], doing("general"))
    assert [reason.code for reason in verdict.against] == [
        Code.PURPOSE_NOT_COVERED,
        Code.NOT_STATED,
    ]


def test_a_verdict_can_be_kept_per_distinct_set_of_terms():
    one, same = (read_terms({"terms": [{"id": HMB}, ds("D:eye", "D:skin")]}) for _ in range(2))
    assert {one: "verdict"}[same] == "verdict"
    assert hash(read_purpose(BIOMEDICAL)) == hash(read_purpose(BIOMEDICAL))
    assert Use.of(ConsentTerm(GRU)) != Use.of(ConsentTerm(DS))
    assert hash(Reason(Outcome.DENY, Code.NO_PERMISSION, "No.")) is not None
    assert COUNTRY_GROUPS["EU"] < COUNTRY_GROUPS["EEA"]
