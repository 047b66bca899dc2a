"""What is fetched over real HTTP: one answer from the address itself, small and soon."""

import pytest

from beacon_node.identity.fetch import MAX_BYTES, Bearer, FetchFailed, fetch, new_session
from tests.clearinghouse.world import SetClock


class Impatient(SetClock):
    """A clock on which every look takes five seconds."""

    def now(self):
        self.forward(seconds=5)
        return self.time


@pytest.fixture
def session(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return new_session()


def test_the_body_of_a_200_is_returned(site, session):
    site.pages["/keys"] = (200, {}, b"{}")
    assert fetch(session, SetClock(), f"{site.url}/keys") == b"{}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(site, session, status):
    site.pages |= {
        "/keys": (status, {"Location": f"{site.url}/other"}, b""),
        "/other": (200, {}, b"{}"),
    }
    with pytest.raises(FetchFailed):
        fetch(session, SetClock(), f"{site.url}/keys")
    assert [path for path, _ in site.asked] == ["/keys"]


@pytest.mark.parametrize(
    ("status", "is_final"),
    [(204, True), (400, True), (401, True), (404, True), (429, False), (503, False)],
)
def test_what_is_no_200_is_a_failure_and_some_are_final(site, session, status, is_final):
    site.pages["/keys"] = (status, {}, b"")
    with pytest.raises(FetchFailed) as failed:
        fetch(session, SetClock(), f"{site.url}/keys")
    assert failed.value.is_final is is_final


@pytest.mark.parametrize(("size", "is_taken"), [(MAX_BYTES, True), (MAX_BYTES + 1, False)])
def test_a_body_has_a_size(site, session, size, is_taken):
    site.pages["/keys"] = (200, {}, b" " * size)
    if is_taken:
        assert len(fetch(session, SetClock(), f"{site.url}/keys")) == size
    else:
        with pytest.raises(FetchFailed):
            fetch(session, SetClock(), f"{site.url}/keys")


def test_a_body_that_takes_too_long_is_given_up(site, session):
    site.pages["/keys"] = (200, {}, b" " * 100_000)
    with pytest.raises(FetchFailed):
        fetch(session, Impatient(), f"{site.url}/keys")


def test_a_token_is_sent_as_bearer_and_nothing_of_a_netrc_in_its_place(
    site, session, tmp_path, monkeypatch
):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login x password y\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    site.pages["/me"] = (200, {}, b"{}")
    fetch(session, SetClock(), f"{site.url}/me", Bearer("a.b.c"))
    assert site.asked[0][1]["Authorization"] == "Bearer a.b.c"
    assert "a.b.c" not in repr(Bearer("a.b.c"))


def test_no_cookie_is_kept(site, session):
    site.pages["/me"] = (200, {"Set-Cookie": "who=anna"}, b"{}")
    for _ in range(2):
        fetch(session, SetClock(), f"{site.url}/me")
    assert "Cookie" not in site.asked[1][1]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/", "http://[/", "nonsense", "file:///etc/passwd"]
)
def test_an_address_where_nobody_is_fails(session, url):
    with pytest.raises(FetchFailed):
        fetch(session, SetClock(), url)
