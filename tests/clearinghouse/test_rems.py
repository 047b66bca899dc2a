"""Visas as REMS 2.39 signs them: plain identifiers, the broker's subjects, an end a year away."""

import pytest

from beacon_node.model.passport import Rule
from tests.clearinghouse.issuers import signed
from tests.clearinghouse.world import DAY, KEYS, NOW, REMS, REMS_JKU, T, merged, passport

YEAR = 365 * DAY
_ENTITLEMENT = {
    "type": "ControlledAccessGrants",
    "value": "EGAD00001006673",
    "source": "EGAC00001000908",
    "by": "dac",
    "asserted": T - 30 * DAY,
}


def entitlement(key: str = KEYS[REMS], **changes) -> str:
    """Return what `/api/permissions/:user` of a REMS holds for one entitlement without an end."""
    header = {"jku": REMS_JKU, "typ": "JWT", "alg": "RS256", "kid": key}
    stated = merged(_ENTITLEMENT, changes.pop("visa", None))
    claims = {"iss": REMS, "sub": "anna", "iat": T, "exp": T + YEAR, "ga4gh_visa_v1": stated}
    return signed(merged(header, changes.pop("header", None)), merged(claims, changes), key)


def test_an_entitlement_opens_the_dataset_that_is_configured_for_its_identifiers(world):
    found = world.ask(passport(entitlement()))
    (grant,) = found.requester.grants
    assert (grant.dataset_id, grant.ceiling.word) == ("cohort", "count")
    assert grant.purpose.categories == {"biomedical"}, "REMS states none: the configured one"
    assert (grant.until - NOW).total_seconds() == 3_600, "the passport it came in ends first"


def test_it_counts_no_longer_than_the_node_lets_an_assertion_count(world):
    old = entitlement(visa={"asserted": T - YEAR})
    (finding,) = world.findings(old)
    assert finding.rule is Rule.ASSERTED_LONG_AGO


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"visa": {"value": "EGAD00001006674"}}, Rule.NO_DATASET),
        ({"visa": {"value": "egad00001006673"}}, Rule.NO_DATASET),
        ({"visa": {"value": "EGAD00001006673 "}}, Rule.NO_DATASET),
        ({"visa": {"value": "https://ega-archive.org/datasets/EGAD00001006673"}}, Rule.NO_DATASET),
        ({"visa": {"source": "EGAC00001000909"}}, Rule.SOURCE),
        ({"visa": {"source": "https://other-dac.example"}}, Rule.NO_DATASET),
        ({"visa": {"by": "system"}}, Rule.BY),
        ({"visa": {"type": "LinkedIdentities"}}, Rule.SOURCE),
        ({"sub": "bob"}, Rule.OTHER_PERSON),
        ({"iss": f"{REMS}/"}, Rule.ISSUER),
        ({"header": {"jku": "https://rems.evil.example/api/jwk"}}, Rule.JKU),
        ({"header": {"jku": f"{REMS_JKU}s"}}, Rule.JKU),
        ({"key": "es-evil", "header": {"kid": "rems", "alg": "ES256"}}, Rule.KEY),
        ({"exp": T}, Rule.EXPIRED),
    ],
)
def test_what_differs_in_any_part_opens_nothing(world, changes, rule):
    found = world.ask(passport(entitlement(**changes)))
    assert found.requester.grants == ()
    assert found.standing.findings[0].rule is rule


def test_entitlements_to_other_datasets_beside_it_do_no_harm(world):
    others = [entitlement(visa={"value": f"EGAD{n:011}"}) for n in range(20)]
    found = world.ask(passport(*others, entitlement()))
    assert [grant.dataset_id for grant in found.requester.grants] == ["cohort"]


@pytest.mark.parametrize(
    "said",
    [
        7,
        [],
        {},
        {"purpose": {}},
        {"purpose": {"categories": []}, "granularity": "count"},
        {"purpose": {"categories": ["biomedical"]}, "granularity": "all"},
        {"purpose": {"categories": ["biomedical"]}, "granularity": ["count"]},
        {"purpose": {"categories": ["biomedical"], "colour": "red"}, "granularity": "count"},
        {"purpose": [], "granularity": "count"},
        None,
    ],
)
def test_a_statement_about_its_grant_that_is_not_of_its_form_opens_nothing(world, said):
    (finding,) = world.findings(entitlement(beacon_grant=said))
    assert finding.rule is Rule.GRANT_CLAIM
