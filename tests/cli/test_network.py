"""`beacon-node network …`: fingerprints are compared, both sides approve, and one can leave."""

import json
import threading
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.serving import make_server

from beacon_node.broker.app import create_app
from beacon_node.broker.broker import Broker, open_broker
from beacon_node.broker.home import NewBroker, init_broker
from beacon_node.broker.joins import approve, refuse
from beacon_node.cli.main import run
from beacon_node.identity.brokers_file import read_brokers
from beacon_node.model.requester import Tier
from beacon_node.randomness import SystemRandomness

NODE, BROKER = "org.hospital.beacon", "org.network"


@dataclass
class Site:
    """A broker at an address of this machine; `app` is what answers there."""

    url: str
    broker: Broker
    server: object

    @property
    def fingerprint(self) -> str:
        return self.broker.signer.key.public.id

    def serve(self, app: Flask) -> None:
        self.server.app = app


@pytest.fixture
def site(tmp_path):
    server = make_server("127.0.0.1", 0, Flask("nothing"))
    url = f"http://127.0.0.1:{server.server_port}"
    home = tmp_path / "broker"
    init_broker(home, NewBroker(BROKER, "Network", public_url=url), SystemRandomness())
    broker = open_broker(home, {})
    site = Site(url, broker, server)
    site.serve(create_app(broker))
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield site
    server.shutdown()
    thread.join(10)
    server.server_close()


@pytest.fixture
def home(tmp_path, monkeypatch, capsys) -> Path:
    home = tmp_path / "home"
    assert run(["init", str(home), "--id", NODE]) == 0
    monkeypatch.setenv("BEACON_NODE_HOME", str(home))
    monkeypatch.setenv("BEACON_NODE_NODE_PUBLIC_URL", "https://beacon.hospital.example")
    capsys.readouterr()
    return home


@pytest.fixture
def does(capsys):
    """Return a function that runs a command and returns its exit code and its JSON document."""

    def does(*words: str):
        code = run(["network", *words, "--json"])
        out, err = capsys.readouterr()
        return code, json.loads(out or err.splitlines()[-1])

    return does


def pinned(home: Path):
    path = home / "brokers.toml"
    return read_brokers(path.read_bytes(), str(path)) if path.exists() else {}


def test_the_key_is_the_same_every_time(home, does):
    first, again = does("key"), does("key")
    assert first == again and first[1]["id"] == NODE
    assert first[1]["fingerprint"] == first[1]["key"]["kid"]
    assert (home / "keys" / "network.key").stat().st_mode & 0o077 == 0


def test_a_node_of_before_gets_its_key_when_it_is_asked_for(home, does):
    (home / "keys" / "network.key").unlink()
    assert does("key")[1] == does("key")[1]


def test_both_sides_approve(home, does, site):
    told = does("join", site.url, "--fingerprint", site.fingerprint, "--ceiling", "registered")
    assert told[0] == 0 and told[1]["standing"] == "waiting"
    broker = pinned(home)[BROKER]
    assert (broker.url, broker.ceiling) == (site.url, Tier.REGISTERED)
    request = site.broker.state.joins.request(NODE)
    assert request.fingerprints == (does("key")[1]["fingerprint"],)
    assert request.member.url == "https://beacon.hospital.example"
    approve(site.broker, request)
    assert does("brokers", "--ask")[1]["brokers"][0]["standing"] == "approved"
    assert set(site.broker.registry.by_id()) == {NODE}


def test_a_broker_is_believed_nothing_unless_one_says_so(home, does, site):
    does("join", site.url, "--fingerprint", site.fingerprint)
    assert pinned(home)[BROKER].ceiling is Tier.PUBLIC


def test_another_fingerprint_changes_nothing_on_either_side(home, does, site):
    code, told = does("join", site.url, "--fingerprint", "A" * 43)
    assert code == 3 and site.fingerprint in told["error"]["message"]
    assert pinned(home) == {} and site.broker.state.joins.requests() == ()


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 130), ("", 130)])
def test_without_a_fingerprint_a_person_is_asked(
    home, site, monkeypatch, capsys, tmp_path, answer, code
):
    typed = tmp_path / "typed"
    typed.write_text(answer)
    with typed.open() as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        assert run(["network", "join", site.url]) == code
    shown = capsys.readouterr().err
    assert site.fingerprint in shown and "Did its operator tell you" in shown
    assert bool(pinned(home)) is (code == 0)


