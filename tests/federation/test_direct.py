"""What a broker's requests meet outside: nothing there may hold it up, lead it away or flood it."""

import gzip
import ssl
import time

import pytest

from beacon_node.errors import ConfigurationError, Unreachable
from beacon_node.federation.direct import DirectTransport, Reach
from beacon_node.model.federation import Member
from beacon_node.ports import Sent
from tests.federation.servers import Authority, Server, answering, unused_port

HELLO = Sent("GET", "/api/info")
LIMIT_S = 0.3


def member(url: str, **told: object) -> Member:
    return Member("org.example.node", "Node", url, **told)


def said(server: Server, sent: Sent = HELLO, reach: Reach = Reach(), timeout_s: float = 5.0):
    return DirectTransport(reach).send(member(server.url), sent, timeout_s=timeout_s)


def refused(url: str, reach: Reach = Reach(), timeout_s: float = 5.0, **told) -> Unreachable:
    with pytest.raises(Unreachable) as raised:
        DirectTransport(reach).send(member(url, **told), HELLO, timeout_s=timeout_s)
    return raised.value


def test_the_answer_comes_back_as_it_is():
    with Server(answering("404 Not Found", b'{"a": 1}', "Beacon-Message: x.y.z")) as server:
        received = said(server)
    assert (received.status, received.body) == (404, b'{"a": 1}')
    assert received.headers["beacon-message"] == "x.y.z"


def test_the_request_goes_out_as_it_was_made():
    sent = Sent("POST", "/api/g_variants?a=1,2", b'{"q": 1}', {"Beacon-Message": "m"})
    with Server(answering()) as server:
        said(server, sent)
        head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /api/g_variants?a=1,2 HTTP/1.1\r\n")
    assert body == b'{"q": 1}' and b"Beacon-Message: m" in head
    assert b"gzip" not in head and b"Cookie" not in head and b"Authorization" not in head


def test_connections_are_kept_and_cookies_are_not():
    with Server(answering("200 OK", b"{}", "Set-Cookie: who=you; Path=/")) as server:
        transport = DirectTransport(Reach())
        for _ in range(3):
            transport.send(member(server.url), HELLO, timeout_s=5)
        assert len(server.requests) == 3 and len(server._open) == 1
        assert not any(b"ookie" in request for request in server.requests)


# ---- time ----------------------------------------------------------------------------------------


def dripping(head: bytes, drop: bytes):
    """Say `head`, then a drop every now and then, for ever."""

    def say(connection, request):
        connection.sendall(head)
        while True:
            connection.sendall(drop)
            time.sleep(0.02)

    return say


