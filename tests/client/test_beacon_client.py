"""The Python client at a broker, over HTTP on this machine."""

import subprocess
import sys
import types

import pytest
import requests
from flask import Flask, Response

from beacon_node.client import BeaconClient, Came, Search, Understood
from beacon_node.client.token import bearer
from beacon_node.errors import (
    BudgetSpent,
    ConfigurationError,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    StoreUnavailable,
    Unreachable,
)
from beacon_node.model.federation import MemberRow
from tests.client.stub import NORTH, ROWS, WORDS, event, served

VARIANT = "17-43045711-C-T"
SECRET = "eyJ0.secret.token"


def test_every_site_has_a_row_and_silence_is_no_no(broker):
    answer = BeaconClient(broker.url).ask(VARIANT, assembly="GRCh38", filters=["HP:0001250"])
    assert (answer.words, answer.rows) == (WORDS, ROWS)
    assert answer.exists is True
    assert [(row.came, row.exists) for row in answer.rows][2] == (Came.NOT_PERMITTED, None)
    assert broker.asked == [
        {
            "q": [VARIANT],
            "assembly": ["GRCh38"],
            "granularity": ["count"],
            "filter": ["HP:0001250"],
        }
    ]


def test_totals_say_whom_they_cover(broker):
    found = BeaconClient(broker.url).ask(VARIANT).to_document()
    assert (found["sites"], found["answered"]) == (3, 2)
    assert (found["total"], found["totalCovers"], found["totalIsExact"]) == (
        23,
        ["org.north"],
        False,
    )


def test_nobody_answering_is_neither_yes_nor_no(broker):
    broker.rows = (MemberRow("org.west", "West", Came.OFFLINE),)
    assert BeaconClient(broker.url).ask(VARIANT).exists is None


def test_rows_come_while_others_are_waited_for(broker):
    rows = BeaconClient(broker.url).stream(Search(VARIANT))
    understood = next(rows)
    assert isinstance(understood, Understood)
    assert [row.came for row in understood.sites] == [Came.WAITING] * 3
    assert next(rows) == NORTH


def test_a_broker_that_sends_slowly_is_heard_at_once(broker):
    broker.raw = (event("understood", {"words": "x"}), event("member", {"id": "a", "status": "?"}))
    rows = BeaconClient(broker.url).stream(Search(VARIANT))
    assert [type(next(rows)), next(rows).came] == [Understood, Came.FAILED]
    with pytest.raises(Unreachable, match="broke off"):
        next(rows)


# ---- what goes wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "headers", "error"),
    [
        (400, {}, InvalidRequest),
        (401, {}, NotAuthenticated),
        (403, {}, NotPermitted),
        (404, {}, NotFound),
        (429, {}, BudgetSpent),
        (503, {}, StoreUnavailable),
        (500, {}, Unreachable),
    ],
)
def test_a_refusal_is_the_error_that_it_means_in_the_brokers_words(broker, status, headers, error):
    body = '{"error": {"errorCode": 1, "errorMessage": "because \\u001b[31mso"}}'
    broker.refusal = Response(body, status, headers)
    with pytest.raises(error) as caught:
        BeaconClient(broker.url).ask(VARIANT)
    assert str(caught.value).endswith("because [31mso")


def test_a_question_that_is_not_understood_is_an_invalid_request(broker):
    broker.problem = {"message": "'x' is not understood"}
    with pytest.raises(InvalidRequest, match="'x' is not understood"):
        BeaconClient(broker.url).ask("x")


@pytest.mark.parametrize(
    "raw",
    [
        (),
        (b"event: member\ndata: no json\n\n",),
        (b"event: member\ndata: []\n\n",),
        (event("member", {"status": "answered"}),),
        (b"event: member\ndata: " + b"[" * 100_000 + b"\n\n",),
        (event("understood", {"words": WORDS}), b"event: done\n"),
    ],
    ids=["nothing", "no JSON", "no object", "no row", "deep", "cut off"],
)
def test_an_answer_that_is_none_is_told_and_never_taken_for_no(broker, raw):
    broker.raw = raw
    with pytest.raises(Unreachable):
        BeaconClient(broker.url).ask(VARIANT)


