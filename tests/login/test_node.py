"""What logging in gives at a node: an account, visas through the clearinghouse, roles."""

from dataclasses import replace

import pytest

from beacon_node.actions.note_configuration import note_configuration
from beacon_node.actions.verify_ledger import verify_ledger
from beacon_node.model.staff import StaffRole
from beacon_node.settings import Network, Settings, read_settings
from tests.clearinghouse.world import visa
from tests.login.node_world import OPERATOR, make_member, make_node_world, registered_visas
from tests.login.provider import DISCOVERY, ISSUER, TOKEN, USERINFO
from tests.login.world import BROWSER, HTTPS

PERSON = "ann"
FORM = {"title": "Hearts", "description": "Why", "datasets": ["c"]}
FORM |= {"purpose": {"categories": ["biomedical"]}}


@pytest.fixture
def world(home):
    return make_node_world(home)


# ---- who it is -----------------------------------------------------------------------------------


def test_a_login_without_visas_is_an_account_of_the_public_tier(world):
    told = world.get(world.browser("anna"), "/whoami").json
    assert (told["tier"], told["registered"]) == ("public", False)
    assert told["account"] == world.account("anna") and told["visas"] == []


def test_a_login_and_a_passport_of_one_identity_are_one_account(world):
    browser = world.browser("anna")
    assert world.get(browser, "/session").json["account"] == world.account("anna")


def test_an_account_may_apply_to_the_committee(world):
    opened = world.post(world.browser("anna"), "/dac/applications", {"form": FORM})
    assert opened.status_code == 201 and opened.json["applicant"] == world.account("anna")


def test_visas_of_a_listed_broker_go_through_the_clearinghouse(world):
    good = registered_visas()
    world.provider.says = {"ga4gh_passport_v1": [*good, visa(claims={"iss": "https://x"})]}
    told = world.get(world.browser("anna"), "/whoami").json
    assert told["registered"] is True and told["organisation"] == "https://uni.example"
    assert [one["used"] for one in told["visas"]] == [True, True, True, False]


def test_visas_through_a_provider_that_is_no_broker_give_nothing(home):
    world = make_node_world(home, is_broker=False)
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    told = world.get(world.browser("anna"), "/whoami").json
    assert (told["tier"], told["registered"], told["visas"]) == ("public", False, [])


@pytest.mark.parametrize("claim", ["visa", {"a": 1}, 7, None])
def test_a_passport_claim_that_is_no_list_gives_nothing_and_breaks_nothing(world, claim):
    world.provider.says = {"ga4gh_passport_v1": claim}
    told = world.get(world.browser("anna"), "/whoami")
    assert told.status_code == 200 and told.json["registered"] is False


def test_who_is_registered_states_their_purpose_with_the_sessions_token(world):
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    browser = world.browser("anna")
    body = {"purpose": {"categories": ["biomedical"]}, "forGood": True}
    bare = browser.post("/whoami/purpose", base_url=HTTPS, json=body)
    assert bare.status_code == 403 and "token" in bare.text
    assert world.post(browser, "/whoami/purpose", body).json["purpose"] == body["purpose"]


def test_a_bearer_token_needs_no_csrf_token_and_wins_over_a_session(world):
    browser = world.browser("anna")
    told = browser.post("/whoami", base_url=HTTPS, headers={"Authorization": "Bearer a.b.c"})
    assert told.status_code == 401  # looked at, and refused; the session does not stand in for it


# ---- userinfo is read again ----------------------------------------------------------------------


def test_userinfo_is_read_once_an_hour_and_new_visas_replace_the_old(world):
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    browser = world.browser("anna")
    for _ in range(5):
        world.clock.forward(minutes=11)
        assert world.get(browser, "/whoami").json["registered"] is True
    assert world.provider.userinfo_asked == 1
    world.provider.says = {"ga4gh_passport_v1": []}
    world.clock.forward(minutes=5)
    assert world.get(browser, "/whoami").json["registered"] is False
    assert world.provider.userinfo_asked == 2


