"""The code flow with a provider that misbehaves (OpenID Connect Core 3.1, RFC 7636, RFC 9207)."""

import base64
import json
from urllib.parse import parse_qs, urlsplit

import pytest

from beacon_node.model.login import LoginDeed
from tests.clearinghouse.issuers import encoded, private_key, public_jwk, signed, signed_with_secret
from tests.clearinghouse.world import T
from tests.login.provider import (
    ABSENT,
    CLIENT_ID,
    END_SESSION,
    ISSUER,
    JWKS,
    SECRET,
    at_hash,
)
from tests.login.world import HTTPS


def test_a_login_asks_for_what_openid_connect_and_pkce_want(world):
    sent = world.get(world.browser(), "/login/start/hospital")
    asked = parse_qs(urlsplit(sent.headers["Location"]).query)
    assert asked["redirect_uri"] == [f"{HTTPS}/login/callback"]
    assert asked["scope"] == ["openid profile"] and asked["code_challenge_method"] == ["S256"]
    secrets = [asked[name][0] for name in ("state", "nonce", "code_challenge")]
    assert len(set(secrets)) == 3 and all(len(secret) == 43 for secret in secrets)
    again = world.get(world.browser(), "/login/start/hospital")
    other = parse_qs(urlsplit(again.headers["Location"]).query)
    assert not set(secrets) & {other[name][0] for name in ("state", "nonce", "code_challenge")}


def test_a_login_begins_a_session_and_goes_where_the_person_wanted(world):
    browser = world.browser()
    back = world.log_in(browser, next="/dac/applications?state=draft")
    assert back.status_code == 303
    assert back.headers["Location"] == "/dac/applications?state=draft"
    told = world.session(browser)
    assert told["account"] == "acc-anna" and told["name"] == "Anna Example"
    assert told["roles"] == ["auditor"]
    ((form, headers),) = world.provider.asked
    basic = base64.b64encode(f"{CLIENT_ID}:{SECRET}".encode()).decode()
    assert headers["Authorization"] == f"Basic {basic}" and "client_secret" not in form
    assert [event.deed for event in world.host.events] == [LoginDeed.LOGIN]


def test_no_token_of_the_provider_reaches_the_browser_or_lies_open_on_disk(world):
    browser = world.browser()
    back = world.log_in(browser)
    page, told = world.get(browser, "/login"), json.dumps(world.session(browser))
    seen = f"{back.headers}{back.data}{page.headers}{page.data}{told}"
    stored = b"".join(one.read_bytes() for one in (world.home / "data").iterdir())
    id = world.cookie(browser)
    for secret in ("access-1", "refresh-0", "Anna Example", id, SECRET):
        assert secret.encode() not in stored
    for secret in ("access-1", "refresh-0", SECRET):
        assert secret not in seen
    for file in (world.home / "data").iterdir():
        assert file.stat().st_mode & 0o077 == 0


