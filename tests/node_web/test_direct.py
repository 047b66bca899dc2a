"""Whoever proves nothing is answered without the framework, and nobody can tell."""

from dataclasses import replace

import pytest

from beacon_node.errors import StoreUnavailable
from beacon_node.model.answer import Matches
from beacon_node.model.requester import ANONYMOUS, Requester, Tier
from beacon_node.node_web.app import create_app
from beacon_node.settings import Server, Settings
from beacon_node.web import incidents
from tests.actions.fakes import FakeStore, fake_node
from tests.node_web.test_app import CLOSED, OPEN, Failing, FixedRandomness

PATHS = [
    "/api/g_variants?geneId=BRCA1",  # no gene table: refused
    "/api/g_variants?assemblyId=GRCh38&referenceName=1&start=5&referenceBases=A&alternateBases=C",
    "/api/individuals",
    "/api/individuals?requestedGranularity=count&testMode=true&filters=NCIT%3AC16576",
    "/api/individuals?datasetIds=closed",
    "/api/individuals?datasetIds=nowhere",
    "/api/individuals?no=such",
    "/api/individuals?" + "&".join(["skip=1"] * 201),
    "/api/datasets?requestedGranularity=record",
    "/api/cohorts",
    "/api/biosamples?skip=%C3%A4",
]
HEADER = {"Cookie": "any=thing"}  # that of a session would be one that nobody has


def app_of(store: FakeStore, *, who_asks=None, proofs_are_shown=True, origins=()):
    settings = Settings(server=Server(allowed_origins=origins))
    node = replace(fake_node(store), settings=settings, randomness=FixedRandomness())
    asks = who_asks or (lambda: ANONYMOUS)
    return create_app(node, asks, proofs_are_shown=proofs_are_shown)


@pytest.fixture
def store():
    return FakeStore([CLOSED, OPEN], {"open": Matches("open", total=3)})


@pytest.fixture
def frameworks(monkeypatch):
    """Counts the requests that the framework was given."""
    from flask import Flask

    given, wsgi_app = [], Flask.wsgi_app

    def counted(self, environ, start_response):
        given.append(environ["PATH_INFO"])
        return wsgi_app(self, environ, start_response)

    monkeypatch.setattr(Flask, "wsgi_app", counted)
    return given


@pytest.mark.parametrize("path", PATHS)
def test_each_answer_is_the_frameworks_byte_for_byte(store, path, frameworks):
    client = app_of(store).test_client(use_cookies=False)
    direct = client.get(path)
    assert not frameworks
    other = client.get(path, headers=HEADER)
    assert frameworks
    assert (direct.status, direct.data) == (other.status, other.data)
    assert list(direct.headers) == list(other.headers)


@pytest.mark.parametrize("error", [ValueError("secret"), StoreUnavailable("/var/secret is away")])
def test_each_failure_too(error, frameworks, tmp_path, monkeypatch):
    monkeypatch.setattr(incidents.platformdirs, "user_log_dir", lambda *a, **k: str(tmp_path))
    client = app_of(Failing(error)).test_client(use_cookies=False)
    direct = client.get("/api/individuals")
    assert not frameworks
    other = client.get("/api/individuals", headers=HEADER)
    assert direct.status_code >= 500 and b"secret" not in direct.data
    # The second incident of one id cannot keep its trace, which is the log's matter.
    assert (direct.status, direct.data) == (other.status, other.data)
    assert list(direct.headers) == list(other.headers)


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer x"},
        {"Authorization": ""},
        {"Cookie": "session=x"},
        {"Beacon-Message": "x"},
        {"beacon-message": ""},
    ],
)
def test_whoever_shows_anything_is_asked_who_they_are(store, frameworks, headers):
    asked = []

    def who_asks() -> Requester:
        asked.append(1)
        return Requester(Tier.PUBLIC)

    client = app_of(store, who_asks=who_asks).test_client(use_cookies=False)
    assert client.get("/api/individuals", headers=headers).status_code == 200
    assert asked and frameworks


@pytest.mark.parametrize("method", ["POST", "HEAD", "OPTIONS", "PUT"])
def test_other_methods_are_the_frameworks(store, frameworks, method):
    app_of(store).test_client().open("/api/individuals", method=method)
    assert frameworks


def test_an_application_that_knows_people_otherwise_asks_each_time(store, frameworks):
    app_of(store, proofs_are_shown=False).test_client().get("/api/individuals")
    assert frameworks


def test_where_pages_of_others_may_read_answers_each_says_so(store, frameworks):
    client = app_of(store, origins=("https://page.example",)).test_client()
    assert client.get("/api/individuals").headers["Vary"] == "Origin"
    assert frameworks