def test_a_broker_that_hangs_is_given_up_in_time(broker):
    broker.pause_s = 1.0
    with pytest.raises(Unreachable) as caught:
        BeaconClient(broker.url, timeout_s=0.2).ask(VARIANT)
    assert caught.value.is_timeout


def test_an_address_where_nobody_is_is_told_without_the_question():
    with pytest.raises(Unreachable, match=r"^http://127.0.0.1:1 cannot be reached$"):
        BeaconClient("http://127.0.0.1:1").ask(VARIANT)


@pytest.mark.parametrize("url", ["broker.example", "ftp://x", "https://me:pw@x", "https://x?q=1"])
def test_an_address_is_one_of_a_server_and_holds_no_secret(url):
    with pytest.raises(InvalidRequest):
        BeaconClient(url)


def test_nothing_is_asked_for_nothing(broker):
    with pytest.raises(InvalidRequest):
        BeaconClient(broker.url).ask()
    assert not broker.seen


# ---- the token -----------------------------------------------------------------------------------


def test_the_token_goes_to_the_address_it_was_given_for(broker):
    BeaconClient(broker.url, SECRET).ask(VARIANT)
    assert {seen.get("Authorization") for seen in broker.seen} == {f"Bearer {SECRET}"}


def test_a_redirect_is_not_followed_and_gets_no_token(broker):
    elsewhere = Flask("elsewhere")
    told = []

    @elsewhere.before_request
    def note():
        told.append(1)

    with served(elsewhere) as other:
        broker.refusal = Response("", 307, {"Location": f"{other}/ask/stream"})
        with pytest.raises(Unreachable, match="not followed"):
            BeaconClient(broker.url, SECRET).ask(VARIANT)
    assert not told


@pytest.mark.parametrize(
    "url",
    ["https://evil.example/", "http://broker.example/", "https://broker.example:8443/"],
)
def test_whatever_a_library_does_the_token_is_not_sent_elsewhere(url):
    auth = bearer(SECRET, "https://broker.example")
    sent = requests.Request("GET", url, auth=auth).prepare()
    assert "Authorization" not in sent.headers
    own = requests.Request("GET", "https://broker.example/whoami", auth=auth).prepare()
    assert own.headers["Authorization"] == f"Bearer {SECRET}"


