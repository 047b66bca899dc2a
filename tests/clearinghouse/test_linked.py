"""LinkedIdentities: visas about other identities count only where a trusted visa joins them."""

from urllib.parse import quote

import pytest

from beacon_node.model.passport import Rule
from tests.clearinghouse.issuers import public_jwk
from tests.clearinghouse.world import (
    BROKER,
    NOW,
    REMS,
    STATUS,
    TRUSTED,
    T,
    good_visas,
    link,
    passport,
    visa,
)

ELSEWHERE = "https://elsewhere.example"


def pair(sub: str, iss: str) -> str:
    return f"{quote(sub, safe='')},{quote(iss, safe='')}"


ANNA, S1, S2 = pair("anna", BROKER), pair("s-1", STATUS), pair("s-2", STATUS)
BRIDGE = pair("x;y,z", ELSEWHERE)
STATUS_BY_SO = [[{"type": "ResearcherStatus", "by": "const:so"}]]
BY_REMS = {"claims": {"iss": REMS, "sub": "anna"}, "source": STATUS}
FORGED = {"key": "es-evil", "header": {"kid": "es-status"}}
S9 = {"claims": {"sub": "s-9"}}


def registered(*links: str, sub: str = "s-1") -> list[str]:
    kinds = ("ResearcherStatus", "AcceptedTermsAndPolicies")
    return [*(visa(kind, claims={"sub": sub}) for kind in kinds), *links]


JOINED = [
    ("one-visa", registered(link(ANNA))),
    ("with-others-besides", registered(link(pair("bert", BROKER), ANNA))),
    ("said-of-a-third-identity", registered(link(ANNA, S1, **S9))),
    ("by-a-chain", registered(link(ANNA, BRIDGE, **S9), link(BRIDGE))),
    (
        "by-a-chain-in-the-other-order",
        registered(link(BRIDGE), link(BRIDGE, ANNA, **S9)),
    ),
    ("in-a-circle", registered(link(S2), link(ANNA, S1, claims={"sub": "s-2"}))),
]

APART = [
    ("no-link", registered()),
    ("link-of-others", registered(link(BRIDGE, claims={"sub": "s-2"}))),
    ("chain-with-a-gap", registered(link(BRIDGE), link(ANNA, claims={"sub": "s-2"}))),
    ("same-sub-at-another-issuer", registered(link(pair("anna", ELSEWHERE)))),
    ("iss-without-its-slash", registered(link(pair("anna", BROKER.rstrip("/"))))),
    ("sub-and-iss-exchanged", registered(link(pair(BROKER, "anna")))),
    ("value-not-encoded-and-cut-apart", registered(link("an;na," + BROKER))),
    ("a-pair-of-three", registered(link(ANNA + ",x"))),
    ("an-empty-pair", registered(link(ANNA, ""))),
    ("an-empty-sub", registered(link(ANNA, ",https%3A%2F%2Fx"))),
    ("no-comma", registered(link("anna"))),
    ("bytes-that-are-no-text", registered(link(ANNA, "%ff%fe,https%3A%2F%2Fx"))),
    ("a-space-between", registered(link(f"x,y; {ANNA}"))),
    ("101-identities", registered(link(ANNA, *[pair(str(n), ELSEWHERE) for n in range(100)]))),
    (
        "with-conditions",
        registered(link(ANNA, conditions=STATUS_BY_SO)),
    ),
    ("ended", registered(link(ANNA, claims={"exp": T}))),
    ("source-not-listed", registered(link(ANNA, source="https://uni.example"))),
    (
        "issuer-not-trusted-for-links",
        registered(link(ANNA, S1, **BY_REMS)),
    ),
    (
        "not-signed-by-its-issuer",
        registered(link(ANNA, **FORGED)),
    ),
]


@pytest.mark.parametrize("visas", [case[1] for case in JOINED], ids=[case[0] for case in JOINED])
def test_joined_identities_are_one_person(world, visas):
    assert world.ask(passport(*visas)).standing.is_registered


@pytest.mark.parametrize("visas", [case[1] for case in APART], ids=[case[0] for case in APART])
def test_others_stay_others(world, visas):
    found = world.ask(passport(*visas)).standing
    assert not found.is_registered and found.findings[0].rule is Rule.OTHER_PERSON


def test_two_halves_of_two_people_make_no_researcher(world):
    status = visa("ResearcherStatus", claims={"sub": "s-2"})
    found = world.ask(passport(status, visa("AcceptedTermsAndPolicies"), link(ANNA))).standing
    assert not found.is_registered and found.findings[0].rule is Rule.OTHER_PERSON


def test_two_passports_of_two_people_are_not_added_up(world):
    mine = passport(visa("AcceptedTermsAndPolicies"), link(ANNA))
    hers = passport(
        visa("ResearcherStatus", claims={"sub": "s-2"}),
        link(pair("bert", BROKER), claims={"sub": "s-2"}),
        visa("ControlledAccessGrants", claims={"sub": "bert"}),
        claims={"sub": "bert"},
    )
    for tokens in ((mine, hers), (hers, mine)):
        found = world.ask(*tokens).standing
        assert not found.is_registered
    assert not world.ask(mine, hers).requester.grants


def test_two_passports_of_one_person_are_added_up(world):
    first = passport(visa("AcceptedTermsAndPolicies"), link(ANNA))
    second = passport(visa("ResearcherStatus"), claims={"exp": T + 60})
    found = world.ask(first, second).standing
    assert found.is_registered and (found.until - NOW).total_seconds() == 60


def test_whoever_comes_first_is_who_asks(world):
    anna, bert = passport(), passport(claims={"sub": "bert"})
    assert world.ask(anna, bert).requester == world.ask(anna).requester
    assert world.ask(bert, anna).requester.account != world.ask(anna).requester.account


def test_the_way_that_holds_longest_counts(world):
    short, long = link(ANNA, claims={"exp": T + 5}), link(ANNA, claims={"exp": T + 50, "jti": "2"})
    found = world.ask(passport(*registered(short, long))).standing
    assert (found.until - NOW).total_seconds() == 50


# ---- whose subjects an issuer names --------------------------------------------------------------


def test_an_issuer_names_the_subjects_of_the_broker_it_is_configured_for(world):
    grant = visa("ControlledAccessGrants", claims={"sub": "anna"})
    assert world.ask(passport(grant)).requester.grants
    world.file.write_text(TRUSTED.replace(f'subjects_of = "{BROKER}"', ""))
    found = world.ask(passport(grant))
    assert not found.requester.grants and found.standing.findings[0].rule is Rule.OTHER_PERSON


def test_subjects_of_one_broker_are_not_those_of_another(world):
    other = "https://other-broker.example"
    world.internet.serve("https://broker.example/jwks", {"keys": [public_jwk("broker")]})
    world.trust(f'[[broker]]\niss = "{other}"\nkeys = "https://broker.example/jwks"\n')
    found = world.ask(passport(*good_visas(), claims={"iss": other}))
    assert not found.requester.grants and not found.standing.is_registered
