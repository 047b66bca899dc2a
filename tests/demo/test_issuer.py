"""The demo's made-up issuer makes passports that a clearinghouse takes, and slow links are slow."""

import socket
import threading
import time

import pytest

from beacon_node.demo.issuer import Issuer
from beacon_node.demo.slow_link import SlowLink
from beacon_node.identity.clearinghouse import open_clearinghouse
from beacon_node.identity.fetch import new_session
from beacon_node.identity.prove import prove
from beacon_node.model.passport import TokenRefused
from beacon_node.randomness import SystemClock, SystemRandomness

CLOCK = SystemClock()


@pytest.fixture
def issuer():
    with Issuer(CLOCK, SystemRandomness()) as found:
        yield found


@pytest.fixture
def house(tmp_path, issuer):
    file = tmp_path / "trusted_issuers.toml"
    file.write_text(issuer.trust)
    return open_clearinghouse(file, "http://127.0.0.1", new_session(), CLOCK)


def test_its_researchers_are_registered_where_it_is_trusted(issuer, house):
    found = prove(house, [issuer.passport("ada")], CLOCK.now())
    assert found.is_registered and found.subject.sub == "ada"
    assert not prove(
        house, [issuer.passport("eve", is_researcher=False)], CLOCK.now()
    ).is_registered


def test_another_issuer_is_not_believed(house):
    with Issuer(CLOCK, SystemRandomness()) as other, pytest.raises(TokenRefused):
        prove(house, [other.passport("ada")], CLOCK.now())


@pytest.fixture
def echo():
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        with listener, listener.accept()[0] as client:
            client.sendall(client.recv(100))

    threading.Thread(target=serve, daemon=True).start()
    return listener.getsockname()[1]


def test_a_slow_link_hands_on_everything_later(echo):
    with SlowLink(echo, 0.1) as link, socket.create_connection(("127.0.0.1", link.port)) as client:
        begun = time.monotonic()
        client.sendall(b"hello")
        assert client.recv(100) == b"hello" and time.monotonic() - begun >= 0.1
        assert client.recv(100) == b""


def test_a_slow_link_to_nobody_closes():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with SlowLink(port, 0.1) as link, socket.create_connection(("127.0.0.1", link.port)) as client:
        assert client.recv(100) == b""
