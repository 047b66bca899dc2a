"""Somebody else's Beacon v2 server: it answers for itself, and harms nobody else's row."""

import http.server
import threading
import time

import orjson
import pytest

from beacon_node.beacon_v2.abilities import Form
from beacon_node.broker.settings import Network, Settings
from beacon_node.federation.direct import DirectTransport, Reach
from beacon_node.model.federation import Member, MemberKind
from beacon_node.ports import Received
from tests.broker.federation import Double, federation, other_member
from tests.broker.test_library import reads

SNV = "q=17-43045711-C-T&granularity=count"
YES = {"responseSummary": {"exists": True, "numTotalResults": 3}}
NORTH = YES | {
    "info": {"datasets": [{"id": "cohort", "status": "answered", "exists": True, "count": 3}]}
}
SCRIPT = "<script>alert(1)</script>"


def rows(made, query: str = SNV) -> dict[str, dict]:
    answer = made.client.get(f"/ask.json?{query}")
    assert answer.status_code == 200, answer.text
    return {row["name"]: row for row in answer.json["members"]}


def network(folder, *others, **told):
    north = Double("North", NORTH)
    members = {north.member: north, **dict(others)}
    made = federation(folder, members, **told)
    return made


def serving(form: Form, answer: dict):
    """Return a beacon that reads its questions in one form."""
    knows = reads(form)

    def handle(sent):
        if "individuals" in sent.path:
            return Received(200, orjson.dumps(answer))
        return knows(sent)

    return handle


@pytest.mark.parametrize("form", Form)
def test_servers_of_every_form_can_be_members(tmp_path, form):
    other = other_member("Other")
    found = rows(network(tmp_path, (other, serving(form, YES))))
    assert (found["Other"]["exists"], found["Other"]["count"]) == (True, 3)


def test_filters_go_to_those_that_list_them(tmp_path):
    knows, not_ = other_member("Knows"), other_member("Not")
    made = network(
        tmp_path,
        (knows, serving(Form.FLAT, YES)),
        (not_, lambda sent: Received(404, b"") if sent.method == "GET" else serving_no(sent)),
    )
    found = rows(made, f"{SNV}&filter=HP:1")
    assert found["Knows"]["exists"] is True
    assert found["Not"]["status"] == "question not understood"
    assert "HP:1" in found["Not"]["reason"]
    asked = [sent for sent in made.wire.to(not_.id) if "individuals" in sent.path]
    assert asked == []


def serving_no(sent):
    return Received(200, b'{"responseSummary": {"exists": false}}')


def test_test_mode_asks_nobody_who_might_answer_from_real_data(tmp_path):
    other = other_member("Other")
    made = network(tmp_path, (other, serving(Form.FLAT, YES)))
    found = rows(made, f"{SNV}&test=true")
    assert made.wire.to(other.id) == []
    assert found["Other"]["status"] == "skipped"
    assert found["North"]["status"] == "malformed answer"  # it did not say that it made data up


