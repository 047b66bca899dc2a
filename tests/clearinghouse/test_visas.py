"""Single visas: a bad one is left out with its reason, and never takes the good ones down."""

import json

import pytest

from beacon_node.model.passport import Rule
from tests.clearinghouse.issuers import public_jwk, signed, signed_with_secret
from tests.clearinghouse.world import (
    ABSENT,
    BROKER,
    DAC_SOURCE,
    DAY,
    HOUR,
    NOW,
    REMS,
    REMS_JKU,
    STATUS,
    STATUS_JKU,
    T,
    good_visas,
    link,
    passport,
    visa,
)

GRANT = "ControlledAccessGrants"
YEAR = 365 * DAY


def head(kind="AffiliationAndRole", **changes):
    return visa(kind, header=changes)


def claims(kind="AffiliationAndRole", **changes):
    return visa(kind, claims=changes)


def own(**claims_) -> dict:
    stated = {"type": "AffiliationAndRole", "asserted": T - DAY, "value": "a@b", "source": "x"}
    return {
        "iss": STATUS,
        "sub": "s-1",
        "iat": T,
        "exp": T + DAY,
        "ga4gh_visa_v1": stated,
    } | claims_


HEAD = {"typ": "JWT", "alg": "ES256", "kid": "es-status", "jku": STATUS_JKU}
TWICE = json.dumps(own()).replace('"value"', '"value": "c@d", "value"').encode()

