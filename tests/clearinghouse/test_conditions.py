"""Conditions: a visa with any counts only where the holder's other visas confirm them."""

import pytest

from beacon_node.model.passport import Rule
from tests.clearinghouse.world import NOW, REGISTERED_ACCESS, T, link, passport, visa

ROLE = {"type": "AffiliationAndRole", "value": "const:faculty@uni.example"}
STATUS = {"type": "ResearcherStatus", "value": f"const:{REGISTERED_ACCESS}"}


def role(**changes) -> dict:
    return {"type": "AffiliationAndRole", **changes}


def linked(value: str) -> dict:
    return {"type": "LinkedIdentities", "value": value}


BROKER_S = "https%3A%2F%2Fbroker.example%2Foidc%2F"


MET = [
    ("const", [[ROLE]]),
    ("pattern", [[role(value="pattern:*@uni.example")]]),
    ("pattern-of-single-characters", [[role(value="pattern:f?culty@uni?example")]]),
    ("pattern-without-wildcards", [[role(value="pattern:faculty@uni.example")]]),
    ("pattern-of-everything", [[role(value="pattern:*")]]),
    ("pattern-of-many-stars", [[role(value="pattern:**f**@**")]]),
    ("split-pattern-of-one-part", [[role(value="split_pattern:faculty@*")]]),
    ("by", [[role(by="const:system")]]),
    ("by-as-a-pattern", [[role(by="pattern:sys*")]]),
    ("source", [[role(source="const:https://uni.example")]]),
    ("all-three", [[role(by="const:system", source="pattern:https://*", value="pattern:f*")]]),
    ("and", [[ROLE, STATUS]]),
    ("or", [[role(value="const:student@uni.example")], [STATUS]]),
    ("or-after-nonsense-in-a-clause", [[{"type": 7, "value": 1}], [ROLE]]),
    ("split-pattern", [[linked("split_pattern:anna,*")]]),
    (
        "split-pattern-of-a-later-part",
        [[linked("split_pattern:b?rt,https*")]],
    ),
]

NOT_MET = [
    ("other-value", [[role(value="const:student@uni.example")]]),
    ("const-of-a-part", [[role(value="const:faculty")]]),
    ("const-with-a-wildcard", [[role(value="const:faculty@*")]]),
    ("const-in-capitals", [[role(value="const:Faculty@uni.example")]]),
    ("const-with-a-line-break", [[role(value="const:faculty@uni.example\n")]]),
    ("pattern-of-a-part", [[role(value="pattern:faculty")]]),
    ("pattern-in-capitals", [[role(value="pattern:FACULTY@*")]]),
    ("pattern-is-no-class", [[role(value="pattern:[a-z]aculty@*")]]),
    ("pattern-is-no-regex", [[role(value="pattern:.*")]]),
    ("pattern-with-an-end", [[role(value="pattern:faculty@uni.example$")]]),
    ("pattern-of-too-few-characters", [[role(value="pattern:?")]]),
    ("pattern-empty", [[role(value="pattern:")]]),
    (
        "pattern-split-is-not-plain",
        [
            [
                {
                    "type": "LinkedIdentities",
                    "value": "pattern:anna,https%3A%2F%2Fbroker.example%2Foidc%2F",
                }
            ]
        ],
    ),
    ("and-with-one-that-is-not", [[ROLE, role(value="const:x@y")]]),
    (
        "one-visa-must-hold-all-of-a-clause",
        [[role(value="const:faculty@uni.example", by="const:so")]],
    ),
    ("type-that-nobody-has", [[{"type": "AcceptedTermsAndPolicies", "by": "pattern:*"}]]),
    ("type-as-a-pattern", [[{"type": "pattern:*", "value": "pattern:*"}]]),
    ("type-custom", [[{"type": "https://x.example/t", "value": "pattern:*"}]]),
    ("type-absent", [[{"value": "pattern:*"}]]),
    ("type-alone", [[{"type": "AffiliationAndRole"}]]),
    ("type-a-list", [[{"type": ["AffiliationAndRole"], "value": "pattern:*"}]]),
    ("match-unknown", [[role(value="regex:.*")]]),
    ("match-absent", [[role(value="faculty@uni.example")]]),
    ("match-in-capitals", [[role(value="CONST:faculty@uni.example")]]),
    ("match-empty", [[role(value=":faculty@uni.example")]]),
    ("claim-asserted", [[{**ROLE, "asserted": "pattern:*"}]]),
    ("claim-conditions", [[{**ROLE, "conditions": "pattern:*"}]]),
    ("claim-unknown", [[{**ROLE, "note": "pattern:*"}]]),
    ("claim-a-number", [[role(value=7)]]),
    ("claim-too-long", [[role(value="pattern:*" + "?" * 1_000)]]),
    ("alternative-empty", [[]]),
    ("alternatives-empty", [[], []]),
]

