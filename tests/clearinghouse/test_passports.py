"""Passports, access tokens and userinfo: one that fails a check refuses the whole request."""

import json

import pytest
from cryptography.hazmat.primitives import serialization

from beacon_node.errors import NotPermitted
from beacon_node.model.passport import Rule, TokenRefused
from beacon_node.model.requester import Tier
from tests.clearinghouse.issuers import (
    encoded,
    private_key,
    public_jwk,
    signed,
    signed_with_secret,
)
from tests.clearinghouse.world import (
    ABSENT,
    BROKER,
    BROKER_KEYS,
    DAY,
    HOUR,
    NODE,
    STATUS,
    STATUS_JKU,
    USERINFO,
    T,
    access_token,
    good_visas,
    link,
    passport,
)

HEAD = {"typ": "vnd.ga4gh.passport+jwt", "alg": "RS256", "kid": "broker"}
CLAIMS = {"iss": BROKER, "sub": "anna", "iat": T - 60, "exp": T + HOUR, "ga4gh_passport_v1": []}
TWICE = json.dumps(CLAIMS).replace('"sub"', '"sub": "bert", "sub"').encode()
TWICE_INSIDE = json.dumps(CLAIMS | {"x": 1}).replace("1}", '{"a": 1, "a": 2}}').encode()
DEEP = b'{"iss": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"


def by_header(**changes):
    return passport(header=changes)


def by_claims(**changes):
    return passport(claims=changes)