BAD_ID_TOKENS = {
    "another issuer": {"claims": {"iss": "https://evil.example/"}},
    "the issuer without its slash": {"claims": {"iss": ISSUER.rstrip("/")}},
    "no issuer": {"claims": {"iss": ABSENT}},
    "another audience": {"claims": {"aud": "node-8"}},
    "no audience": {"claims": {"aud": ABSENT}},
    "several audiences and no azp": {"claims": {"aud": [CLIENT_ID, "node-8"]}},
    "another authorized party": {"claims": {"azp": "node-8"}},
    "ended": {"claims": {"exp": T - 120}},
    "no end": {"claims": {"exp": ABSENT}},
    "an end in words": {"claims": {"exp": "tomorrow"}},
    "issued in the future": {"claims": {"iat": T + 600}},
    "never issued": {"claims": {"iat": ABSENT}},
    "not yet": {"claims": {"nbf": T + 600}},
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": ABSENT}},
    "a list with the nonce": {"claims": {"nonce": ["another"]}},
    "of another access token": {"claims": {"at_hash": at_hash("another")}},
    "an at_hash that is a number": {"claims": {"at_hash": 7}},
    "an at_hash that is empty": {"claims": {"at_hash": ""}},
    "no subject": {"claims": {"sub": ABSENT}},
    "an empty subject": {"claims": {"sub": ""}},
    "a subject that is a number": {"claims": {"sub": 7}},
    "a subject too long": {"claims": {"sub": "a" * 256}},
    "a key that is not the provider's": {"key": "another-login-key"},
    "a key id that is not the provider's": {"header": {"kid": "another"}},
    "an empty key id": {"header": {"kid": ""}},
    "a key id that is none": {"header": {"kid": None}},
    "no key id, of another key": {"header": {"kid": ABSENT}, "key": "another-login-key"},
    "alg none": {"header": {"alg": "none"}},
    "alg HS256": {"header": {"alg": "HS256"}},
    "another alg than the key's": {"header": {"alg": "RS512"}},
    "critical extensions": {"header": {"crit": ["exp"], "b64": False}},
}


@pytest.mark.parametrize("how", BAD_ID_TOKENS)
def test_nobody_gets_in_with_an_id_token(world, how):
    browser = world.browser()
    told = world.begin(browser)
    for name, value in BAD_ID_TOKENS[how].items():
        setattr(world.provider, name, value)
    refused = world.come_back(browser, told)
    assert refused.status_code == 401 and "refused" in refused.text
    assert not world.cookie(browser) and world.session(browser) == {
        "loggedIn": False,
        "login": "/login",
    }
    (event,) = world.host.events
    assert event.deed is LoginDeed.REFUSED and event.why and not event.account


@pytest.mark.parametrize("text", [ABSENT, None, 7, "", "a.b.c", "a" * 300_000, "é.é.é"])
def test_nobody_gets_in_with_an_id_token_that_is_none(world, text):
    browser = world.browser()
    told = world.begin(browser)
    world.provider.answer = {"id_token": text}
    assert world.come_back(browser, told).status_code == 401


def test_a_public_key_is_no_secret_to_sign_with(world):
    """Key confusion: HMAC under the provider's public key."""
    browser = world.browser()
    told = world.begin(browser)
    asked = world.provider.codes[told["code"]]
    claims = {"iss": ISSUER, "sub": "anna", "aud": CLIENT_ID, "iat": T, "exp": T + 300}
    claims |= {"nonce": asked["nonce"]}
    jwk = json.dumps(public_jwk("login-key")).encode()
    header = {"alg": "HS256", "kid": "login-key"}
    world.provider.answer = {"id_token": signed_with_secret(header, claims, jwk)}
    assert world.come_back(browser, told).status_code == 401


def test_a_key_in_the_header_is_not_looked_at(world):
    browser = world.browser()
    told = world.begin(browser)
    world.provider.key = "another-login-key"
    world.provider.header = {
        "kid": "login-key",
        "jwk": public_jwk("another-login-key"),
        "jku": "https://evil.example/jwks",
        "x5u": "https://evil.example/x5u",
    }
    assert world.come_back(browser, told).status_code == 401
    assert not any("evil" in url for url in world.internet.asked)


def test_claims_that_are_said_twice_are_refused(world):
    browser = world.browser()
    told = world.begin(browser)
    nonce = world.provider.codes[told["code"]]["nonce"]
    raw = f'{{"iss": "{ISSUER}", "sub": "eve", "sub": "anna", "aud": "{CLIENT_ID}", '
    raw += f'"iat": {T}, "exp": {T + 300}, "nonce": "{nonce}"}}'
    header = {"alg": "RS256", "kid": "login-key"}
    world.provider.answer = {"id_token": signed(header, raw.encode(), "login-key")}
    assert world.come_back(browser, told).status_code == 401


