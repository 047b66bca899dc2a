"""A cookie counts only for what our own pages ask (OWASP: synchronizer token, Fetch Metadata)."""

import pytest

from tests.login.world import HTTPS

OURS = {"Origin": HTTPS, "Sec-Fetch-Site": "same-origin"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.fixture
def browser(world):
    browser = world.browser()
    world.log_in(browser)
    return browser


@pytest.fixture
def token(world, browser):
    return world.session(browser)["csrfToken"]


def asked(browser, method, headers, **more):
    return browser.open("/whose", method=method, base_url=HTTPS, headers=headers, **more)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
@pytest.mark.parametrize("sent", ["", "x", "é", None])
def test_nothing_is_changed_without_the_sessions_token(browser, method, sent):
    headers = OURS if sent is None else {**OURS, "X-CSRF-Token": sent}
    refused = asked(browser, method, headers)
    assert refused.status_code == 403 and "token" in refused.json["message"]


def test_the_token_comes_in_a_header_or_in_a_form(browser, token):
    for told in (
        asked(browser, "POST", {**OURS, "X-CSRF-Token": token}, json={"a": 1}),
        asked(browser, "POST", OURS, data={"csrf_token": token}),
        asked(browser, "DELETE", {**OURS, "X-CSRF-Token": token}),
        asked(browser, "POST", {"X-CSRF-Token": token}),  # a browser that says nothing of itself
    ):
        assert told.json == {"account": "acc-anna"}


def test_a_token_in_the_address_or_in_json_is_none(browser, token):
    assert asked(browser, "POST", OURS, query_string={"csrf_token": token}).status_code == 403
    assert asked(browser, "POST", OURS, json={"csrf_token": token}).status_code == 403


def test_a_token_of_another_session_is_none(world, browser):
    other = world.browser()
    world.log_in(other)
    token = world.session(other)["csrfToken"]
    assert asked(browser, "POST", {**OURS, "X-CSRF-Token": token}).status_code == 403


@pytest.mark.parametrize(
    "where",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://node.example"},
        {"Origin": "https://node.example:8443"},
        {"Origin": "https://node.example.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site", "Origin": HTTPS},
        LINK,
    ],
)
def test_another_site_changes_nothing_even_with_the_token(browser, token, where):
    refused = asked(browser, "POST", {**where, "X-CSRF-Token": token})
    assert refused.status_code == 403 and HTTPS in refused.json["message"]


@pytest.mark.parametrize(
    "where",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, LINK, {"Origin": "null"}],
)
def test_for_another_sites_questions_the_cookie_does_not_count(world, browser, where):
    assert asked(browser, "GET", where).json == {"account": None}
    assert world.session(browser, **where) == {"loggedIn": False, "login": "/login"}


def test_a_link_of_another_site_leads_to_ones_own_page(world, browser):
    assert "You are logged in" in world.get(browser, "/login", **LINK).text
    framed = {**LINK, "Sec-Fetch-Dest": "iframe"}
    assert "You are logged in" not in world.get(browser, "/login", **framed).text


def test_who_typed_the_address_is_known(world, browser):
    assert world.session(browser, **{"Sec-Fetch-Site": "none"})["loggedIn"]


def test_logging_out_needs_the_token_too(world, browser):
    assert world.post(browser, "/logout", {}).status_code == 403
    assert world.post(browser, "/logout", {"everywhere": "1"}).status_code == 403
    assert world.session(browser)["loggedIn"]
    nobody = world.browser()
    assert world.post(nobody, "/logout", {}).status_code == 401


@pytest.mark.parametrize("path", ["/login", "/login/start/x", "/login/callback?state=x"])
def test_pages_run_no_script_are_in_no_frame_and_are_not_kept(world, path):
    page = world.get(world.browser(), path)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy and "script-src" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script" not in page.text and "style=" not in page.text


def test_what_is_shown_is_escaped(world):
    world.provider.says = {"name": "<img src=x onerror=alert(1)>"}
    browser = world.browser()
    world.log_in(browser)
    page = world.get(browser, "/login").text
    assert "<img" not in page and "&lt;img" in page
