"""Nodes that are served and can be asked over the watched internet, with one clock for all."""

from dataclasses import replace

from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from beacon_node.node_web.passports import PassportDesk, add_passports
from beacon_node.node_web.visas import add_visas
from beacon_node.settings import Access, Identity, Visas
from tests.clearinghouse.issuers import Internet
from tests.clearinghouse.world import BROKER, BROKER_KEYS, SetClock
from tests.consent.clinic import at_site

HERE, THERE = "https://first.example", "https://second.example"
JKU = f"{HERE}/visas/jwks"
TRUSTED = f'[[broker]]\niss = "{BROKER}"\nkeys = "{BROKER_KEYS}"\n'
TAKEN = f"""
[[visa_issuer]]
iss = "{HERE}"
jku = "{JKU}"
subjects_of = "{BROKER}"
sources.ControlledAccessGrants = ["{HERE}/dac"]

[[dataset]]
id = "c"
value = "{HERE}/api/datasets/c"
source = "{HERE}/dac"
purpose = {{ categories = ["ancestry"] }}
"""
QUESTION = f"/api/individuals?requestedGranularity=count&{at_site(0)}"


class Clock(SetClock):
    """One clock for both nodes; the clinic's helpers move it too."""

    @property
    def at(self):
        return self.time

    @at.setter
    def at(self, moment) -> None:
        self.time = moment


class Site:
    """A node that is served, and can be asked over the watched internet."""

    def __init__(self, home, url: str, internet: Internet, clock: Clock, trusted: str) -> None:
        (home / "trusted.toml").write_text(trusted)
        node = open_node(home, {})
        own = {
            "node": Identity(public_url=url),
            "access": Access("trusted.toml"),
            "visas": Visas(BROKER if url == HERE else ""),
        }
        self.node = replace(node, settings=replace(node.settings, **own), clock=clock)
        house = open_clearinghouse(home / "trusted.toml", url, internet.session(), clock)
        desk = PassportDesk(self.node, house)
        app = create_app(self.node, desk.who_asks)
        add_passports(app, desk)
        add_visas(app, self.node, desk)
        self.client = app.test_client()

    def get(self, path: str, token: str = ""):
        return self.client.get(path, headers={"Authorization": f"Bearer {token}"} if token else {})
