"""What HTTP adds to the Beacon API: status, headers, methods, failures."""

import logging
from dataclasses import replace

import pytest

from beacon_node.errors import BudgetSpent, NotAuthenticated, QuotaExceeded, StoreUnavailable
from beacon_node.model.answer import Matches
from beacon_node.model.genome import Assembly
from beacon_node.node_web.app import create_app
from beacon_node.ports import Dataset
from beacon_node.settings import Server, Settings
from beacon_node.web import incidents
from tests.actions.fakes import FakeStore, fake_node

OPEN = Dataset("open", "Open data", Assembly.GRCH38, True, "CC0-1.0")
CLOSED = Dataset("closed", "Closed data", Assembly.GRCH38, False)


class Failing(FakeStore):
    """A store whose search raises what it is told to."""

    def __init__(self, error: Exception) -> None:
        super().__init__([OPEN])
        self.error = error

    def search(self, dataset, plan, decision):
        raise self.error


class FixedRandomness:
    def bytes(self, count: int) -> bytes:
        return b"\xab" * count


def client_of(store: FakeStore, **server):
    node = fake_node(store)
    settings = Settings(server=Server(**server))
    return create_app(replace(node, settings=settings, randomness=FixedRandomness())).test_client()


@pytest.fixture
def store():
    return FakeStore([CLOSED, OPEN], {"open": Matches("open", total=3)})


@pytest.fixture
def client(store):
    return client_of(store)


def test_answers_are_json_that_nobody_keeps_or_sniffs(client):
    headers = client.get("/api/individuals").headers
    assert headers["Content-Type"] == "application/json"
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]


def test_errors_carry_the_same_headers(client):
    assert client.get("/api/nowhere").headers["Cache-Control"] == "no-store"


def test_a_closed_dataset_is_not_searched(client, store):
    assert client.get("/api/individuals?requestedGranularity=count").status_code == 200
    assert [dataset_id for dataset_id, _ in store.searched] == ["open"]


def test_head_says_what_get_would_without_the_body(client):
    answer = client.head("/api/individuals")
    assert answer.status_code == 200 and answer.data == b""
    assert int(answer.headers["Content-Length"]) > 100


def test_a_slash_at_the_end_changes_nothing(client):
    assert client.get("/api/").status_code == 200
    assert client.get("/api/individuals/").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_are_told_which_ones_there_are(client, method):
    answer = client.open("/api/individuals", method=method)
    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    ("error", "status", "header"),
    [
        (QuotaExceeded("too many questions"), 429, "Retry-After"),
        (NotAuthenticated("the token has ended"), 401, "WWW-Authenticate"),
    ],
)
def test_our_errors_tell_their_own_words(error, status, header):
    answer = client_of(Failing(error)).get("/api/individuals")
    assert answer.status_code == status
    assert answer.json["error"]["errorMessage"] == str(error)
    assert header in answer.headers


def test_a_spent_budget_is_told_without_a_time_after_which_it_would_be_back():
    answer = client_of(Failing(BudgetSpent("it is used up"))).get("/api/individuals")
    assert answer.status_code == 429 and "Retry-After" not in answer.headers
    assert answer.json["error"] == {"errorCode": 429, "errorMessage": "it is used up"}


def test_what_is_wrong_with_storage_is_told_to_the_log_alone(caplog):
    failing = client_of(Failing(StoreUnavailable("/srv/home/data/ledger.sqlite: it is full")))
    with caplog.at_level(logging.ERROR):
        answer = failing.get("/api/individuals")
    assert answer.status_code == 503 and "Retry-After" in answer.headers
    assert "operator's log" in answer.json["error"]["errorMessage"]
    assert "/srv" not in answer.text and "ledger.sqlite: it is full" in caplog.text


def test_the_unforeseen_is_told_by_an_incident_id_alone(caplog, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    failing = client_of(Failing(ZeroDivisionError("of patient 7")))
    with caplog.at_level(logging.ERROR):
        answer = failing.get("/api/individuals")
    assert answer.status_code == 500
    assert answer.json["error"]["errorMessage"].endswith("incident abababababab")
    assert "patient" not in answer.text and "ZeroDivisionError" not in answer.text
    assert "abababababab" in caplog.text and "ZeroDivisionError at" in caplog.text
    assert "patient" not in caplog.text  # nothing of the question is logged
    (trace,) = tmp_path.rglob("incident-abababababab.txt")
    assert "of patient 7" in trace.read_text() and trace.stat().st_mode & 0o777 == 0o600


def test_an_incident_is_told_of_even_where_no_trace_can_be_kept(caplog, monkeypatch, tmp_path):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    answer = client_of(Failing(ZeroDivisionError())).get("/api/individuals")
    assert answer.status_code == 500 and "could not be kept" in caplog.text


def test_traces_do_not_fill_the_disk(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.setattr(incidents, "MOST_KEPT", 2)
    kept = [incidents.keep_trace(str(number), KeyError()) for number in range(3)]
    assert [file is None for file in kept] == [False, False, True]


def test_an_error_after_parsing_tells_what_was_received(client):
    answer = client.get("/api/datasets/none?requestedGranularity=count")
    received = answer.json["meta"]["receivedRequestSummary"]
    assert answer.status_code == 404 and received["requestedGranularity"] == "count"


def test_a_body_over_the_limit_is_refused_unread(store):
    small = client_of(store, max_body_bytes=1_000)
    assert small.post("/api/individuals", data=b" " * 1_001).status_code == 413
    assert small.post("/api/individuals", data=b" " * 1_000).status_code == 200


def test_other_sites_may_not_read_answers_unless_listed(client, store):
    origin = {"Origin": "https://portal.example"}
    assert "Access-Control-Allow-Origin" not in client.get("/api", headers=origin).headers
    listed = client_of(store, allowed_origins=("https://portal.example",))
    allowed = listed.options("/api/individuals", headers=origin).headers
    assert allowed["Access-Control-Allow-Origin"] == "https://portal.example"
    assert "Access-Control-Allow-Credentials" not in allowed
    other = listed.get("/api", headers={"Origin": "https://evil.example"}).headers
    assert "Access-Control-Allow-Origin" not in other


def test_a_url_with_too_many_parameters_is_refused(client):
    assert client.get("/api/individuals?" + "a=1&" * 300).status_code == 400


@pytest.mark.parametrize(
    "url", ["filters=HP%3A0000001%2CHP:0000002", "filters=HP:0000001&filters=HP%3A0000002"]
)
def test_urls_are_decoded_once(client, url):
    answer = client.get(f"/api/individuals?{url}")
    assert "HP:0000001" in answer.json["error"]["errorMessage"]
    plus = client.get("/api/g_variants?allele=NM_1.1:c.3%2B1G%3ET")
    assert "NM_1.1:c.3+1G>T" in plus.json["error"]["errorMessage"]


def test_supervisors_learn_whether_the_node_can_answer(client):
    assert client.get("/livez").json == {"status": "alive"}
    assert client.get("/readyz").status_code == 200


def test_a_node_without_its_store_is_alive_and_not_ready(store, monkeypatch):
    client = client_of(store)

    def away():
        raise StoreUnavailable("the catalogue cannot be read")

    monkeypatch.setattr(store, "datasets", away)
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz").status_code == 503
