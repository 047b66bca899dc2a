"""A program with nothing but logins, and browsers that come to it."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask.testing import FlaskClient

from beacon_node.errors import NotPermitted
from beacon_node.identity.keys import KeyCache
from beacon_node.identity.logins import Logins, LoginSettings, Reach, open_logins
from beacon_node.model.login import Login, LoginEvent, SessionLimits
from beacon_node.web.application import Application
from beacon_node.web.errors import handle_errors
from beacon_node.web.login import LoginDesk, add_login
from beacon_node.web.login_parts import LoginParts
from beacon_node.web.pages import Pages
from beacon_node.web.responses import json_response
from beacon_node.web.sessions import Door
from tests.clearinghouse.issuers import Internet
from tests.clearinghouse.world import SetClock
from tests.login.provider import CLIENT_ID, ISSUER, SECRET, Provider

HTTPS = "https://node.example"
BROWSER = {"Accept": "text/html,application/xhtml+xml"}
PROVIDERS = f"""
[[provider]]
id = "hospital"
name = "Hospital login"
issuer = "{ISSUER}"
client_id = "{CLIENT_ID}"
client_secret = "hospital.secret"
"""


class Chance:
    """Bytes that differ each time and are the same in each run."""

    def __init__(self) -> None:
        self._random = random.Random(7)

    def bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)


@dataclass
class Host:
    events: list[LoginEvent] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)

    def admit(self, address: str) -> None:
        return None

    def account(self, login: Login) -> str:
        if login.subject.sub in self.blocked:
            raise NotPermitted("this researcher is blocked at this node")
        return f"acc-{login.subject.sub}"

    def roles(self, account: str) -> tuple[str, ...]:
        return ("auditor",) if account == "acc-anna" else ()

    def note(self, event: LoginEvent) -> None:
        self.events.append(event)


@dataclass
class World:
    home: Path
    internet: Internet
    clock: SetClock
    provider: Provider
    logins: Logins
    host: Host
    desk: LoginDesk
    app: Any
    url: str = HTTPS

    def browser(self) -> FlaskClient:
        return self.app.test_client()

    def get(self, browser: FlaskClient, path: str, **headers: str):
        return browser.get(path, base_url=self.url, headers={**BROWSER, **headers})

    def post(self, browser: FlaskClient, path: str, form: dict, **headers: str):
        told = {**BROWSER, "Origin": self.url, "Sec-Fetch-Site": "same-origin", **headers}
        return browser.post(path, base_url=self.url, data=form, headers=told)

    def begin(self, browser: FlaskClient, next: str = "") -> dict[str, str]:
        """Send a browser to the provider, and return what it would come back with."""
        sent = self.get(browser, f"/login/start/hospital?{urlencode({'next': next})}")
        assert sent.status_code == 303, sent.data
        return self.provider.approve(sent.headers["Location"])

    def come_back(self, browser: FlaskClient, told: dict[str, str]):
        return self.get(browser, f"/login/callback?{urlencode(told)}")

    def log_in(self, browser: FlaskClient, next: str = ""):
        return self.come_back(browser, self.begin(browser, next))

    def session(self, browser: FlaskClient, **headers: str) -> dict:
        return browser.get("/session", base_url=self.url, headers=headers).json

    def cookie(self, browser: FlaskClient, name: str = "") -> str | None:
        host = urlsplit(self.url).hostname or ""
        found = browser.get_cookie(name or self.cookie_name, host)
        return found.value if found else None

    @property
    def cookie_name(self) -> str:
        return "__Host-session" if self.url == HTTPS else "session-80"


def make_world(home: Path, *, url: str = HTTPS, limits: SessionLimits | None = None) -> World:
    """Return a world in which `/whose` (GET, POST) says whose session asks."""
    internet, clock = Internet(), SetClock()
    (home / "keys").mkdir(mode=0o700)
    (home / "keys" / "hospital.secret").write_text(f"{SECRET}\n")
    (home / "keys" / "hospital.secret").chmod(0o600)
    (home / "login_providers.toml").write_text(PROVIDERS)
    provider = Provider(internet, clock)
    session = internet.session()
    settings = LoginSettings(url, home / "login_providers.toml", limits or SessionLimits())
    reach = Reach(session, KeyCache(session, clock), clock, Chance())
    logins, host = open_logins(home, settings, reach), Host()
    app = Application("tests.login", static_folder=None, template_folder=None)
    parts = LoginParts(
        Door(url, "Test hospital"), logins.sessions, logins.begun, host, logins.providers
    )
    desk = LoginDesk(parts, Pages())
    add_login(app, desk)

    def whose():
        found = desk.sessions.present()
        return json_response({"account": found.account if found else None})

    app.add_url_rule("/whose", view_func=whose, methods=["GET", "POST", "PUT", "DELETE"])
    handle_errors(
        app, lambda e: json_response({"message": e.message}, e.status, e.headers), Chance()
    )
    return World(home, internet, clock, provider, logins, host, desk, app, url)