# Each is sent among good visas; all others keep what they give.
BAD = [
    # what is no token
    ("a-number", 7, Rule.SHAPE),
    ("nothing", None, Rule.SHAPE),
    ("a-list", ["a", "b", "c"], Rule.SHAPE),
    ("an-object", {"a": 1}, Rule.SHAPE),
    ("a-word", "visa", Rule.SHAPE),
    ("empty", "", Rule.SHAPE),
    ("dots", "..", Rule.SHAPE),
    ("nested-without-end", signed(HEAD, b"[" * 30_000, "es-status"), Rule.SHAPE),
    ("a-member-twice", signed(HEAD, TWICE, "es-status"), Rule.DUPLICATE),
    # header
    ("alg-none", head(alg="none"), Rule.ALGORITHM),
    ("alg-none-without-signature", head(alg="none").rpartition(".")[0] + ".", Rule.SHAPE),
    (
        "alg-hs256-under-the-kid",
        signed_with_secret({**HEAD, "alg": "HS256"}, own(), b"es-status"),
        Rule.ALGORITHM,
    ),
    ("alg-es384", head(alg="ES384"), Rule.ALGORITHM),
    ("alg-eddsa", head(alg="EdDSA"), Rule.ALGORITHM),
    ("crit", head(crit=["b64"], b64=False), Rule.CRITICAL),
    ("kid-absent", head(kid=ABSENT), Rule.KEY_ID),
    ("kid-a-list", head(kid=["es-status"]), Rule.KEY_ID),
    ("typ-of-a-passport", head(typ="vnd.ga4gh.passport+jwt"), Rule.TYPE),
    ("typ-unknown", head(typ="JOSE"), Rule.TYPE),
    ("typ-a-list", head(typ=["JWT"]), Rule.TYPE),
    ("typ-a-number", head(typ=7), Rule.TYPE),
    # whose key: jku
    ("jku-absent", head(jku=ABSENT), Rule.JKU),
    ("jku-elsewhere", head(jku="https://evil.example/jwks"), Rule.JKU),
    ("jku-with-a-slash-more", head(jku=STATUS_JKU + "/"), Rule.JKU),
    ("jku-with-a-query", head(jku=STATUS_JKU + "?x=1"), Rule.JKU),
    ("jku-with-a-fragment", head(jku=STATUS_JKU + "#x"), Rule.JKU),
    ("jku-in-capitals", head(jku=STATUS_JKU.upper()), Rule.JKU),
    ("jku-with-its-port", head(jku="https://status.example:443/jwks"), Rule.JKU),
    ("jku-by-a-user", head(jku="https://status.example@evil.example/jwks"), Rule.JKU),
    ("jku-by-a-path", head(jku="https://status.example/x/../jwks"), Rule.JKU),
    ("jku-by-an-escape", head(jku="https://status.example/%6Awks"), Rule.JKU),
    ("jku-without-tls", head(jku=STATUS_JKU.replace("https", "http")), Rule.JKU),
    ("jku-a-file", head(jku="file:///etc/passwd"), Rule.JKU),
    ("jku-inside-the-network", head(jku="http://169.254.169.254/latest/meta-data"), Rule.JKU),
    ("jku-of-another-trusted-issuer", head(jku=REMS_JKU), Rule.JKU),
    ("jku-a-list", head(jku=[STATUS_JKU]), Rule.JKU),
    # whose key: issuer and kid
    ("issuer-unknown", claims(iss="https://evil.example"), Rule.ISSUER),
    ("issuer-without-its-slash", claims(iss=STATUS.rstrip("/")), Rule.ISSUER),
    ("issuer-with-a-slash-more", visa(GRANT, claims={"iss": REMS + "/"}, key="rems"), Rule.ISSUER),
    ("issuer-a-list", claims(iss=[STATUS]), Rule.ISSUER),
    ("issuer-absent", claims(iss=ABSENT), Rule.ISSUER),
    ("a-broker-is-no-visa-issuer", visa(claims={"iss": BROKER}, key="broker"), Rule.ISSUER),
    ("look-alike-issuer", claims(iss="https://stаtus.example/"), Rule.ISSUER),
    ("key-of-another-trusted-issuer", visa(key="rems"), Rule.KEY),
    ("key-of-the-broker", visa(key="broker"), Rule.KEY),
    ("key-nobody-published", visa(key="es-evil"), Rule.KEY),
    (
        "other-key-under-a-good-kid",
        visa(key="es-evil", header={"kid": "es-status"}),
        Rule.SIGNATURE,
    ),
    (
        "other-issuers-key-under-a-good-kid",
        visa(key="rems", header={"kid": "status-rsa"}),
        Rule.SIGNATURE,
    ),
    (
        "own-key-in-the-header",
        visa(key="es-evil", header={"kid": "es-status", "jwk": public_jwk("es-evil")}),
        Rule.SIGNATURE,
    ),
    (
        "rs256-with-the-kid-of-an-es256-key",
        visa(key="status-rsa", header={"kid": "es-status"}),
        Rule.KEY,
    ),
    ("signature-cut", visa()[:-8], Rule.SIGNATURE),
    # times
    ("ended-this-second", claims(exp=T), Rule.EXPIRED),
    ("end-absent", claims(exp=ABSENT), Rule.CLAIMS),
    ("end-null", claims(exp=None), Rule.CLAIMS),
    ("end-false", claims(exp=False), Rule.CLAIMS),
    ("end-past-the-calendar", claims(exp=253_402_300_800), Rule.CLAIMS),
    ("issued-past-the-leeway", claims(iat=T + 61), Rule.NOT_YET),
    ("issued-absent", claims(iat=ABSENT), Rule.CLAIMS),
    ("not-before-tomorrow", claims(nbf=T + DAY), Rule.NOT_YET),
    ("asserted-past-the-leeway", visa(asserted=T + 61), Rule.ASSERTED),
    ("asserted-a-year-ago", visa(asserted=T - YEAR), Rule.ASSERTED_LONG_AGO),
    ("asserted-absent", visa(asserted=ABSENT), Rule.VISA_CLAIM),
    ("asserted-a-text", visa(asserted=str(T)), Rule.VISA_CLAIM),
    ("asserted-true", visa(asserted=True), Rule.VISA_CLAIM),
    # subject and scope
    ("subject-absent", claims(sub=ABSENT), Rule.CLAIMS),
    ("subject-a-list", claims(sub=["s-1"]), Rule.CLAIMS),
    ("visa-access-token-by-scope", claims(scope="openid"), Rule.VISA_ACCESS_TOKEN),
    ("visa-access-token-by-typ", head(typ="at+jwt"), Rule.VISA_ACCESS_TOKEN),
    ("scope-a-list", claims(scope=["openid"]), Rule.CLAIMS),
    # the visa object
    ("object-absent", claims(ga4gh_visa_v1=ABSENT), Rule.VISA_CLAIM),
    ("object-a-text", claims(ga4gh_visa_v1="x"), Rule.VISA_CLAIM),
    ("type-absent", visa(type=ABSENT), Rule.VISA_CLAIM),
    ("type-a-list", visa(type=["ResearcherStatus"]), Rule.VISA_CLAIM),
    ("type-custom", visa(type="https://ras.nih.gov/visas/v1.1"), Rule.CUSTOM_TYPE),
    ("type-in-small-letters", visa("ResearcherStatus", type="researcherstatus"), Rule.CUSTOM_TYPE),
    ("value-absent", visa(value=ABSENT), Rule.VISA_CLAIM),
    ("value-empty", visa(value=""), Rule.VISA_CLAIM),
    ("value-of-256-characters", visa(value="f@" + "x" * 254), Rule.VISA_CLAIM),
    ("value-a-number", visa(value=1), Rule.VISA_CLAIM),
    ("value-half-a-character", visa(value="f@\udfff"), Rule.VISA_CLAIM),
    ("affiliation-without-an-at", visa(value="faculty"), Rule.AFFILIATION),
    ("source-absent", visa(source=ABSENT), Rule.VISA_CLAIM),
    ("source-not-listed", visa(source="https://other.example"), Rule.SOURCE),
    ("source-with-a-slash-more", visa(source="https://uni.example/"), Rule.SOURCE),
    (
        "source-listed-for-another-type",
        visa("AcceptedTermsAndPolicies", source="https://no.organization"),
        Rule.SOURCE,
    ),
    (
        "type-its-issuer-may-not-sign",
        visa("ResearcherStatus", claims={"iss": REMS, "sub": "anna"}),
        Rule.SOURCE,
    ),
    (
        "grant-by-an-issuer-of-status",
        visa(GRANT, claims={"iss": STATUS}, source=DAC_SOURCE),
        Rule.SOURCE,
    ),
    (
        "grant-of-another-committee",
        visa(GRANT, source="https://other-dac.example"),
        Rule.NO_DATASET,
    ),
    ("grant-for-another-dataset", visa(GRANT, value="EGAD00001006674"), Rule.NO_DATASET),
    (
        "grant-for-the-end-of-a-url",
        visa(GRANT, value="https://x.example/EGAD00001006673"),
        Rule.NO_DATASET,
    ),
    ("grant-with-a-space", visa(GRANT, value="EGAD00001006673 "), Rule.NO_DATASET),
    ("grant-by-nobody", visa(GRANT, by=ABSENT), Rule.BY),
    ("grant-by-the-researcher", visa(GRANT, by="self"), Rule.BY),
    ("grant-by-a-system", visa(GRANT, by="system"), Rule.BY),
    ("by-unknown", visa(by="king"), Rule.BY),
    ("by-a-list", visa(by=["so"]), Rule.BY),
    ("by-null", visa(by=None), Rule.BY),
    ("conditions-a-text", visa(conditions="x"), Rule.CONDITIONS_FORM),
    ("conditions-null", visa(conditions=None), Rule.CONDITIONS_FORM),
    # whose
    ("of-another-subject", claims(sub="s-2"), Rule.OTHER_PERSON),
    ("of-the-same-sub-at-another-issuer", claims(sub="anna"), Rule.OTHER_PERSON),
    ("of-the-broker-s-subject-in-capitals", visa(GRANT, claims={"sub": "Anna"}), Rule.OTHER_PERSON),
    ("nobody-asks-for-it", visa(), Rule.NOT_NEEDED),
    (
        "status-of-another-version",
        visa("ResearcherStatus", value="https://doi.org/10.1038/s41431-018-0219-Y"),
        Rule.NOT_NEEDED,
    ),
    ("terms-without-by", visa("AcceptedTermsAndPolicies", by=ABSENT), Rule.BY),
    ("status-by-the-researcher", visa("ResearcherStatus", by="self"), Rule.BY),
    ("status-by-nobody", visa("ResearcherStatus", by=ABSENT), Rule.BY),
    ("a-second-status", visa("ResearcherStatus", claims={"jti": "2"}), Rule.NOT_NEEDED),
]