def as_hmac() -> str:
    """Key confusion: the broker's public key, as everybody can read it, taken for a secret."""
    der = (
        private_key("broker")
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    return signed_with_secret({**HEAD, "alg": "HS256"}, CLAIMS, der)


def tampered(part: int) -> str:
    parts = passport().split(".")
    parts[part] = encoded(json.dumps(CLAIMS | {"sub": "bert"}).encode()) if part == 1 else "AAAA"
    return ".".join(parts)


GOOD = [
    ("with-no-visas", passport()),
    ("es256", passport(key="es-broker")),
    ("for-us-by-our-address", by_claims(aud=NODE)),
    (
        "for-us-by-a-configured-name",
        by_claims(aud=["https://other.example", "https://node.example"]),
    ),
    ("for-us-by-the-client-of-this-broker", by_claims(aud="client-7")),
    ("without-jti", by_claims(jti=ABSENT)),
    ("times-with-fractions", by_claims(exp=T + 0.5, iat=T - 0.5)),
    ("ends-in-a-second", by_claims(exp=T + 1)),
    ("issued-within-the-leeway", by_claims(iat=T + 60)),
    ("not-before-within-the-leeway", by_claims(nbf=T + 60)),
    (
        "keys-in-its-header-are-not-looked-at",
        by_header(jwk=public_jwk("evil"), x5u="https://evil.example/"),
    ),
    ("jku-in-its-header-is-not-looked-at", by_header(jku="https://evil.example/jwks")),
    ("unknown-claims", by_claims(email="a@b.example", roles=["x"])),
    ("unicode-subject", by_claims(sub="änna-🧬")),
    ("longest-subject", by_claims(sub="s" * 255)),
]

BAD = [
    # limits and shape
    ("nothing-in-it", "a.b", Rule.SHAPE),
    ("no-token-at-all", "hello", Rule.SHAPE),
    ("five-parts", passport() + ".a.b", Rule.SHAPE),
    ("empty-signature", passport().rpartition(".")[0] + ".", Rule.SHAPE),
    ("padding", passport().replace(".", "=.", 1), Rule.SHAPE),
    ("a-space-inside", passport().replace(".", " .", 1), Rule.SHAPE),
    ("a-line-break-at-the-end", passport() + "\n", Rule.SHAPE),
    ("letters-of-other-scripts", "ａ.ｂ.ｃ", Rule.SHAPE),
    ("header-is-no-json", signed(b"not json", CLAIMS, "broker"), Rule.SHAPE),
    ("header-is-a-list", signed(b"[]", CLAIMS, "broker"), Rule.SHAPE),
    ("claims-are-a-number", signed(HEAD, b"7", "broker"), Rule.SHAPE),
    ("claims-are-utf-16", signed(HEAD, json.dumps(CLAIMS).encode("utf-16"), "broker"), Rule.SHAPE),
    ("claims-are-not-utf-8", signed(HEAD, b'{"iss": "\xff"}', "broker"), Rule.SHAPE),
    ("claims-nested-without-end", signed(HEAD, DEEP, "broker"), Rule.SHAPE),
    (
        "a-number-of-10000-digits",
        signed(HEAD, b'{"exp": ' + b"9" * 10_000 + b"}", "broker"),
        Rule.SHAPE,
    ),
    ("not-a-number", signed(HEAD, b'{"exp": NaN}', "broker"), Rule.SHAPE),
    ("oversized", by_claims(x="x" * 200_000), Rule.SIZE),
    ("a-claim-twice", signed(HEAD, TWICE, "broker"), Rule.DUPLICATE),
    ("a-claim-twice-inside-another", signed(HEAD, TWICE_INSIDE, "broker"), Rule.DUPLICATE),
    (
        "alg-twice",
        signed(b'{"alg":"none","alg":"RS256","kid":"broker"}', CLAIMS, "broker"),
        Rule.DUPLICATE,
    ),
    # header
    ("alg-none", by_header(alg="none"), Rule.ALGORITHM),
    ("alg-None", by_header(alg="None"), Rule.ALGORITHM),
    ("alg-absent", by_header(alg=ABSENT), Rule.ALGORITHM),
    ("alg-a-list", by_header(alg=["RS256"]), Rule.ALGORITHM),
    ("alg-hs256-under-the-public-key", as_hmac(), Rule.ALGORITHM),
    ("alg-rs512", by_header(alg="RS512"), Rule.ALGORITHM),
    ("alg-ps256", by_header(alg="PS256"), Rule.ALGORITHM),
    ("alg-in-small-letters", by_header(alg="rs256"), Rule.ALGORITHM),
    ("crit", by_header(crit=["exp"]), Rule.CRITICAL),
    ("crit-empty", by_header(crit=[]), Rule.CRITICAL),
    ("unencoded-payload", by_header(b64=False), Rule.CRITICAL),
    ("no-kid", by_header(kid=ABSENT), Rule.KEY_ID),
    ("kid-a-number", by_header(kid=1), Rule.KEY_ID),
    ("kid-empty", by_header(kid=""), Rule.KEY_ID),
    ("kid-too-long", by_header(kid="k" * 256), Rule.KEY_ID),
    # whose key
    ("unknown-broker", by_claims(iss="https://evil.example"), Rule.BROKER),
    ("iss-without-its-slash", by_claims(iss=BROKER.rstrip("/")), Rule.BROKER),
    ("iss-in-capitals", by_claims(iss=BROKER.upper()), Rule.BROKER),
    ("iss-a-list", by_claims(iss=[BROKER]), Rule.BROKER),
    ("iss-absent", by_claims(iss=ABSENT), Rule.BROKER),
    ("a-visa-issuer-is-no-broker", passport(claims={"iss": STATUS}, key="es-status"), Rule.BROKER),
    ("key-nobody-published", passport(key="evil"), Rule.KEY),
    ("key-of-a-visa-issuer", passport(key="status-rsa"), Rule.KEY),
    ("kid-of-a-key-of-the-other-kind", by_header(kid="es-broker"), Rule.KEY),
    ("other-key-under-a-good-kid", passport(key="evil", header={"kid": "broker"}), Rule.SIGNATURE),
    (
        "own-key-in-its-header",
        passport(key="evil", header={"kid": "broker", "jwk": public_jwk("evil")}),
        Rule.SIGNATURE,
    ),
    (
        "es256-claimed-with-an-rs256-signature",
        passport(header={"alg": "ES256", "kid": "es-broker"}),
        Rule.SIGNATURE,
    ),
    ("claims-changed", tampered(1), Rule.SIGNATURE),
    ("signature-changed", tampered(2), Rule.SIGNATURE),
    # times and other claims
    ("ended-this-second", by_claims(exp=T), Rule.EXPIRED),
    ("ended-long-ago", by_claims(exp=T - DAY), Rule.EXPIRED),
    ("no-end", by_claims(exp=ABSENT), Rule.CLAIMS),
    ("end-a-text", by_claims(exp=str(T + HOUR)), Rule.CLAIMS),
    ("end-true", by_claims(exp=True), Rule.CLAIMS),
    ("end-beyond-the-calendar", by_claims(exp=10**30), Rule.CLAIMS),
    ("end-infinite", by_claims(exp=1e400), Rule.SHAPE),
    ("begin-negative", by_claims(iat=-1), Rule.CLAIMS),
    ("no-begin", by_claims(iat=ABSENT), Rule.CLAIMS),
    ("issued-past-the-leeway", by_claims(iat=T + 61), Rule.NOT_YET),
    ("not-before-past-the-leeway", by_claims(nbf=T + 61), Rule.NOT_YET),
    ("not-before-a-text", by_claims(nbf="now"), Rule.CLAIMS),
    ("no-subject", by_claims(sub=ABSENT), Rule.CLAIMS),
    ("subject-empty", by_claims(sub=""), Rule.CLAIMS),
    ("subject-a-number", by_claims(sub=7), Rule.CLAIMS),
    ("subject-too-long", by_claims(sub="s" * 256), Rule.CLAIMS),
    ("subject-half-a-character", by_claims(sub="\ud800"), Rule.CLAIMS),
    ("for-others", by_claims(aud="https://other.example"), Rule.AUDIENCE),
    ("for-a-prefix-of-us", by_claims(aud=NODE[:-1]), Rule.AUDIENCE),
    ("for-nobody", by_claims(aud=[]), Rule.AUDIENCE),
    ("for-something-strange", by_claims(aud={"x": NODE}), Rule.AUDIENCE),
    ("visas-absent", by_claims(ga4gh_passport_v1=ABSENT), Rule.PASSPORT_CLAIM),
    ("visas-a-text", by_claims(ga4gh_passport_v1="a.b.c"), Rule.PASSPORT_CLAIM),
    ("visas-201", passport(*["a.b.c"] * 201), Rule.TOO_MANY),
    # what kind of token
    ("typ-absent", by_header(typ=ABSENT), Rule.TYPE),
    ("typ-of-a-visa", by_header(typ="vnd.ga4gh.visa+jwt"), Rule.TYPE),
    ("typ-a-list", by_header(typ=["JWT"]), Rule.TYPE),
    ("typ-of-a-passport-in-capitals", by_header(typ="VND.GA4GH.PASSPORT+JWT"), Rule.TYPE),
    ("typ-jwt-with-visas", by_header(typ="JWT"), Rule.MIXED),
    ("access-token-with-a-visa", access_token(claims={"ga4gh_visa_v1": {}}), Rule.MIXED),
    ("access-token-without-scope", access_token(claims={"scope": ABSENT}), Rule.SCOPE),
    (
        "access-token-without-openid",
        access_token(claims={"scope": "ga4gh_passport_v1"}),
        Rule.SCOPE,
    ),
    ("access-token-for-something-else", access_token(claims={"scope": "openid email"}), Rule.SCOPE),
    ("access-token-for-another-client", access_token(claims={"aud": "client-8"}), Rule.AUDIENCE),
    ("access-token-that-ended", access_token(claims={"exp": T}), Rule.EXPIRED),
    ("access-token-not-confirmed", access_token(), Rule.USERINFO),
]


def test_there_are_many_cases():
    assert len({name for name, *_ in GOOD + BAD}) == len(GOOD + BAD) > 90


@pytest.mark.parametrize(
    ("token",), [(token,) for _, token in GOOD], ids=[name for name, _ in GOOD]
)
def test_a_good_passport_is_taken(world, token):
    found = world.ask(token)
    assert found.requester.tier is Tier.PUBLIC and found.requester.account.startswith("acc-")


@pytest.mark.parametrize(
    ("token", "rule"), [case[1:] for case in BAD], ids=[case[0] for case in BAD]
)
def test_a_bad_passport_refuses_the_request(world, token, rule):
    with pytest.raises(TokenRefused) as refused:
        world.ask(token)
    assert refused.value.rule is rule and rule.clause in str(refused.value)
    assert refused.value.http_status == 401


@pytest.mark.parametrize("token", [case[1] for case in BAD if case[2] is Rule.BROKER])
def test_an_unknown_broker_makes_nobody_ask_anything(world, token):
    with pytest.raises(TokenRefused):
        world.ask(token)
    assert world.internet.asked == []


def test_one_bad_passport_of_several_refuses_all(world):
    with pytest.raises(TokenRefused):
        world.ask(passport(*good_visas()), passport(claims={"exp": T}))


def test_visas_are_counted_over_all_passports(world):
    crowd = [passport(*[7] * 67, claims={"jti": str(number)}) for number in range(3)]
    with pytest.raises(TokenRefused) as refused:
        world.ask(*crowd)
    assert refused.value.rule is Rule.TOO_MANY
    assert len(world.ask(*crowd[:2]).standing.findings) == 134


# ---- userinfo ------------------------------------------------------------------------------------


def confirm(world, status=200, **changes):
    world.internet.serve(
        USERINFO, {"sub": "anna", "ga4gh_passport_v1": good_visas(), **changes}, status
    )


@pytest.mark.parametrize("typ", ["JWT", "at+jwt"])
def test_an_access_token_gives_what_userinfo_says(world, typ):
    confirm(world)
    found = world.ask(access_token(header={"typ": typ}))
    assert found.standing.is_registered and found.requester.grants
    (sent,) = [request for request in world.internet.sent if request.url == USERINFO]
    assert sent.headers["Authorization"] == f"Bearer {access_token(header={'typ': typ})}"


def test_a_passport_and_userinfo_give_the_same_account(world):
    confirm(world)
    by_userinfo, by_passport = world.ask(access_token()), world.ask(passport(*good_visas()))
    assert by_userinfo.requester == by_passport.requester


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        ({"sub": "bert"}, Rule.USERINFO),
        ({"sub": None}, Rule.USERINFO),
        ({"iss": "https://evil.example"}, Rule.USERINFO),
        ({"ga4gh_passport_v1": "a.b.c"}, Rule.PASSPORT_CLAIM),
        ({"ga4gh_passport_v1": ["x"] * 201}, Rule.TOO_MANY),
        ({"status": 401}, Rule.USERINFO),
        ({"status": 302}, Rule.USERINFO),
        ({"status": 503}, Rule.USERINFO),
    ],
    ids=["another-sub", "no-sub", "another-iss", "no-list", "too-many", "401", "302", "503"],
)
def test_userinfo_that_does_not_confirm_refuses(world, answer, rule):
    confirm(world, **answer)
    with pytest.raises(TokenRefused) as refused:
        world.ask(access_token())
    assert refused.value.rule is rule


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"sub":"anna","sub":"anna"}', b"\xff"])
def test_userinfo_that_is_no_document_refuses(world, body):
    world.internet.serve(USERINFO, body)
    with pytest.raises(TokenRefused) as refused:
        world.ask(access_token())
    assert refused.value.rule is Rule.USERINFO


