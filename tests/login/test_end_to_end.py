"""A login at oidc-provider-mock through the node's real server, with two worker processes."""

import io
import json
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from flask import Flask, jsonify
from werkzeug.serving import make_server

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.cli import main
from beacon_node.model.trust import REGISTERED_ACCESS
from tests.clearinghouse.issuers import public_jwk
from tests.clearinghouse.world import visa

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the provider
PASSWORD = "correct horse battery staple"
UNIVERSITY = "https://uni.example"
HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def provider():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what its library will drop one day
        import oidc_provider_mock
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(scope="module")
def issuer():
    """A visa issuer's key set, served."""
    app = Flask("visa issuer")
    app.add_url_rule("/jwks", view_func=lambda: jsonify({"keys": [public_jwk("es-status")]}))
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)


@dataclass
class Served:
    url: str
    home: Path
    provider: str
    issuer: str

    def person(self, sub: str, visas: list[str] | None = None) -> requests.Session:
        """Let a person log in in a new browser; returns it."""
        claims = {"name": sub.title(), **({"ga4gh_passport_v1": visas} if visas else {})}
        requests.put(f"{self.provider}/users/{quote(sub)}", json=claims, timeout=5)
        browser = requests.Session()
        landed = self.log_in(browser, sub)
        assert landed.status_code == 200 and "You are logged in" in landed.text, landed.text
        return browser

    def back(self, browser: requests.Session, sub: str) -> str:
        """Return the address with which the provider sends somebody back."""
        sent = browser.get(
            f"{self.url}/login/start/mock", headers=HTML, allow_redirects=False, timeout=10
        )
        assert sent.status_code == 303, sent.text
        told = requests.post(
            sent.headers["Location"], data={"sub": sub}, allow_redirects=False, timeout=5
        )
        return told.headers["Location"]

    def log_in(self, browser: requests.Session, sub: str) -> requests.Response:
        return browser.get(self.back(browser, sub), headers=HTML, timeout=10)

    def get(self, browser: requests.Session, path: str) -> requests.Response:
        return browser.get(f"{self.url}{path}", timeout=10)

    def post(self, browser: requests.Session, path: str, body: object) -> requests.Response:
        token = self.get(browser, "/session").json()["csrfToken"]
        headers = {"X-CSRF-Token": token}
        return browser.post(f"{self.url}{path}", json=body, headers=headers, timeout=10)

    def run(self, *arguments: str, told: str = "") -> str:
        return run(self.home, *arguments, told=told)

    def visas(self, sub: str) -> list[str]:
        """Return visas of now that make somebody at the provider a registered researcher."""
        now = int(time.time())
        joined = f"{sub},{quote(self.provider, safe='')}"
        stated = {
            "ResearcherStatus": {"value": REGISTERED_ACCESS},
            "AcceptedTermsAndPolicies": {"value": REGISTERED_ACCESS},
            "LinkedIdentities": {"value": joined, "source": self.issuer},
        }
        claims = {"iss": self.issuer, "iat": now - 60, "exp": now + 3_600}
        return [
            visa(
                kind,
                header={"jku": f"{self.issuer}/jwks"},
                claims=claims,
                key="es-status",
                **{"asserted": now - 60, **more},
            )
            for kind, more in stated.items()
        ]


def run(home: Path, *arguments: str, told: str = "") -> str:
    """Run a command and return what it printed; `told` is its standard input."""
    said, stdin = io.StringIO(), sys.stdin
    sys.stdin = io.StringIO(told)
    try:
        with redirect_stdout(said):
            assert main.run([*arguments, "--home", str(home), "--json"]) == 0
    finally:
        sys.stdin = stdin
    return said.getvalue()


