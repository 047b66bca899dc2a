"""Who logged in to a network with a browser asks in their own name, and proves what they can."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from beacon_node.broker.app import create_app
from beacon_node.broker.settings import Identity, Logins, Settings
from beacon_node.broker.web.login import BrokerLogins
from beacon_node.model.requester import Tier
from tests.broker.federation import Double, federation
from tests.broker.test_who_asks import ASKED, PURPOSE, says
from tests.clearinghouse.world import make_world, visa
from tests.login.provider import CLIENT_ID, ISSUER, JWKS, SECRET, Provider

URL = "https://network.example"
BROWSER = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
PROVIDERS = f"""
[[provider]]
id = "idp"
name = "Institute login"
issuer = "{ISSUER}"
client_id = "{CLIENT_ID}"
client_secret = "idp.secret"
"""
TRUSTED = f"""
[[broker]]
iss = "{ISSUER}"
keys = "{JWKS}"
"""
LINKED = visa("LinkedIdentities", value="anna,https%3A%2F%2Flogin.example%2Foidc%2F")
VISAS = [visa("ResearcherStatus"), visa("AcceptedTermsAndPolicies"), LINKED]


class World:
    def __init__(self, folder) -> None:
        (folder / "node").mkdir()
        trusting = make_world(folder / "node")
        trusting.trust(TRUSTED)
        self.provider = Provider(trusting.internet, trusting.clock)
        self.north = Double("North", says("northern"))
        self.north.signer = replace(self.north.signer, clock=trusting.clock)
        settings = Settings(broker=Identity(public_url=URL), login=Logins(providers="idps.toml"))
        hub = folder / "hub"
        there = {self.north.member: self.north}
        made = federation(hub, there, settings=settings, house=trusting.house, clock=trusting.clock)
        (hub / "idps.toml").write_text(PROVIDERS)
        (hub / "keys").mkdir(mode=0o700)
        (hub / "keys" / "idp.secret").write_text(SECRET)
        (hub / "keys" / "idp.secret").chmod(0o600)
        logins = BrokerLogins(made.broker, trusting.internet.session())
        self.app = create_app(made.broker, made.library, logins)
        self.browser = self.app.test_client()

    def get(self, path: str, **headers):
        return self.browser.get(path, base_url=URL, headers={**BROWSER, **headers})

    def log_in(self) -> None:
        sent = self.get("/login/start/idp")
        told = self.provider.approve(sent.headers["Location"])
        assert self.get(f"/login/callback?{urlencode(told)}").status_code == 303

    def asserted(self):
        assert self.get(ASKED).status_code == 200
        return self.north.questions[-1].asserted


@pytest.fixture
def world(tmp_path):
    return World(tmp_path)


def test_nobody_is_anybody_until_they_log_in(world):
    assert world.asserted().researcher == ""
    assert world.get("/whoami").status_code == 401


def test_who_logged_in_is_known_and_not_more_without_visas(world):
    world.log_in()
    told = world.asserted()
    assert told.researcher.startswith("res-") and told.tier is Tier.PUBLIC
    assert world.get("/whoami").json["registered"] is False


def test_visas_of_a_passport_broker_make_a_registered_researcher(world):
    world.provider.says["ga4gh_passport_v1"] = VISAS
    world.log_in()
    assert world.get("/whoami").json["registered"] is True
    assert world.asserted().tier is Tier.REGISTERED


def test_a_purpose_is_stated_with_the_sessions_token_alone(world):
    world.provider.says["ga4gh_passport_v1"] = VISAS
    world.log_in()
    token = world.get("/session").json["csrfToken"]

    def state(**headers):
        told = {**BROWSER, "Origin": URL, **headers}
        return world.browser.post("/whoami/purpose", base_url=URL, json=PURPOSE, headers=told)

    assert state().status_code == 403
    assert state(**{"X-CSRF-Token": token}).status_code == 200
    assert world.asserted().purpose.categories == {"biomedical"}


def test_a_page_of_another_site_does_not_ask_in_somebodys_name(world):
    world.log_in()
    world.get(ASKED, **{"Sec-Fetch-Site": "cross-site"})
    assert world.north.questions[-1].asserted.researcher == ""


def test_after_logging_out_one_is_anybody(world):
    world.log_in()
    token = world.get("/session").json["csrfToken"]
    headers = {**BROWSER, "Origin": URL, "X-CSRF-Token": token}
    world.browser.post("/logout", base_url=URL, headers=headers)
    assert world.asserted().researcher == ""