def test_a_netrc_is_not_asked(broker, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    BeaconClient(broker.url).ask(VARIANT)
    assert not any("Authorization" in seen for seen in broker.seen)


def test_the_token_is_in_no_text_of_the_client(broker):
    client = BeaconClient(broker.url, SECRET)
    client.ask(VARIANT)
    shown = [repr(client), str(vars(client)), repr(client._at(broker.url)._auth)]
    assert not any("secret" in text for text in shown)
    assert not any("secret" in str(asked) for asked in broker.asked)


@pytest.mark.parametrize("url", ["http://broker.example", "http://10.0.0.1:5050"])
def test_a_token_is_not_sent_where_others_can_listen(url):
    with pytest.raises(NotAuthenticated, match="https"):
        BeaconClient(url, SECRET)


@pytest.mark.parametrize("token", ["a b", "a\r\nX: y", "é", "\x7f"])
def test_what_is_no_token_is_not_sent(token):
    with pytest.raises(NotAuthenticated):
        BeaconClient("https://broker.example", token)


def test_a_token_comes_from_the_environment_or_a_file_only_its_owner_reads(
    broker, tmp_path, monkeypatch
):
    monkeypatch.setenv("BEACON_TOKEN", "from-environment")
    BeaconClient(broker.url).ask(VARIANT)
    file = tmp_path / "token"
    file.write_text("from-file\n")
    file.chmod(0o600)
    BeaconClient(broker.url, token_file=file).ask(VARIANT)
    assert [seen["Authorization"] for seen in broker.seen if seen["path"] == "/ask/stream"] == [
        "Bearer from-environment",
        "Bearer from-file",
    ]
    file.chmod(0o640)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        BeaconClient(broker.url, token_file=file)


def test_a_token_of_the_environment_is_for_its_own_address_alone(broker, monkeypatch):
    monkeypatch.setenv("BEACON_TOKEN", SECRET)
    monkeypatch.setenv("BEACON_AT", "https://broker.example")
    client = BeaconClient(broker.url)
    client.ask(VARIANT)
    assert not client.has_token and not any("Authorization" in seen for seen in broker.seen)
    monkeypatch.setenv("BEACON_AT", f"{broker.url}/")
    assert BeaconClient(broker.url).has_token


def test_whoami_says_what_the_token_gives(broker):
    broker.whoami = {
        "tier": "registered",
        "account": "acc",
        "purpose": {"categories": ["biomedical"]},
        "until": "2030-01-07T00:00:00+00:00",
        "visas": [{"number": 1, "used": True}, "odd"],
    }
    found = BeaconClient(broker.url, SECRET).whoami()
    assert found.is_registered and found.account == "acc" and len(found.visas) == 1
    assert found.until.year == 2030


# ---- many ----------------------------------------------------------------------------------------


def test_many_are_asked_in_order_and_not_faster_than_allowed(broker):
    waits = []
    client = BeaconClient(broker.url, sleep=waits.append)
    found = list(client.ask_many(["a", "b", "c"], per_second=0.5))
    assert [(one.number, one.text, one.answer.exists) for one in found] == [
        (1, "a", True),
        (2, "b", True),
        (3, "c", True),
    ]
    assert len(waits) == 2 and all(1 < wait <= 2 for wait in waits)


def test_one_that_is_not_understood_does_not_stop_the_others(broker):
    broker.problem = {"message": "what?"}
    found = list(BeaconClient(broker.url, sleep=lambda s: None).ask_many(["a", "b"]))
    assert [one.problem for one in found] == ["what?", "what?"]


def test_a_broker_that_asks_for_patience_is_given_it_and_not_for_ever(broker):
    waits = []
    broker.refusal = Response("", 429, {"Retry-After": "7"})
    with pytest.raises(Exception, match="too often"):
        list(BeaconClient(broker.url, sleep=waits.append).ask_many(["a"]))
    assert waits == [7, 7, 7, 7]


def test_spent_budgets_end_the_asking(broker):
    broker.rows = (
        MemberRow("org.a", "A", Came.BUDGET_SPENT),
        MemberRow("org.b", "B", Came.OFFLINE),
    )
    with pytest.raises(BudgetSpent, match="does not come back"):
        list(BeaconClient(broker.url, sleep=lambda s: None).ask_many("abcdefgh"))
    assert len(broker.asked) == 3


# ---- frames, and what is loaded ------------------------------------------------------------------


def test_a_frame_needs_pandas_and_says_so(broker, monkeypatch):
    answer = BeaconClient(broker.url).ask(VARIANT)
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(ConfigurationError, match="pandas"):
        answer.to_frame()
    fake = types.SimpleNamespace(DataFrame=lambda rows, columns: (rows, columns))
    monkeypatch.setitem(sys.modules, "pandas", fake)
    rows, columns = answer.to_frame()
    assert [row[columns.index("answer")] for row in rows] == ["about 23", "no", "not permitted"]


def test_the_client_loads_nothing_of_a_node():
    code = (
        "import sys, beacon_node.client\n"
        "print(*sorted({m.split('.')[1] for m in sys.modules if m.startswith('beacon_node.')}))\n"
        "print(*{'sqlite3', 'cyvcf2', 'flask', 'numpy', 'rich', 'pandas'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    parts, libraries = done.stdout.split("\n")[:2]
    assert set(parts.split()) <= {"beacon_v2", "client", "errors", "model", "ports"}
    assert libraries == ""