def test_joining_again_changes_nothing(home, does, site):
    for _ in range(2):
        assert does("join", site.url, "--fingerprint", site.fingerprint)[0] == 0
    assert len(pinned(home)) == 1


def test_a_refusal_is_told_with_its_reason(home, does, site):
    does("join", site.url, "--fingerprint", site.fingerprint)
    refuse(site.broker, site.broker.state.joins.request(NODE), "no agreement yet")
    (known,) = does("brokers", "--ask")[1]["brokers"]
    assert known["standing"] == "refused: no agreement yet"


def test_a_broker_with_another_key_is_not_taken_for_the_pinned_one(home, does, site):
    does("join", site.url, "--fingerprint", site.fingerprint)
    path = home / "brokers.toml"
    other = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    path.write_text(path.read_text().replace(site.broker.signer.key.public.x, other))
    code, told = does("join", site.url, "--fingerprint", site.fingerprint)
    assert code == 4 and "another key" in told["error"]["message"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BEACON_NODE_NODE_PUBLIC_URL", ""),
        ("BEACON_NODE_NODE_PUBLIC_URL", "http://beacon.hospital.example"),
        ("BEACON_NODE_NODE_ID", "org.example.beacon"),
        ("BEACON_NODE_NODE_ID", "a b"),
    ],
)
def test_a_node_needs_an_id_and_an_address_of_its_own(home, does, site, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    code, told = does("join", site.url, "--fingerprint", site.fingerprint)
    assert code == 78 and "node.toml: node." in told["error"]["message"]
    assert pinned(home) == {}


@pytest.mark.parametrize(
    "url", ["network.example", "http://network.example", "ftp://x", "https://"]
)
def test_what_is_no_address_is_refused(home, does, url):
    code, told = does("join", url)
    assert code == 2 and told["error"]["message"].startswith("URL: ")


KEY = {"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}
ANSWERS = {
    "a page": ("<html>", "does not answer as the broker of a network"),
    "nothing": ("", "does not answer as the broker of a network"),
    "another address": ({"url": "https://evil.example"}, "this broker's address is"),
    "no id": ({"id": None}, "id: a text"),
    "an escape in its name": ({"name": "\x1b[2J"}, "name: a text"),
    "no keys": ({"keys": []}, "keys: the one key"),
    "a key of another kind": ({"keys": [{"x": 7}]}, "keys: an Ed25519"),
    "half a key": ({"keys": [{"x": "AAAA"}]}, "no Ed25519 key"),
    "far too much": ("x" * 200_000, "larger than"),
}


@pytest.mark.parametrize(("answer", "words"), ANSWERS.values(), ids=ANSWERS.keys())
def test_who_is_no_broker_is_told_so(home, does, site, answer, words):
    app = Flask("other")
    good = {"id": "org.x", "name": "X", "url": site.url, "keys": [KEY]}
    text = answer if isinstance(answer, str) else json.dumps(good | answer)
    app.add_url_rule("/network/identity", view_func=lambda: text)
    site.serve(app)
    code, told = does("join", site.url, "--fingerprint", "x")
    assert code and words in told["error"]["message"] and pinned(home) == {}


def test_a_broker_that_is_away_is_told_in_a_sentence(home, does, site):
    does("join", site.url, "--fingerprint", site.fingerprint)
    site.serve(Flask("nothing"))
    (known,) = does("brokers", "--ask")[1]["brokers"]
    assert "404" in known["standing"]
    code, told = does("join", "http://127.0.0.1:9")
    assert code == 5 and told["error"]["kind"] == "Unreachable"


def test_who_leaves_answers_no_more(home, does, site):
    does("join", site.url, "--fingerprint", site.fingerprint)
    assert does("leave", BROKER) == (0, {"left": BROKER})
    assert pinned(home) == {} and does("leave", BROKER)[0] == 4
    assert does("brokers") == (0, {"brokers": []})


def test_people_read_sentences(home, site, capsys):
    run(["network", "join", site.url, "--fingerprint", site.fingerprint])
    run(["network", "brokers"])
    run(["network", "leave", BROKER])
    run(["network", "brokers"])
    told = capsys.readouterr().out
    for words in (
        "org.network is pinned, up to the public tier.",
        "At the broker the request to join is: waiting.",
        site.fingerprint,
        "none yet",
        "org.network is answered no more.",
        "No broker's questions are answered",
    ):
        assert words in told