def test_a_good_id_token_may_say_more(world):
    browser = world.browser()
    told = world.begin(browser)
    world.provider.claims = {"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID, "amr": ["otp"]}
    assert world.come_back(browser, told).status_code == 303


def test_an_id_token_without_key_id_is_of_the_only_key_there(world):
    world.provider.header = {"kid": ABSENT}
    assert world.log_in(world.browser()).status_code == 303
    world.clock.forward(minutes=6)
    world.internet.serve(JWKS, {"keys": [public_jwk("login-key"), public_jwk("second-key")]})
    assert world.log_in(world.browser()).status_code == 401


def test_a_provider_with_elliptic_curves_is_as_good(world):
    world.internet.serve(JWKS, {"keys": [public_jwk("es-login")]})
    world.provider.key, world.provider.header = "es-login", {"alg": "ES256"}
    assert world.log_in(world.browser()).status_code == 303


# ---- what comes back -----------------------------------------------------------------------------


def test_a_login_comes_back_once(world):
    """A code that was caught on the way is worth nothing after, and before, it was used."""
    browser = world.browser()
    told = world.begin(browser)
    sealed = world.cookie(browser, f"__Host-session-login-{told['state'][:8]}")
    assert world.come_back(browser, told).status_code == 303
    thief = world.browser()
    thief.set_cookie(f"__Host-session-login-{told['state'][:8]}", sealed, domain="node.example")
    asked = len(world.provider.asked)
    assert world.come_back(thief, told).status_code == 401
    assert len(world.provider.asked) == asked  # it is not even sent


def test_a_code_in_another_browser_logs_nobody_in(world):
    """Login CSRF: the attacker's code in the victim's browser."""
    told = world.begin(world.browser())
    victim = world.browser()
    world.begin(victim)
    assert world.come_back(victim, told).status_code == 401
    assert not world.session(victim)["loggedIn"] and not world.provider.asked


@pytest.mark.parametrize("state", ["", "x", "é", "a" * 9_000])
def test_a_state_that_is_not_ours_is_refused(world, state):
    browser = world.browser()
    told = world.begin(browser)
    assert world.come_back(browser, {**told, "state": state}).status_code == 401
    assert world.come_back(browser, {"code": told["code"]}).status_code == 401
    assert not world.provider.asked


def test_a_state_with_the_first_letters_of_ours_is_refused(world):
    browser = world.browser()
    told = world.begin(browser)
    other = {**told, "state": told["state"][:8] + "A" * 35}
    assert world.come_back(browser, other).status_code == 401 and not world.provider.asked


def test_a_cookie_of_a_begun_login_cannot_be_made_or_changed(world):
    browser = world.browser()
    told = world.begin(browser)
    name = f"__Host-session-login-{told['state'][:8]}"
    sealed = world.cookie(browser, name)
    for forged in ("", "x", encoded(b"0" * 200), sealed[:-6] + "AAAAA=", "é"):
        browser.set_cookie(name, forged, domain="node.example")
        assert world.come_back(browser, told).status_code == 401
    assert not world.provider.asked


def test_a_login_may_take_ten_minutes(world):
    slow, late = world.browser(), world.browser()
    first, second = world.begin(slow), world.begin(late)
    world.clock.forward(minutes=9, seconds=59)
    assert world.come_back(slow, first).status_code == 303
    world.clock.forward(seconds=1)
    assert world.come_back(late, second).status_code == 401


def test_two_tabs_may_log_in_at_a_time(world):
    browser = world.browser()
    first, second = world.begin(browser, "/a"), world.begin(browser, "/b")
    assert world.come_back(browser, first).headers["Location"] == "/a"
    assert world.come_back(browser, second).headers["Location"] == "/b"


def test_an_answer_of_another_provider_is_refused(world):
    """Mix-up (RFC 9207)."""
    browser = world.browser()
    told = world.begin(browser)
    assert world.come_back(browser, {**told, "iss": "https://evil.example"}).status_code == 401
    assert not world.provider.asked
    good = world.browser()
    assert world.come_back(good, {**world.begin(good), "iss": ISSUER}).status_code == 303


def test_a_provider_that_says_who_it_is_must_say_so_each_time(world):
    world.provider.metadata = {"authorization_response_iss_parameter_supported": True}
    world.provider.publish()
    browser = world.browser()
    assert world.come_back(browser, world.begin(browser)).status_code == 401


def test_what_the_provider_says_went_wrong_is_told_in_known_words(world):
    browser = world.browser()
    state = world.begin(browser)["state"]
    told = world.come_back(browser, {"state": state, "error": "access_denied"})
    assert told.status_code == 401 and "access_denied" in told.text
    state = world.begin(browser)["state"]
    told = world.come_back(browser, {"state": state, "error": "<script>alert(1)</script>"})
    assert told.status_code == 401 and "script" not in told.text


@pytest.mark.parametrize(
    "answer",
    [
        {"token_type": "mac"},
        {"token_type": ABSENT},
        {"access_token": ABSENT},
        {"access_token": ["a"]},
        {"access_token": "a\nb"},
        {"access_token": "a" * 100_000},
        {"refresh_token": {"a": 1}},
    ],
)
def test_tokens_that_are_none_log_nobody_in(world, answer):
    browser = world.browser()
    told = world.begin(browser)
    world.provider.answer = answer
    assert world.come_back(browser, told).status_code == 401


# ---- where to ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/ /evil.example",
        "/\n/evil.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "evil.example",
        "/é",
        "/" + "a" * 2_000,
        "/login/callback?code=1",
        "/login/start/hospital",
    ],
)
def test_a_login_leads_to_no_other_site(world, told):
    assert world.log_in(world.browser(), next=told).headers["Location"] == "/login"