def test_a_broker_without_userinfo_is_not_asked(world):
    text = world.file.read_text().replace(f'userinfo = "{USERINFO}"\n', "")
    world.file.write_text(text)
    with pytest.raises(TokenRefused) as refused:
        world.ask(access_token())
    assert refused.value.rule is Rule.NO_USERINFO and world.internet.asked == [BROKER_KEYS]


@pytest.mark.parametrize("name", ["evil", "status-rsa"])
def test_a_token_that_the_broker_did_not_sign_is_sent_nowhere(world, name):
    token = signed({"typ": "JWT", "alg": "RS256", "kid": "broker"}, CLAIMS, name)
    with pytest.raises(TokenRefused):
        world.ask(token)
    assert world.internet.asked == [BROKER_KEYS]


# ---- unreachable, revoked ------------------------------------------------------------------------


def test_without_its_brokers_keys_a_passport_is_refused_and_not_taken_for_none(world):
    world.internet.down.add(BROKER_KEYS)
    with pytest.raises(TokenRefused) as refused:
        world.ask(passport())
    assert refused.value.rule is Rule.UNREACHABLE and refused.value.http_status == 401


@pytest.mark.parametrize(
    "blocked",
    [
        f'iss = "{BROKER}"\nsub = "anna"',
        f'iss = "{BROKER}"\njti = "passport-1"',
        f'iss = "{BROKER}"\nkid = "broker"',
    ],
    ids=["person", "token", "key"],
)
def test_what_is_blocked_is_refused_from_the_next_request_on(world, blocked):
    token = passport(*good_visas())
    assert world.ask(token).standing.is_registered
    world.trust(f"[[blocked]]\n{blocked}\nreason = 'a good one'\n")
    with pytest.raises(TokenRefused) as refused:
        world.ask(token)
    assert refused.value.rule is Rule.REVOKED