@pytest.fixture(scope="module")
def served(tmp_path_factory, provider, issuer):
    home = init_node(tmp_path_factory.mktemp("served") / "home", NewNode())
    (home / "keys" / "mock.secret").write_text("any")
    (home / "keys" / "mock.secret").chmod(0o600)
    (home / "login_providers.toml").write_text(
        f'[[provider]]\nid = "mock"\nname = "Mock login"\nissuer = "{provider}"\n'
        'client_id = "node"\nclient_secret = "mock.secret"\n'
    )
    (home / "trusted_issuers.toml").write_text(
        f'[[broker]]\niss = "{provider}"\nkeys = "{provider}/jwks"\n'
        f'[[visa_issuer]]\niss = "{issuer}"\njku = "{issuer}/jwks"\n'
        f'sources.ResearcherStatus = ["{UNIVERSITY}"]\n'
        f'sources.AcceptedTermsAndPolicies = ["{UNIVERSITY}"]\n'
        f'sources.LinkedIdentities = ["{issuer}"]\n'
    )
    with (home / "node.toml").open("a") as toml:
        toml.write('\n[access]\ntrusted_issuers = "trusted_issuers.toml"\n')
        toml.write('\n[login]\nproviders = "login_providers.toml"\nlocal_accounts = true\n')
    command = [sys.executable, "-m", "beacon_node.cli.main", "serve", "--home", str(home)]
    environment = {**os.environ, "NO_PROXY": "localhost,127.0.0.1"}
    server = subprocess.Popen(
        [*command, "--port", "0", "--workers", "2", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        url = json.loads(server.stdout.readline())["url"].removesuffix("/api")
        _wait_for(url)
        yield Served(url, home, provider, issuer)
    finally:
        server.terminate()
        server.wait(20)


def _wait_for(url: str) -> None:
    for _ in range(600):
        try:
            requests.get(f"{url}/livez", timeout=1)
            return
        except requests.RequestException:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def test_a_login_without_visas_gives_an_account_in_every_worker(served):
    browser = served.person("ben")
    found = [served.get(browser, "/whoami").json() for _ in range(8)]
    assert {(one["tier"], one["account"]) for one in found} == {("public", found[0]["account"])}
    assert served.get(browser, "/session").json()["name"] == "Ben"
    assert served.get(requests.Session(), "/whoami").status_code == 401


def test_a_login_with_visas_makes_a_registered_researcher(served):
    browser = served.person("anna", served.visas("anna"))
    told = served.get(browser, "/whoami").json()
    assert told["registered"] is True and told["organisation"] == UNIVERSITY
    purpose = {"purpose": {"categories": ["biomedical"]}, "forGood": True}
    assert served.post(browser, "/whoami/purpose", purpose).json()["tier"] == "registered"


def test_visas_of_somebody_else_give_nothing(served):
    browser = served.person("eve", served.visas("anna"))
    told = served.get(browser, "/whoami").json()
    assert told["registered"] is False and len(told["visas"]) == 3


def test_a_code_is_worth_nothing_a_second_time_in_whichever_worker(served):
    browser = requests.Session()
    back = served.back(browser, "ben")
    kept = browser.cookies.copy()
    assert "You are logged in" in browser.get(back, headers=HTML, timeout=10).text
    for _ in range(4):
        thief = requests.Session()
        thief.cookies.update(kept)
        assert thief.get(back, headers=HTML, timeout=10).status_code == 401
        assert not served.get(thief, "/session").json()["loggedIn"]


def test_another_state_is_refused(served):
    browser = requests.Session()
    back = re.sub("state=[^&]+", "state=" + "A" * 43, served.back(browser, "ben"))
    assert browser.get(back, headers=HTML, timeout=10).status_code == 401


def test_who_does_not_agree_at_the_provider_is_told_so(served):
    browser = requests.Session()
    sent = browser.get(f"{served.url}/login/start/mock", allow_redirects=False, timeout=10)
    told = requests.post(
        sent.headers["Location"], data={"action": "deny"}, allow_redirects=False, timeout=5
    )
    state = re.search("state=([^&]+)", sent.headers["Location"])[0]
    page = browser.get(f"{told.headers['Location']}&{state}", headers=HTML, timeout=10)
    assert page.status_code == 401 and "access_denied" in page.text


def test_the_first_administrator_comes_by_command_line_and_the_next_over_http(served):
    admin, manager = served.person("ada"), served.person("mia")
    served.run("roles", "add", "administrator", "--iss", served.provider, "--sub", "ada")
    said = {"iss": served.provider, "sub": "mia", "role": "consent_manager"}
    assert served.post(admin, "/roles", {"add": said}).json()["changed"] is True
    assert served.get(manager, "/session").json()["roles"] == ["consent_manager"]
    served.run("roles", "remove", "consent_manager", "--iss", served.provider, "--sub", "mia")
    assert not served.get(manager, "/session").json()["loggedIn"]  # at once, in both workers
    assert served.get(admin, "/session").json()["loggedIn"]


def test_a_local_account_logs_in_with_its_password_and_is_throttled(served):
    made = json.loads(served.run("accounts", "add", "nurse", told=f"{PASSWORD}\n"))
    browser = requests.Session()

    def enter(password: str) -> requests.Response:
        page = browser.get(f"{served.url}/login", headers=HTML, timeout=10).text
        token = re.search('name="csrf_token" value="([^"]+)"', page)[1]
        form = {"csrf_token": token, "name": "nurse", "password": password}
        return browser.post(f"{served.url}/login/local", data=form, headers=HTML, timeout=10)

    assert enter("wrong" * 4).status_code == 401
    assert "You are logged in" in enter(PASSWORD).text
    assert served.get(browser, "/whoami").json()["account"] == made["account"]
    browser.cookies.clear()
    refusals = [enter("wrong" * 4).status_code for _ in range(11)]
    assert refusals == [401] * 10 + [429]  # counted over both workers
    assert enter(PASSWORD).status_code == 429


def test_what_happened_is_in_the_audit(served):
    said = served.run("audit", "show", "--kind", "login")
    assert "login through mock" in said and "login refused through mock" in said
    assert PASSWORD not in said and "access_denied" in said
    assert "login.local_accounts" in served.run("audit", "show", "--kind", "configuration")
    assert served.run("audit", "verify")