HOSTILE = {
    "nothing": b"",
    "a page": b"<html>Welcome</html>",
    "a list": b"[]",
    "depth": b"[" * 200_000,
    "wrong types": b'{"responseSummary": [true], "response": 7, "info": {"datasets": 1}}',
    "half": b'{"responseSummary": {"exists": tr',
    "an array of nulls": b'{"response": {"resultSets": [null, null]}}',
    "not text": bytes(range(256)),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_answer_stays_in_its_own_row(tmp_path, body):
    other = other_member("Other")

    def handle(sent):
        return Received(200, body) if "individuals" in sent.path else reads(Form.FLAT)(sent)

    found = rows(network(tmp_path, (other, handle)))
    assert (found["Other"]["status"], found["Other"]["exists"]) == ("malformed answer", None)
    assert found["North"]["exists"] is True


def test_all_that_others_wrote_is_plain_text(tmp_path):
    answer = {
        "responseSummary": {"exists": True},
        "response": {
            "resultSets": [{"id": SCRIPT + "\x1b[2J\u202e", "exists": True, "setType": "dataset"}]
        },
        "beaconHandovers": [
            {"handoverType": {"id": "CUSTOM:x"}, "url": f"javascript:{SCRIPT}"},
            {"handoverType": {"id": "CUSTOM:x"}, "url": "https://other.example/", "note": SCRIPT},
        ],
    }
    other = other_member("Other")
    made = network(tmp_path, (other, serving(Form.FLAT, answer)))
    told = made.client.get(f"/ask.json?{SNV}")
    assert told.mimetype == "application/json" and told.headers["X-Content-Type-Options"]
    row = next(one for one in told.json["members"] if one["name"] == "Other")
    assert [one["url"] for one in row["handovers"]] == ["https://other.example/"]
    assert not {"\x1b", "\u202e"} & set(row["datasets"][0]["id"])
    assert b"\nevent: done" in made.client.get(f"/ask/stream?{SNV}").data


def test_a_beacon_that_says_yes_to_everything_is_not_believed(tmp_path):
    other = other_member("Other")
    found = rows(network(tmp_path, (other, lambda sent: Received(200, orjson.dumps(YES)))))
    assert (found["Other"]["status"], found["Other"]["exists"]) == ("skipped", None)


def test_a_flood_of_result_sets_is_cut(tmp_path):
    many = [{"id": f"d{n}", "exists": True, "resultsCount": 1} for n in range(5_000)]
    answer = YES | {"response": {"resultSets": many}}
    other = other_member("Other")
    found = rows(network(tmp_path, (other, serving(Form.FLAT, answer))))
    assert len(found["Other"]["datasets"]) == 1_000


def test_unsigned_answers_in_the_name_of_a_node_are_thrown_away(tmp_path):
    made = network(tmp_path)
    honest = made.wire.handlers["org.example.north"]
    made.wire.handlers["org.example.north"] = lambda sent: Received(200, honest(sent).body)
    answer = made.client.get(f"/ask.json?{SNV}")
    (row,) = answer.json["members"]
    assert (row["status"], row["exists"]) == ("not authentic", None)
    made.wire.handlers["org.example.north"] = lambda sent: Received(502, b"<h1>Bad gateway</h1>")
    (row,) = made.client.get(f"/ask.json?{SNV}").json["members"]
    assert (row["status"], row["reason"]) == ("failed", "it answered HTTP 502, without a word")


# ---- over real sockets ---------------------------------------------------------------------------


class Hostile(http.server.BaseHTTPRequestHandler):
    """Each path below `/` is one way to be a bad server; `knows` is whatever it should be."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        if "g_variants" in self.path:
            return self._send(200, b'{"responseSummary": {"exists": false}}')
        return getattr(self, self.path.split("/")[1])()

    def do_GET(self) -> None:
        self._send(404, b"{}")

    def drip(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        try:
            while True:
                self.wfile.write(b" ")
                time.sleep(0.05)
        except OSError:
            self.close_connection = True

    def huge(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        try:
            for _ in range(2_000):
                self.wfile.write(b'{"a":"' + b"x" * 100_000)
        except OSError:
            return

    def elsewhere(self) -> None:
        self.send_response(302)
        self.send_header("Location", "http://169.254.169.254/latest/meta-data/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def hangs_up(self) -> None:
        self.close_connection = True

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_) -> None:
        return None


@pytest.fixture(scope="module")
def address():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hostile)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()


WAYS = {"drip": "timed out", "huge": "offline", "elsewhere": "offline", "hangs_up": "offline"}


def test_bad_servers_have_their_rows_at_the_deadline_and_the_rest_is_answered(tmp_path, address):
    settings = Settings(network=Network(deadline_s=1.0))
    members = [
        (Member(f"org.{way}", way, f"{address}/{way}", MemberKind.BEACON), None) for way in WAYS
    ]
    made = network(tmp_path, *members, settings=settings, learn=False)
    direct = DirectTransport(Reach(largest_answer_bytes=1_000_000))
    in_memory = made.wire.send

    def send(member, sent, *, timeout_s):
        by = in_memory if member.kind is MemberKind.NODE else direct.send
        return by(member, sent, timeout_s=timeout_s)

    made.wire.send = send
    made.library.refresh([member for member, _ in members])
    begun = time.monotonic()
    found = rows(made)
    assert time.monotonic() - begun < 2.0
    assert found.pop("North")["count"] == 3
    assert {name: row["exists"] for name, row in found.items()} == dict.fromkeys(WAYS)
    assert {name: row["status"] for name, row in found.items()} == WAYS
