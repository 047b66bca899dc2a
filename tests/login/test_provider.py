"""A provider that is away, talks nonsense, or has an opinion on who somebody is."""

import pytest

from tests.login.provider import ABSENT, DISCOVERY, ISSUER, JWKS, SECRET, TOKEN, USERINFO
from tests.login.world import HTTPS


def test_a_provider_that_is_down_is_told_so_in_words(world):
    world.internet.down.add(DISCOVERY)
    page = world.get(world.browser(), "/login/start/hospital")
    assert page.status_code == 503 and "Hospital login cannot be reached" in page.text
    assert page.mimetype == "text/html" and page.headers["Retry-After"]
    as_json = world.browser().get("/login/start/hospital", base_url=HTTPS)
    assert as_json.status_code == 503 and "Hospital login" in as_json.json["message"]


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_token_endpoint_that_fails_is_no_refusal(world, status):
    browser = world.browser()
    told = world.begin(browser)
    world.provider.status[TOKEN] = status
    assert world.come_back(browser, told).status_code == 503


@pytest.mark.parametrize("status", [200, 301, 307, 400, 404])
def test_a_token_endpoint_that_talks_nonsense_logs_nobody_in(world, status):
    browser = world.browser()
    told = world.begin(browser)
    world.provider.status[TOKEN] = status
    assert world.come_back(browser, told).status_code == 401


@pytest.mark.parametrize("away", [TOKEN, JWKS])
def test_addresses_that_nobody_answers_at_give_503(world, away):
    browser = world.browser()
    told = world.begin(browser)
    world.internet.down.add(away)
    assert world.come_back(browser, told).status_code == 503


def test_an_endless_token_answer_is_not_read_to_its_end(world):
    browser = world.browser()
    told = world.begin(browser)
    world.internet.serve(TOKEN, b"[" + b" " * 10_000_000 + b"]")
    assert world.come_back(browser, told).status_code == 503


def test_a_provider_that_is_down_is_not_asked_for_each_who_comes(world):
    world.internet.down.add(DISCOVERY)
    for _ in range(50):
        world.get(world.browser(), "/login/start/hospital")
    assert world.internet.asked.count(DISCOVERY) == 1
    world.internet.down.clear()
    world.clock.forward(seconds=30)
    assert world.get(world.browser(), "/login/start/hospital").status_code == 303


def test_what_a_provider_said_of_itself_is_kept_for_an_hour_and_for_a_day_while_it_is_down(world):
    for _ in range(3):
        world.get(world.browser(), "/login/start/hospital")
    assert world.internet.asked.count(DISCOVERY) == 1
    world.internet.down.add(DISCOVERY)
    world.clock.forward(hours=23)
    assert world.get(world.browser(), "/login/start/hospital").status_code == 303
    world.clock.forward(hours=2)
    assert world.get(world.browser(), "/login/start/hospital").status_code == 503


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": ISSUER.rstrip("/")},
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://login.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": ABSENT},
        {"userinfo_endpoint": "https://user:pass@login.example/"},
        {"end_session_endpoint": 7},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_document_that_is_not_the_issuers_own_is_not_used(world, metadata):
    world.provider.metadata = metadata
    world.provider.publish()
    assert world.get(world.browser(), "/login/start/hospital").status_code == 503


def test_a_provider_that_takes_secrets_in_the_body_alone_gets_it_there(world):
    world.provider.metadata = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    world.provider.publish()
    assert world.log_in(world.browser()).status_code == 303
    ((form, headers),) = world.provider.asked
    assert form["client_secret"] == SECRET and "Authorization" not in headers


# ---- userinfo ------------------------------------------------------------------------------------


def test_userinfo_of_another_person_refuses_the_login(world):
    world.provider.says = {"sub": "eve"}
    assert world.log_in(world.browser()).status_code == 401


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_a_login_needs_no_userinfo(world, status):
    world.provider.status[USERINFO] = status
    browser = world.browser()
    assert world.log_in(browser).status_code == 303
    assert world.session(browser)["account"] == "acc-anna"


def test_a_blocked_person_gets_no_session(world):
    world.host.blocked.add("anna")
    browser = world.browser()
    assert world.log_in(browser).status_code == 403
    assert not world.cookie(browser)