def test_there_are_many_cases():
    assert len({name for name, *_ in BAD}) == len(BAD) > 100


@pytest.mark.parametrize("bad", [case[1] for case in BAD], ids=[case[0] for case in BAD])
@pytest.mark.parametrize("place", [0, 4], ids=["first", "last"])
def test_a_bad_visa_takes_no_good_one_down(world, bad, place):
    visas = good_visas()
    visas.insert(place, bad)
    alone = world.ask(passport(*good_visas()))
    found = world.ask(passport(*visas))
    assert found.requester == alone.requester and found.standing.is_registered


@pytest.mark.parametrize(("bad", "rule"), [case[1:] for case in BAD], ids=[case[0] for case in BAD])
def test_a_bad_visa_is_told_why(world, bad, rule):
    *_, found = world.findings(*good_visas(), bad)
    assert found.rule is rule and not found.serves


@pytest.mark.parametrize("bad", [case[1] for case in BAD], ids=[case[0] for case in BAD])
def test_bad_visas_alone_give_nothing(world, bad):
    found = world.ask(passport(bad)).standing
    assert not found.is_registered and not found.grants


GOOD = [
    ("typ-absent", visa("ResearcherStatus", header={"typ": ABSENT})),
    ("typ-jwt", visa("ResearcherStatus", header={"typ": "JWT"})),
    ("es256", visa("ResearcherStatus")),
    ("rs256", visa("ResearcherStatus", key="status-rsa")),
    ("by-system", visa("ResearcherStatus", by="system")),
    ("by-peer", visa("ResearcherStatus", by="peer")),
    ("no-organisation", visa("ResearcherStatus", source="https://no.organization")),
    ("scope-without-openid", visa("ResearcherStatus", claims={"scope": "profile openid2"})),
    ("ends-in-a-second", visa("ResearcherStatus", claims={"exp": T + 1})),
    ("issued-within-the-leeway", visa("ResearcherStatus", claims={"iat": T + 60})),
    ("asserted-within-the-leeway", visa("ResearcherStatus", asserted=T + 60)),
    ("asserted-almost-a-year-ago", visa("ResearcherStatus", asserted=T - YEAR + 1)),
    ("asserted-with-a-fraction", visa("ResearcherStatus", asserted=T - 0.25)),
    ("empty-conditions", visa("ResearcherStatus", conditions=[])),
    ("other-members", visa("ResearcherStatus", note="x", x={"y": [1]})),
    (
        "keys-in-its-header",
        visa("ResearcherStatus", header={"jwk": public_jwk("evil"), "x5c": ["x"]}),
    ),
    ("not-before-now", visa("ResearcherStatus", claims={"nbf": T})),
    ("without-jti", visa("ResearcherStatus", claims={"jti": ABSENT})),
]


