"""A served node with people who do not exist, whom anybody may ask within the guard's bound; an
identity provider and a third party's visa issuer, both over HTTP on this machine."""

import json
import os
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest
import requests
from flask import Flask, jsonify
from werkzeug.serving import make_server

from beacon_node.cli.main import run
from beacon_node.demo.consents import write_consents
from beacon_node.demo.example import CLINIC, COHORT
from beacon_node.demo.reference_people import make_reference_people
from beacon_node.demo.synthetic import make_cohort
from beacon_node.model.trust import REGISTERED_ACCESS
from tests.clearinghouse.issuers import algorithm, public_jwk, signed

UNIVERSITY = "https://uni.example"
VALUE, SOURCE = "EGAD00001006673", "EGAC00001000908"
KEYS = {"broker": "broker", "status": "es-status", "rems": "rems"}
HOUR, DAY = 3_600, 86_400


class Issuers:
    """A passport broker, an issuer of researchers' status and a committee's REMS, served."""

    def __init__(self, url: str) -> None:
        self.url = url

    def iss(self, name: str) -> str:
        return f"{self.url}/{name}"

    def _signed(self, name: str, typ: str, sub: str, more: dict) -> str:
        now, key = int(time.time()), KEYS[name]
        header = {"typ": typ, "alg": algorithm(key), "kid": key, "jku": f"{self.iss(name)}/jwks"}
        claims = {"iss": self.iss(name), "sub": sub, "iat": now - 5, "exp": now + HOUR}
        return signed(header, claims | more, key)

    def visa(self, name: str, sub: str, kind: str, **stated: str) -> str:
        asserted = int(time.time()) - DAY
        more = {"ga4gh_visa_v1": {"type": kind, "asserted": asserted, **stated}}
        return self._signed(name, "vnd.ga4gh.visa+jwt", sub, more)

    def status(self, sub: str) -> list[str]:
        """Return the visas that make somebody a registered researcher, once they are joined."""
        told = {"value": REGISTERED_ACCESS, "source": UNIVERSITY}
        return [
            self.visa("status", sub, "ResearcherStatus", by="so", **told),
            self.visa("status", sub, "AcceptedTermsAndPolicies", by="self", **told),
        ]

    def joined(self, sub: str, iss: str) -> str:
        """Return a visa that joins the status issuer's `sub` to the same of another issuer."""
        pair = f"{quote(sub, safe='')},{quote(iss, safe='')}"
        return self.visa("status", sub, "LinkedIdentities", value=pair, source=self.iss("status"))

    def grant(self, sub: str) -> str:
        """Return what a committee's REMS says of somebody: plain identifiers, the broker's sub."""
        stated = {"value": VALUE, "source": SOURCE, "by": "dac"}
        return self.visa("rems", sub, "ControlledAccessGrants", **stated)

    def passport(self, sub: str, *visas: str) -> str:
        return self._signed(
            "broker", "vnd.ga4gh.passport+jwt", sub, {"ga4gh_passport_v1": list(visas)}
        )


@pytest.fixture(scope="session")
def issuers() -> Iterator[Issuers]:
    app = Flask("issuers")

    @app.get("/<name>/jwks")
    def jwks(name: str):
        return jsonify({"keys": [public_jwk(KEYS[name])]})

    server = make_server("127.0.0.1", 0, app)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Issuers(f"http://127.0.0.1:{server.server_port}")
    server.shutdown()