def test_visas_that_cannot_be_read_again_stop_counting_and_the_provider_is_left_alone(world):
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    browser = world.browser("anna")
    world.clock.forward(minutes=59)
    assert world.get(browser, "/whoami").json["registered"] is True
    world.provider.status[USERINFO] = 503
    for minute in range(60):
        world.clock.forward(minutes=1)
        told = world.get(browser, "/whoami").json
        assert told["account"] and (told["registered"] is False or minute == 0)
    assert world.provider.userinfo_asked < 9  # at 60, 61, 63, 67, 75, 91 minutes
    world.provider.status.clear()
    world.clock.forward(minutes=59)
    assert world.get(browser, "/whoami").json["registered"] is True


def test_an_access_token_that_ended_is_refreshed(world):
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    browser = world.browser("anna")
    world.provider.live.clear()
    world.clock.forward(minutes=59)
    world.get(browser, "/whoami")
    world.clock.forward(minutes=1)
    assert world.get(browser, "/whoami").json["registered"] is True
    assert [told["grant_type"] for told, _ in world.provider.asked][-1] == "refresh_token"


def test_who_was_taken_their_tokens_has_no_visas_and_is_not_asked_about_again(world):
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    world.provider.answer = {"refresh_token": "another"}
    browser = world.browser("anna")
    world.provider.live.clear()
    for _ in range(6):
        world.clock.forward(minutes=59)
        told = world.get(browser, "/whoami").json
    assert told["registered"] is False and told["account"] == world.account("anna")
    assert world.provider.userinfo_asked == 2 and len(world.provider.asked) == 2


def test_a_provider_that_is_down_takes_nobody_their_session(world):
    browser = world.browser("anna")
    world.internet.down |= {DISCOVERY, TOKEN, USERINFO}
    for _ in range(4):
        world.clock.forward(minutes=50)
        assert world.get(browser, "/whoami").json["account"] == world.account("anna")


def test_userinfo_that_turns_to_another_person_gives_no_visas(world):
    world.provider.says = {"ga4gh_passport_v1": registered_visas()}
    browser = world.browser("anna")
    world.provider.says = {"sub": "eve", "ga4gh_passport_v1": registered_visas("eve")}
    world.clock.forward(minutes=59)
    world.get(browser, "/whoami")
    world.clock.forward(minutes=2)
    told = world.get(browser, "/whoami").json
    assert told["registered"] is False and told["account"] == world.account("anna")


# ---- blocked -------------------------------------------------------------------------------------


def test_who_is_blocked_is_out_at_once_and_their_sessions_end(world):
    browser, elsewhere = world.browser("anna"), world.browser("anna")
    trusted = world.trust.read_text()
    world.trust.write_text(f'{trusted}\n[[blocked]]\niss = "{ISSUER}"\nsub = "anna"\n')
    assert world.get(browser, "/whoami").status_code == 403
    world.trust.write_text(trusted)
    for one in (browser, elsewhere):
        assert not world.get(one, "/session").json["loggedIn"]


def test_who_is_blocked_cannot_log_in(world):
    trusted = world.trust.read_text()
    world.trust.write_text(f'{trusted}\n[[blocked]]\niss = "{ISSUER}"\nsub = "anna"\n')
    assert world.log_in(world.browser()).status_code == 403
    assert "refused" in world.entries("login")[-1].body


def test_who_the_committee_blocks_from_everything_is_logged_out(world):
    browser = world.browser("anna")
    said = {"account": world.account("anna"), "dataset": "*", "reason": "misuse"}
    committee = world.browser("eve")
    make_member(world, "eve")
    assert world.post(committee, "/dac/blocks", {"block": said}).status_code == 200
    assert not world.get(browser, "/session").json["loggedIn"]