@pytest.mark.parametrize(
    "say",
    [
        lambda connection, request: time.sleep(3),
        dripping(b"", b"H"),
        dripping(b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
        dripping(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"a"),
        dripping(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"),
    ],
    ids=["silent", "first line", "headers", "body", "chunks"],
)
@pytest.mark.parametrize("is_tls", [False, True], ids=["plain", "TLS"])
def test_everything_together_ends_in_time(say, is_tls, tmp_path):
    authority = Authority(tmp_path, "ca") if is_tls else None
    reach = Reach(ca_file=str(authority.file)) if authority else Reach()
    with Server(say, authority and authority.server_context()) as server:
        begun = time.monotonic()
        error = refused(server.url, reach, LIMIT_S)
        took = time.monotonic() - begun
    assert took < LIMIT_S + 0.3, took  # room for a loaded machine
    assert error.is_timeout or "web server" in str(error)  # 100 headers are too many before


def test_a_server_that_does_not_read_is_not_waited_for():
    with Server(lambda *_: None) as server:
        server._serve = lambda connection: server.stopped.wait(5)
        sent = Sent("POST", "/x", bytes(30_000_000))
        begun = time.monotonic()
        with pytest.raises(Unreachable) as raised:
            said(server, sent, timeout_s=LIMIT_S)
    assert raised.value.is_timeout and time.monotonic() - begun < LIMIT_S + 0.5


def test_a_handshake_that_never_ends_is_not_waited_for(tmp_path):
    with Server(lambda *_: None) as server:
        server._serve = lambda connection: server.stopped.wait(5)
        error = refused(server.url.replace("http:", "https:"), timeout_s=LIMIT_S)
    assert error.is_timeout


# ---- shape ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("say", "words"),
    [
        (answering("302 Found", b"", "Location: http://169.254.169.254/"), "redirect"),
        (answering("307 Temporary Redirect", b"", "Location: /elsewhere"), "redirect"),
        (answering("200 OK", gzip.compress(b"{}"), "Content-Encoding: gzip"), "compressed"),
        (answering("200 OK", bytes(20_001)), "larger than 20,000 bytes"),
        (
            lambda connection, _: connection.sendall(
                b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + bytes(40_000)
            ),
            "larger than 20,000 bytes",
        ),
        (
            lambda connection, _: (
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"),
                connection.shutdown(2),
            ),
            "broke off before its end",
        ),
        (lambda connection, _: connection.sendall(b"SSH-2.0-OpenSSH\r\n\r\n"), "web server"),
        (lambda connection, _: connection.shutdown(2), "broke"),
    ],
    ids=["302", "307", "gzip", "told huge", "huge", "truncated", "no HTTP", "hung up"],
)
def test_what_is_no_answer_is_said_in_words(say, words):
    with Server(say) as server:
        error = refused(server.url, Reach(largest_answer_bytes=20_000))
        assert len(server.requests) == 1  # never asked again
    assert words in str(error) and not error.is_timeout


def test_nothing_listens():
    with unused_port() as port:
        assert str(refused(f"http://127.0.0.1:{port}")) == "nothing listens at its address"


def test_a_name_that_nobody_knows():
    assert "name cannot be resolved" in str(refused("http://nobody.invalid"))


@pytest.mark.parametrize(
    "path",
    [
        "/../admin",
        "@evil.example/",
        "/api/../../admin",
        "",
        "http://evil.example/",
    ],
)
def test_no_path_leads_out_of_a_members_address(path):
    with Server(answering()) as server, pytest.raises(Unreachable):
        DirectTransport(Reach()).send(
            member(f"{server.url}/beacon"), Sent("GET", path), timeout_s=1
        )
    assert not server.requests


# ---- certificates --------------------------------------------------------------------------------


def test_a_private_authority_is_trusted_where_it_is_configured(tmp_path):
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    with Server(answering(), ours.server_context()) as server:
        assert said(server, reach=Reach(ca_file=str(ours.file))).status == 200
        assert "certificate is refused" in str(refused(server.url))
        assert "certificate is refused" in str(refused(server.url, Reach(ca_file=str(other.file))))


def test_a_members_own_authority_is_the_only_one_for_it(tmp_path):
    ours, other = Authority(tmp_path, "ours"), Authority(tmp_path, "other")
    reach = Reach(ca_file=str(ours.file), folder=tmp_path)
    with Server(answering(), ours.server_context()) as server:
        transport = DirectTransport(reach)
        pinned = member(server.url, ca_file="ours.pem")
        assert transport.send(pinned, HELLO, timeout_s=5).status == 200
        assert "refused" in str(refused(server.url, reach, ca_file="other.pem"))
        assert "missing.pem: no such file" in str(refused(server.url, reach, ca_file="missing.pem"))
    assert other.file.exists()


@pytest.mark.parametrize(
    ("host", "days", "words"), [("other.example", 30, "match"), ("127.0.0.1", -1, "expired")]
)
def test_a_wrong_certificate_is_refused_in_words(tmp_path, host, days, words):
    authority = Authority(tmp_path, "ca")
    with Server(answering(), authority.server_context(host, days=days)) as server:
        assert words in str(refused(server.url, Reach(ca_file=str(authority.file))))
        assert not server.requests


def test_our_own_certificate_is_shown_where_one_is_asked_for(tmp_path):
    authority = Authority(tmp_path, "ca")
    context = authority.server_context()
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(authority.file)
    own = str(authority.certificate("broker.example"))
    with Server(answering(), context) as server:
        trusting = Reach(ca_file=str(authority.file))
        assert not refused(server.url, trusting).is_timeout
        assert not server.requests
        shown = Reach(ca_file=str(authority.file), client_certificate=own)
        assert said(server, reach=shown).status == 200


def test_files_that_hold_no_certificate_stop_the_start(tmp_path):
    nothing = tmp_path / "nothing.pem"
    nothing.write_text("nothing")
    with pytest.raises(ConfigurationError, match=r"nothing\.pem"):
        DirectTransport(Reach(ca_file=str(nothing)))
    nothing.chmod(0o644)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        DirectTransport(Reach(client_certificate=str(nothing)))
    with pytest.raises(ConfigurationError, match=r"gone\.pem cannot be read"):
        DirectTransport(Reach(client_certificate=str(tmp_path / "gone.pem")))


# ---- proxies -------------------------------------------------------------------------------------


def test_a_proxy_is_used_where_it_is_configured_and_nowhere_else(monkeypatch):
    with Server(answering()) as proxy, Server(answering()) as server:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        said(server)
        assert not proxy.requests
        said(server, reach=Reach(proxy=proxy.url, no_proxy=("127.0.0.1",)))
        assert not proxy.requests
        said(server, reach=Reach(proxy=proxy.url))
        assert proxy.requests[0].startswith(b"GET " + server.url.encode())


def test_through_a_proxy_the_servers_certificate_is_still_checked(tmp_path):
    refuses = answering("403 Forbidden", b"")
    with Server(refuses) as proxy:
        error = refused("https://node.example", Reach(proxy=proxy.url))
        assert proxy.requests[0].startswith(b"CONNECT node.example:443 ")
    assert "proxy" in str(error)