@pytest.fixture(scope="session")
def provider() -> Iterator[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses what its library will drop one day
        import oidc_provider_mock
    with oidc_provider_mock.run_server_in_thread() as server:
        yield f"http://localhost:{server.server_port}"


@dataclass(frozen=True)
class Served:
    """The node, as people use it: by `curl`, by a browser, by the command line."""

    url: str
    home: Path
    provider: str

    def curl(self, path: str, *options: str, token: str = "") -> dict:
        """Return what curl gets, with `status` among it."""
        own = ["-H", f"Authorization: Bearer {token}"] if token else []
        command = ["curl", "-s", "-w", "\n%{http_code}", *own, *options, f"{self.url}{path}"]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        body, _, status = done.stdout.rpartition("\n")
        return {**json.loads(body), "status": int(status)}

    def trust(self, text: str) -> None:
        """Put another list of trusted issuers in the place of the one before, as the docs say."""
        draft = self.home / "trusted_issuers.tmp"
        draft.write_text(text)
        draft.replace(self.home / "trusted_issuers.toml")

    def browser(self, sub: str, visas: list[str] | None = None) -> requests.Session:
        """Let a person log in in a new browser; returns it."""
        claims = {"name": sub.title(), "ga4gh_passport_v1": visas or []}
        requests.put(f"{self.provider}/users/{quote(sub)}", json=claims, timeout=5)
        browser = requests.Session()
        start = f"{self.url}/login/start/mock"
        sent = browser.get(
            start, headers={"Accept": "text/html"}, allow_redirects=False, timeout=10
        )
        asked = sent.headers["Location"]
        told = requests.post(asked, data={"sub": sub}, allow_redirects=False, timeout=5)
        landed = browser.get(told.headers["Location"], headers={"Accept": "text/html"}, timeout=10)
        assert landed.status_code == 200 and "You are logged in" in landed.text
        return browser

    def get(self, browser: requests.Session, path: str) -> dict:
        return browser.get(f"{self.url}{path}", timeout=30).json()

    def post(self, browser: requests.Session, path: str, body: object) -> dict:
        headers = {"X-CSRF-Token": self.get(browser, "/session")["csrfToken"]}
        return browser.post(f"{self.url}{path}", json=body, headers=headers, timeout=10).json()


@pytest.fixture(scope="session")
def trusted(issuers, provider) -> str:
    """Return the list of issuers that the node trusts."""
    lines = [
        f'[[broker]]\niss = "{issuers.iss("broker")}"\nkeys = "{issuers.iss("broker")}/jwks"',
        f'[[broker]]\niss = "{provider}"\nkeys = "{provider}/jwks"',
        f'[[visa_issuer]]\niss = "{issuers.iss("status")}"\njku = "{issuers.iss("status")}/jwks"',
        f'sources.ResearcherStatus = ["{UNIVERSITY}"]',
        f'sources.AcceptedTermsAndPolicies = ["{UNIVERSITY}"]',
        f'sources.LinkedIdentities = ["{issuers.iss("status")}"]',
        f'[[visa_issuer]]\niss = "{issuers.iss("rems")}"\njku = "{issuers.iss("rems")}/jwks"',
        f'subjects_of = "{issuers.iss("broker")}"',
        f'sources.ControlledAccessGrants = ["{SOURCE}"]',
        f'[[dataset]]\nid = "clinic"\nvalue = "{VALUE}"\nsource = "{SOURCE}"',
        'purpose = { categories = ["biomedical"] }',
    ]
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="session")
def served(tmp_path_factory, trusted, provider) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("walk")
    home = folder / "home"
    _set_up(home, folder / "files")
    (home / "trusted_issuers.toml").write_text(trusted)
    (home / "login_providers.toml").write_text(
        f'[[provider]]\nid = "mock"\nname = "Mock login"\nissuer = "{provider}"\n'
        'client_id = "node"\nclient_secret = "mock.secret"\n'
    )
    (home / "keys" / "mock.secret").write_text("any")
    (home / "keys" / "mock.secret").chmod(0o600)
    with (home / "node.toml").open("a") as toml:
        toml.write('\n[access]\ntrusted_issuers = "trusted_issuers.toml"\n')
        toml.write('[login]\nproviders = "login_providers.toml"\n')
        toml.write(f'[audit]\ncheckpoints_to = ["{folder / "share"}"]\n')
    (folder / "share").mkdir()
    yield from _serve(home, provider)


def _set_up(home: Path, files: Path) -> None:
    clinic, reference = files / "clinic", files / "reference"
    make_cohort(clinic, **COHORT, others=CLINIC)
    write_consents(clinic, COHORT["people"], "clinic")
    make_reference_people(reference, **COHORT)
    records = [
        clinic / f"{name}.json" for name in ("individuals", "biosamples", "runs", "analyses")
    ]
    panel = ("--name", "made-up", "--ancestry", "made-up", "--disjoint")
    dataset = ("--assembly", "GRCh38", "--assayed", "whole-genome", "--synthetic", "--term", "HMB")
    mapping = ("--mapping", clinic / "mapping.toml", "--max-change", "100%")
    for command in (
        ("init", home),
        ("annotate", "panel", reference / "panel.vcf.gz", *panel),
        ("annotate", "genomes", reference / "genomes.vcf.gz", "--name", "people"),
        ("dataset", "add", "clinic", *dataset),
        ("dataset", "panels", "clinic", "--panel", "made-up"),
        ("consent", "import", clinic / "consents.csv", *mapping),
        ("load", "clinic", clinic / "cohort.vcf.gz", *records),
        ("release", "clinic"),
    ):
        own = [] if command[0] == "init" else ["--home", str(home)]
        assert run([*map(str, command), *own]) == 0


def _serve(home: Path, provider: str) -> Iterator[Served]:
    command = [sys.executable, "-m", "beacon_node.cli.main", "serve", "--home", str(home)]
    server = subprocess.Popen(
        [*command, "--port", "0", "--workers", "2", "--json"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "NO_PROXY": "localhost,127.0.0.1"},
    )
    try:
        url = json.loads(server.stdout.readline())["url"].removesuffix("/api")
        _wait_for(url)
        yield Served(url, home, provider)
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
