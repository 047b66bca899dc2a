"""A node with a committee, at which people log in through a provider that brings visas."""

from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode

from flask.testing import FlaskClient

from beacon_node.actions.applications.desk import set_committee
from beacon_node.actions.link_identity import account_at
from beacon_node.actions.staff import change_role
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.model.application import Committee
from beacon_node.model.dac import Actor
from beacon_node.model.passport import Subject
from beacon_node.model.staff import RoleChange, StaffRole
from beacon_node.node import Node, open_node
from beacon_node.node_web.login import NodeLogins
from beacon_node.node_web.wsgi import whole_app
from beacon_node.settings import Access, Logins
from tests.clearinghouse.issuers import Internet
from tests.clearinghouse.world import TRUSTED, SetClock, make_internet, visa
from tests.login.provider import ISSUER, SECRET, Provider
from tests.login.world import BROWSER, HTTPS, PROVIDERS

OPERATOR = Actor("", "administrator root")
BROKER = f"""
[[broker]]
iss = "{ISSUER}"
keys = "https://login.example/jwks"
"""
QUESTION = "/api/individuals?requestedGranularity=count&assemblyId=GRCh37&referenceName=22&start=1"


@dataclass
class NodeWorld:
    node: Node
    app: object
    provider: Provider
    internet: Internet
    clock: SetClock
    logins: NodeLogins
    trust: Path

    def browser(self, sub: str = "") -> FlaskClient:
        """Return a browser, in which somebody logged in unless nobody is named."""
        browser = self.app.test_client()
        if sub:
            self.provider.sub = sub
            assert self.log_in(browser).status_code == 303
        return browser

    def log_in(self, browser: FlaskClient):
        sent = browser.get("/login/start/hospital", base_url=HTTPS, headers=BROWSER)
        told = self.provider.approve(sent.headers["Location"])
        back = f"/login/callback?{urlencode(told)}"
        return browser.get(back, base_url=HTTPS, headers=BROWSER)

    def get(self, browser: FlaskClient, path: str):
        return browser.get(path, base_url=HTTPS, headers={"Sec-Fetch-Site": "same-origin"})

    def post(self, browser: FlaskClient, path: str, body: object):
        token = self.get(browser, "/session").json.get("csrfToken", "")
        headers = {"X-CSRF-Token": token, "Origin": HTTPS, "Sec-Fetch-Site": "same-origin"}
        return browser.post(path, base_url=HTTPS, headers=headers, json=body)

    def account(self, sub: str) -> str:
        return account_at(self.node, Subject(ISSUER, sub))

    def give(self, sub: str, role: StaffRole, *, is_given: bool = True) -> None:
        change_role(self.node, RoleChange(self.account(sub), role, is_given), OPERATOR)

    def entries(self, kind: str) -> list:
        return list(self.node.ledger.entries(kind=kind))


def make_node_world(home: Path, *, is_broker: bool = True, **login: object) -> NodeWorld:
    """Return a node in `home` (an office's) that trusts the provider's visas if `is_broker`."""
    internet, clock = make_internet(), SetClock()
    (home / "keys" / "hospital.secret").write_text(SECRET)
    (home / "keys" / "hospital.secret").chmod(0o600)
    (home / "login_providers.toml").write_text(PROVIDERS)
    (home / "trusted_issuers.toml").write_text(TRUSTED + (BROKER if is_broker else ""))
    found = open_node(home, {})
    settings = replace(
        found.settings,
        node=replace(found.settings.node, public_url=HTTPS, name="Test hospital"),
        access=Access(trusted_issuers="trusted_issuers.toml"),
        login=replace(Logins(providers="login_providers.toml"), **login),
    )
    node = replace(found, settings=settings, clock=clock)
    trust, session = home / "trusted_issuers.toml", internet.session()
    house = open_clearinghouse(trust, HTTPS, session, clock)
    logins = NodeLogins(node, house, session)
    app = whole_app(node, house, logins)
    return NodeWorld(node, app, Provider(internet, clock), internet, clock, logins, trust)


def registered_visas(sub: str = "anna") -> list[str]:
    """Return the two visas that make a registered researcher, of `status.example`, and the one that
    joins them to somebody at the provider."""
    encoded = ISSUER.replace(":", "%3A").replace("/", "%2F")
    link = visa("LinkedIdentities", value=f"{sub},{encoded}")
    return [visa("ResearcherStatus"), visa("AcceptedTermsAndPolicies"), link]


def make_member(world: NodeWorld, sub: str) -> None:
    """Make somebody a member of the committee, who decides alone."""
    members = frozenset({world.account(sub), "acc-fay"})
    set_committee(world.node, Committee(members, frozenset({"c"}), 1, 365), OPERATOR)