# ---- out -----------------------------------------------------------------------------------------


def test_logging_out_ends_the_session_here_and_offers_to_at_the_provider(world):
    browser = world.browser()
    world.log_in(browser)
    id, token = world.cookie(browser), world.session(browser)["csrfToken"]
    page = world.post(browser, "/logout", {"csrf_token": token})
    assert page.status_code == 200 and "You are logged out" in page.text
    link = f"{END_SESSION}?client_id={CLIENT_ID}&amp;post_logout_redirect_uri="
    assert link in page.text and "access-1" not in page.text
    assert not world.cookie(browser)
    browser.set_cookie(world.cookie_name, id, domain="node.example")
    assert not world.session(browser)["loggedIn"]
    assert world.host.events[-1].deed is LoginDeed.LOGOUT


def test_logging_out_works_while_the_provider_is_down(world):
    browser = world.browser()
    world.log_in(browser)
    world.internet.down |= set(world.internet.pages)
    world.clock.forward(minutes=50)
    token = world.session(browser)["csrfToken"]
    assert world.post(browser, "/logout", {"csrf_token": token}).status_code == 200


def test_who_has_no_provider_that_ends_sessions_is_not_sent_to_one(world):
    world.provider.metadata = {"end_session_endpoint": ABSENT}
    world.provider.publish()
    browser = world.browser()
    world.log_in(browser)
    token = world.session(browser)["csrfToken"]
    told = browser.post("/logout", base_url=HTTPS, headers={"X-CSRF-Token": token})
    assert told.json == {"loggedIn": False, "endSession": None}


def test_logging_out_everywhere_ends_all_sessions_of_the_account(world):
    home, work, other = world.browser(), world.browser(), world.browser()
    world.log_in(home), world.log_in(work)
    world.provider.sub = "ben"
    world.log_in(other)
    token = world.session(home)["csrfToken"]
    world.post(home, "/logout", {"csrf_token": token, "everywhere": "1"})
    assert not world.session(work)["loggedIn"] and world.session(other)["loggedIn"]


def test_keys_of_tests_are_not_those_of_the_provider():
    assert private_key("another-login-key") is not private_key("login-key")
