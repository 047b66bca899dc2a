"""Two hospitals with a committee each, and a broker over them that takes applications."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Flask

from beacon_node.broker.app import create_app
from beacon_node.broker.library import Library
from beacon_node.broker.settings import Logins
from beacon_node.broker.web.login import BrokerLogins
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.node import Node, open_node
from beacon_node.ports import Received
from beacon_node.settings import Access
from beacon_node.web.sessions import Door
from tests.broker.federation import Federation, Members, lower, make_broker, node_member, pinned
from tests.clearinghouse.issuers import Internet
from tests.clearinghouse.world import NODE, NOW, TRUSTED, T, make_world, visa
from tests.consent.clinic import with_clock
from tests.login.provider import CLIENT_ID, ISSUER, JWKS, SECRET, Provider
from tests.node_web.networked import app_of, pin

PROVIDERS = f"""
[[provider]]
id = "idp"
name = "Institute login"
issuer = "{ISSUER}"
client_id = "{CLIENT_ID}"
client_secret = "idp.secret"
"""
TRUSTED_LOGIN = f"""
[[broker]]
iss = "{ISSUER}"
keys = "{JWKS}"
"""
SITES = {"org.north": ["c"], "org.south": ["c"]}


def open_sites(
    office_home: Path, folder: Path, internet: Internet
) -> tuple[dict[str, Node], dict[str, Flask]]:
    """Return the nodes of `SITES`, each a copy of one with a committee, and their applications."""
    nodes, apps = {}, {}
    for id in SITES:
        home = folder / id
        shutil.copytree(office_home, home)
        trust = make_world(home, internet)
        node = with_clock(open_node(home, {}), NOW)
        settings = replace(
            node.settings,
            node=replace(node.settings.node, id=id),
            access=Access(trusted_issuers="trusted_issuers.toml"),
        )
        nodes[id] = node = replace(node, settings=settings)
        house = open_clearinghouse(trust.file, NODE, internet.session(), node.clock)
        apps[id] = app_of(node, house)
    return nodes, apps


def broker_over(
    folder: Path, nodes: Mapping[str, Node], apps: Mapping[str, Flask], internet: Internet
) -> Federation:
    members = [node_member(node, id.removeprefix("org.").title()) for id, node in nodes.items()]
    broker = make_broker(folder / "hub", Members(*members), "org.hub")
    clock = nodes["org.north"].clock
    trust = make_world(folder / "hub", internet)
    broker = replace(
        broker,
        clock=clock,
        signer=replace(broker.signer, clock=clock),
        clearinghouse=open_clearinghouse(trust.file, NODE, internet.session(), clock),
    )
    for node in nodes.values():
        pin(node, pinned(broker))
    wire = broker.transport
    wire.handlers = {id: _served(app) for id, app in apps.items()}
    library = Library(wire, clock, broker.state.learned)
    return Federation(broker, wire, library, create_app(broker, library))


def _served(app):
    def handle(sent):
        told = {"method": sent.method, "data": sent.body, "headers": dict(sent.headers)}
        answer = app.test_client().open(sent.path, **told)
        return Received(answer.status_code, answer.data, lower(answer.headers))

    return handle


# ---- people with a browser -----------------------------------------------------------------------


@dataclass
class Browsing:
    """A browser at a broker of `url`, and the provider at which its person logs in."""

    made: Federation
    provider: Provider
    url: str

    def __post_init__(self) -> None:
        self.browser = self.made.app.test_client()

    def headers(self, **more: str) -> dict[str, str]:
        own = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        return own | {name.replace("_", "-"): value for name, value in more.items()}

    def get(self, path: str, **headers: str):
        return self.browser.get(path, base_url=self.url, headers=self.headers(**headers))

    def post(self, path: str, form: Mapping, **headers: str):
        told = self.headers(**{"Origin": self.url} | headers)
        return self.browser.post(path, base_url=self.url, data=form, headers=told)

    def log_in(self, who: str = "anna", seconds: int = 60) -> None:
        """Come back from the provider with visas that were made so many seconds ago."""
        self.provider.sub = who
        self.provider.says["ga4gh_passport_v1"] = identity_visas(who, seconds)
        sent = self.get("/login/start/idp")
        told = self.provider.approve(sent.headers["Location"])
        assert self.get(f"/login/callback?{urlencode(told)}").status_code == 303

    @property
    def cookie(self) -> tuple[str, str]:
        """The name and value of the session's cookie, for another browser."""
        name, host = Door(self.url, "", "network").cookie_name(), urlsplit(self.url).hostname
        return name, self.browser.get_cookie(name, host).value

    @property
    def token(self) -> str:
        return self.get("/session").json["csrfToken"]


def identity_visas(who: str, seconds: int) -> list[str]:
    claims = {"sub": f"s-{who}", "iat": T - seconds}
    link = {"value": f"{who},https%3A%2F%2Flogin.example%2Foidc%2F"}
    return [
        visa("AffiliationAndRole", claims={**claims, "jti": f"a-{who}"}),
        visa("LinkedIdentities", claims={**claims, "jti": f"l-{who}"}, **link),
    ]


def with_logins(made: Federation, internet: Internet, url: str) -> Browsing:
    """Return a browser at the broker, which lets people log in from now on; it has learned what its
    members have."""
    broker = made.broker
    settings = replace(
        broker.settings,
        broker=replace(broker.settings.broker, public_url=url),
        login=Logins(providers="idps.toml"),
    )
    broker = replace(broker, settings=settings)
    (broker.home / "trusted_issuers.toml").write_text(TRUSTED + TRUSTED_LOGIN)
    (broker.home / "idps.toml").write_text(PROVIDERS)
    (broker.home / "keys").mkdir(mode=0o700, exist_ok=True)
    (broker.home / "keys" / "idp.secret").write_text(SECRET)
    (broker.home / "keys" / "idp.secret").chmod(0o600)
    made.library.refresh(broker.registry.members())
    made.wire.sent.clear()
    provider = Provider(internet, broker.clock)
    app = create_app(broker, made.library, BrokerLogins(broker, internet.session()))
    return Browsing(replace(made, broker=broker, app=app), provider, url)