def test_a_person_blocked_under_a_linked_identity_is_refused(world):
    world.trust('[[blocked]]\niss = "https://elsewhere.example"\nsub = "x"\n')
    joined = link(
        "anna,https%3A%2F%2Fbroker.example%2Foidc%2F", "x,https%3A%2F%2Felsewhere.example"
    )
    with pytest.raises(NotPermitted, match="blocked"):
        world.ask(passport(joined))
    assert world.ask(passport(*good_visas())).standing.is_registered


def test_a_broker_taken_off_the_list_is_gone_with_the_next_request(world):
    token = passport()
    world.ask(token)
    world.file.write_text(world.file.read_text().replace(BROKER, "https://other.example/"))
    with pytest.raises(TokenRefused) as refused:
        world.ask(token)
    assert refused.value.rule is Rule.BROKER


@pytest.mark.parametrize("token", [passport(), "not.a.token", "x"])
def test_where_nobody_is_trusted_any_token_is_told_so(world, token):
    world.file.write_text("")
    with pytest.raises(TokenRefused, match="trusts no issuer of passports yet"):
        world.ask(token)


def test_a_removed_key_ends_within_five_minutes(world):
    token = passport(*good_visas())
    assert world.ask(token).requester.grants
    world.internet.serve(STATUS_JKU, {"keys": [public_jwk("es-other")]})
    world.clock.forward(minutes=5, seconds=1)
    found = world.ask(token)
    assert not found.standing.is_registered and found.requester.grants
    assert found.standing.findings[0].rule is Rule.KEY


def test_what_a_registered_researcher_is_told_is_charged_to_the_broker_too(world):
    registered = world.ask(passport(*good_visas())).requester
    assert registered.organisation and registered.broker == BROKER
    assert world.ask(passport()).requester.broker == ""