NO_CONDITIONS = [
    ("a-text", "x"),
    ("an-object", ROLE),
    ("one-list-only", [ROLE]),
    ("three-lists", [[[ROLE]]]),
    ("a-text-in-a-list", [["x"]]),
    ("a-number", 1),
    ("true", True),
    ("one-good-and-a-text", [[ROLE], "x"]),
    ("51-clauses", [[ROLE] * 51]),
]


def granted(world, conditions: object, *others: str):
    """Return what becomes of a grant under conditions, beside an affiliation and a status."""
    grant = visa("ControlledAccessGrants", conditions=conditions)
    links = link(f"anna,{BROKER_S}", "bert,https%3A%2F%2Fx.example")
    return world.ask(passport(grant, visa(), visa("ResearcherStatus"), links, *others)).standing


@pytest.mark.parametrize("conditions", [case[1] for case in MET], ids=[case[0] for case in MET])
def test_conditions_that_are_met_let_a_visa_count(world, conditions):
    found = granted(world, conditions)
    assert [grant.dataset_id for grant in found.grants] == ["cohort"]
    assert any("the conditions of visa 1" in finding.serves for finding in found.findings)


@pytest.mark.parametrize(
    "conditions", [case[1] for case in NOT_MET], ids=[case[0] for case in NOT_MET]
)
def test_conditions_that_are_not_met_make_a_visa_void(world, conditions):
    found = granted(world, conditions)
    assert not found.grants and found.findings[0].rule is Rule.CONDITIONS


@pytest.mark.parametrize(
    "conditions", [case[1] for case in NO_CONDITIONS], ids=[case[0] for case in NO_CONDITIONS]
)
def test_what_is_no_list_of_lists_of_clauses_makes_a_visa_void(world, conditions):
    found = granted(world, conditions)
    assert not found.grants and found.findings[0].rule is Rule.CONDITIONS_FORM


@pytest.mark.parametrize(
    "role",
    [
        visa(claims={"exp": T}),
        visa(claims={"sub": "s-2"}),
        visa(source="https://other.example"),
        visa(key="es-evil", header={"kid": "es-status"}),
        visa(conditions=[[STATUS]]),
        visa(asserted=T + 100),
    ],
    ids=["ended", "of-another", "source-not-trusted", "forged", "with-conditions", "future"],
)
def test_only_good_visas_without_conditions_confirm(world, role):
    grant = visa("ControlledAccessGrants", conditions=[[ROLE]])
    found = world.ask(passport(grant, role, visa("ResearcherStatus"), link())).standing
    assert not found.grants and found.findings[0].rule is Rule.CONDITIONS


def test_a_visa_does_not_confirm_itself(world):
    itself = [[{"type": "ControlledAccessGrants", "value": "pattern:*"}]]
    assert not world.ask(
        passport(visa("ControlledAccessGrants", conditions=itself))
    ).standing.grants


def test_a_grant_ends_with_what_meets_its_conditions(world):
    grant = visa("ControlledAccessGrants", conditions=[[ROLE]])
    roles = [visa(claims={"exp": T + end, "jti": str(end)}) for end in (5, 50, 20)]
    (found,) = world.ask(passport(grant, *roles, link())).standing.grants
    assert (found.until - NOW).total_seconds() == 50


def test_of_several_ways_the_longest_counts(world):
    grant = visa("ControlledAccessGrants", conditions=[[ROLE, STATUS], [STATUS]])
    others = [visa(claims={"exp": T + 5}), visa("ResearcherStatus", claims={"exp": T + 50})]
    (found,) = world.ask(passport(grant, *others, link())).standing.grants
    assert (found.until - NOW).total_seconds() == 50