@pytest.mark.parametrize("status", [case[1] for case in GOOD], ids=[case[0] for case in GOOD])
def test_a_borderline_visa_counts(world, status):
    found = world.ask(passport(status, visa("AcceptedTermsAndPolicies"), link()))
    assert found.standing.is_registered
    assert found.standing.findings[0].serves == ("registered access",)


@pytest.mark.parametrize("left", [0, 1, 3], ids=["no-status", "no-terms", "no-link"])
def test_registered_needs_both_visas_about_one_person(world, left):
    visas = good_visas()
    del visas[left]
    found = world.ask(passport(*visas)).standing
    assert not found.is_registered and found.vouched_by == "" and found.grants


def test_status_alone_is_told_what_is_missing(world):
    status, _ = world.findings(visa("ResearcherStatus"), link())
    assert status.rule is Rule.HALF


def test_the_same_text_twice_is_looked_at_once(world):
    status = visa("ResearcherStatus")
    _, second = world.findings(status, status)
    assert second.rule is Rule.REPEATED


def test_the_same_text_twice_counts_once(world):
    """What repeats a good visa is left out, and the good one stays."""
    visas = good_visas()
    assert world.ask(passport(*visas, *visas)).standing.is_registered


# ---- ends ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("number", "end"),
    [(0, {"exp": T + 60}), (1, {"exp": T + 60}), (2, {"exp": T + 60}), (3, {"exp": T + 60})],
)
def test_what_is_proved_ends_with_the_first_visa_used(world, number, end):
    visas = good_visas()
    kinds = ("ResearcherStatus", "AcceptedTermsAndPolicies", GRANT)
    visas[number] = link(claims=end) if number == 3 else visa(kinds[number], claims=end)
    assert (world.ask(passport(*visas)).standing.until - NOW).total_seconds() == 60


def test_a_visa_that_is_not_used_ends_nothing_early(world):
    found = world.ask(passport(*good_visas(), visa(claims={"exp": T + 5})))
    assert (found.standing.until - NOW).total_seconds() == HOUR


def test_a_grant_ends_with_the_age_of_its_assertion(world):
    world.trust("")
    world.file.write_text("max_age_days = 1\n" + world.file.read_text())
    (grant,) = world.ask(passport(visa(GRANT, asserted=T - DAY + 7))).requester.grants
    assert (grant.until - NOW).total_seconds() == 7
