"""A broker asks a node that runs as its operator runs it: a server of several processes."""

import http.client
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from beacon_node.crypto.ed25519 import SigningKey
from beacon_node.crypto.keys import read_key
from beacon_node.crypto.messages import NETWORK_KEY
from beacon_node.demo.running import Home, Server
from beacon_node.errors import NotAuthentic
from beacon_node.federation.checks import check_reply
from beacon_node.federation.direct import DirectTransport, Reach
from beacon_node.federation.messages import Signer
from beacon_node.identity.brokers_file import with_broker
from beacon_node.model.federation import MESSAGE_HEADER, Asserted, Member
from beacon_node.model.requester import Tier
from beacon_node.ports import Received, Sent
from beacon_node.randomness import SystemClock, SystemRandomness
from tests.federation.network import ASSERTED, BROKER, BROKER_KEY
from tests.node_web.networked import NETWORK

NODE = "org.hospital.beacon"
QUESTION = Sent("POST", "/api/individuals", b'{"query": {}}', {"Content-Type": "application/json"})


class Asking:
    """A broker, and the node's server."""

    def __init__(self, home: Path, server: Server) -> None:
        key = SigningKey(read_key(home / "keys", NETWORK_KEY))
        self.server, self.home = server, home
        self.signer = Signer(BROKER, BROKER_KEY, SystemClock(), SystemRandomness())
        self.transport = DirectTransport(Reach())
        self.member = Member(NODE, "Hospital", server.base, keys=(key.public.x,))

    def sends(self, sent: Sent) -> Received:
        member = replace(self.member, url=self.server.base)
        return self.transport.send(member, sent, timeout_s=20)

    def asks(self, sent: Sent, asserted: Asserted = Asserted()):
        signed, question = self.signer.question(self.member, sent, asserted)
        return check_reply(self.member, question, self.sends(signed))


@pytest.fixture(scope="module")
def asking(tmp_path_factory):
    folder = tmp_path_factory.mktemp("node")
    home = Home(folder / "home", log=folder / "log")
    home.run("init", home.folder, "--id", NODE)
    path = home.folder / "brokers.toml"
    path.write_text(with_broker(path, NETWORK))
    with Server(home, ("serve", "--workers", "2")) as server:
        yield Asking(home.folder, server)


def test_of_many_at_the_same_time_one_is_answered_in_whichever_process(asking):
    sent, question = asking.signer.question(asking.member, QUESTION)
    with ThreadPoolExecutor(12) as threads:
        found = list(threads.map(asking.sends, [sent] * 36))
    assert sorted(one.status for one in found) == [200] + [401] * 35
    for received in found:
        assert check_reply(asking.member, question, received).status == received.status


@pytest.mark.parametrize(
    "sent",
    [
        QUESTION,
        Sent("GET", "/api/info"),
        Sent("GET", "/api/individuals?filters=HP%3A0001250&testMode=true"),
        Sent("GET", "/api/individuals/a%2Cb%20%C3%A9"),
        Sent("GET", "/nothing/at/all?x=%2F"),
        Sent("POST", "/api/individuals", b"{"),
        Sent("POST", "/api/individuals", b" " * 1_000_001),
        Sent("PUT", "/api/info", b"x"),
    ],
    ids=["question", "info", "filter", "other letters", "nowhere", "no JSON", "huge", "method"],
)
def test_whatever_it_answers_is_signed(asking, sent):
    assert asking.asks(sent).status in (200, 400, 404, 405, 413)


def test_a_registered_researcher_is_believed(asking):
    assert asking.asks(QUESTION, ASSERTED).tier is Tier.REGISTERED


def test_two_messages_in_one_request_are_refused(asking):
    sent, _ = asking.signer.question(asking.member, QUESTION)
    other, _ = asking.signer.question(asking.member, QUESTION)
    connection = http.client.HTTPConnection("127.0.0.1", asking.server.port, timeout=20)
    connection.putrequest("POST", QUESTION.path)
    for one in (sent, other):
        connection.putheader(MESSAGE_HEADER, one.headers[MESSAGE_HEADER])
    connection.putheader("Content-Length", str(len(QUESTION.body)))
    connection.endheaders(QUESTION.body)
    assert connection.getresponse().status == 401
    connection.close()


def test_what_was_used_stays_used_when_processes_are_killed(asking):
    sent, _ = asking.signer.question(asking.member, QUESTION)
    assert asking.sends(sent).status == 200
    os.kill(asking.server._process.pid, signal.SIGKILL)
    asking.server.stop()
    asking.server.start()
    assert asking.sends(sent).status == 401
    assert asking.asks(QUESTION).status == 200


def test_who_takes_the_node_s_place_is_found_out(asking):
    other = replace(asking.member, keys=(SigningKey(b"x" * 32).public.x,))
    sent, question = asking.signer.question(other, QUESTION)
    with pytest.raises(NotAuthentic):
        check_reply(other, question, asking.sends(sent))