def test_while_the_list_of_trusted_issuers_is_broken_no_session_counts_but_one_can_log_out(world):
    browser = world.browser("anna")
    world.trust.write_text("broken")
    assert world.get(browser, "/whoami").status_code == 503
    assert world.post(browser, "/logout", {}).status_code == 200


# ---- CSRF on every route -------------------------------------------------------------------------


def test_no_route_that_may_change_anything_takes_a_cookie_without_the_sessions_token(world):
    """Every route of the whole node that takes another method than GET, found in its own map."""
    browser = world.browser("anna")
    for role in StaffRole:
        world.give("anna", role)
    make_member(world, "anna")
    head, found = world.node.ledger.head(), 0
    for rule in world.app.url_map.iter_rules():
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
            path = rule.rule.replace("<id>", PERSON)
            path = path.replace("<path:", "<").partition("<")[0].rstrip("/") or path
            for headers in ({}, {"Origin": "https://evil.example"}):
                told = browser.open(path, method=method, base_url=HTTPS, headers=headers, json={})
                if told.status_code < 400:  # tells everybody the same, and looks at no cookie
                    bare = world.browser().open(path, method=method, base_url=HTTPS, json={})
                    assert told.data == bare.data, (method, rule.rule)
                found += told.status_code == 403
    assert found >= 20
    assert world.node.ledger.head() == head and world.get(browser, "/session").json["loggedIn"]


# ---- the audit -----------------------------------------------------------------------------------


def test_logins_logouts_and_refusals_are_in_the_audit_without_tokens_or_names(world):
    browser = world.browser("anna")
    refused = world.browser()
    world.provider.claims = {"iss": "https://evil.example"}
    assert world.log_in(refused).status_code == 401
    world.post(browser, "/logout", {})
    bodies = [entry.body for entry in world.entries("login")]
    assert ['"login"' in bodies[0], "login refused" in bodies[1], "logout" in bodies[2]] == [
        True
    ] * 3
    assert all(world.account("anna") in bodies[n] for n in (0, 2))
    for secret in ("access-", "refresh-", "Anna", "anna", "code-"):
        assert not any(secret in body for body in bodies)
    assert verify_ledger(world.node, None).head


def test_strangers_cannot_fill_the_ledger_with_refusals(world):
    world.provider.claims = {"iss": "https://evil.example"}
    for _ in range(100):
        assert world.log_in(world.browser()).status_code == 401
        world.clock.forward(seconds=20)
    assert len(world.entries("login")) == 60


def test_one_address_is_not_let_in_and_out_for_ever(world):
    for _ in range(30):
        world.log_in(world.browser())
    browser = world.browser()
    sent = browser.get("/login/start/hospital", base_url=HTTPS, headers=BROWSER)
    assert sent.status_code == 429 and "oo many" in sent.text
    world.clock.forward(minutes=10)
    assert world.log_in(world.browser()).status_code == 303


def test_changed_settings_are_noticed_at_the_next_start(world):
    node = replace(world.node, settings=Settings())
    first = note_configuration(node, OPERATOR)
    assert first.changed == {} and note_configuration(node, OPERATOR) is None
    toml = '[server]\nport = 8080\n[network]\nproxy = "http://user:secret@proxy.example:3128"\n'
    changed = replace(node, settings=read_settings(toml, {}))
    told = note_configuration(changed, OPERATOR)
    assert told.changed["server.port"] == [None, 8080]
    assert "secret" not in str(told) and "proxy.example" in told.changed["network.proxy"][1]
    other = replace(changed.settings, network=Network(proxy="http://user:other@proxy.example:3128"))
    told = note_configuration(replace(changed, settings=other), OPERATOR)
    assert list(told.changed) == ["network.proxy"]
    assert told.digest != first.digest
    back = note_configuration(node, OPERATOR)
    assert back.changed["server.port"] == [8080, None]
    assert len(world.entries("configuration")) == 4 and verify_ledger(node, None).head
