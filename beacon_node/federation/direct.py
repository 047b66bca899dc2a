"""Reaches members over HTTP: bounded in bytes and in time, nowhere but at their own addresses.

Redirects are not followed, nothing is retried, cookies and the environment are not looked at, and
certificates are checked always. One transport serves all threads of a process.
"""

import ssl
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from beacon_node.errors import ConfigurationError, Unreachable
from beacon_node.federation.deadline import Deadline, TlsSocket, pools_in_time
from beacon_node.federation.failures import in_words
from beacon_node.model.federation import Member
from beacon_node.ports import Received, Sent

_CHUNK_BYTES = 65_536
_MOST_POOLS = 2_000  # more than a network has members
_OWN_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}
_BODILESS = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class Reach:
    """How members are reached. Files are PEM, absolute; empty: none."""

    largest_answer_bytes: int = 10_000_000
    connections: int = 8  # to one member that are kept open
    ca_file: str = ""  # authorities trusted besides this machine's own
    client_certificate: str = ""
    client_key: str = ""
    proxy: str = ""
    no_proxy: tuple[str, ...] = ()
    folder: Path = Path()  # what a member's own ca_file is relative to


class DirectTransport:
    """Sends requests to members over HTTP; `ports.Transport`."""

    def __init__(self, reach: Reach) -> None:
        """Raises ConfigurationError, naming the file, if a certificate or key cannot be used."""
        self._reach, self._deadline, self._lock = reach, Deadline(), Lock()
        self._adapters: dict[str, _Adapter] = {}  # by the member's own file of authorities
        self._adapter("")

    def send(self, member: Member, sent: Sent, *, timeout_s: float) -> Received:
        """Return what `member` answered, whatever its status but a redirect.

        `timeout_s` is for everything together; only a name that takes long to be resolved can
        exceed it. Raises Unreachable.
        """
        request = _prepared(member, sent)
        self._deadline.start(timeout_s)
        try:
            response = self._adapter(member.ca_file).send(
                request, stream=True, timeout=timeout_s, proxies=self._proxies(request.url)
            )
            return self._received(response)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise in_words(error) from error
        except ConfigurationError as error:
            raise Unreachable(str(error)) from error

    def _received(self, response: requests.Response) -> Received:
        with ExitStack() as unless_all_is_read:
            unless_all_is_read.callback(response.raw.close)
            if 300 <= response.status_code < 400:
                raise Unreachable("it answered with a redirect, which is not followed")
            headers = {name.lower(): value for name, value in response.headers.items()}
            if headers.get("content-encoding", "identity") != "identity":
                raise Unreachable("it sent a compressed answer, which nobody asked for")
            body = self._body(response.raw, headers.get("content-length", ""))
            unless_all_is_read.pop_all()
        response.raw.release_conn()
        return Received(response.status_code, body, headers)

    def _body(self, raw: Any, told_length: str) -> bytes:
        most = self._reach.largest_answer_bytes
        if told_length.isdecimal() and int(told_length[:20]) > most:
            raise Unreachable(f"its answer is larger than {most:,} bytes")
        body = bytearray()
        while chunk := raw.read1(_CHUNK_BYTES, decode_content=False):
            body += chunk
            if len(body) > most:
                raise Unreachable(f"its answer is larger than {most:,} bytes")
            self._deadline.left_s()
        return bytes(body)

    def _adapter(self, ca_file: str) -> "_Adapter":
        with self._lock:
            if ca_file not in self._adapters:
                context = _context(self._reach, ca_file)
                connections = self._reach.connections
                self._adapters[ca_file] = _Adapter(context, self._deadline, connections)
            return self._adapters[ca_file]

    def _proxies(self, url: str) -> Mapping[str, str]:
        host = urlsplit(url).hostname or ""
        if not self._reach.proxy or any(_covers(name, host) for name in self._reach.no_proxy):
            return {}
        return {"all": self._reach.proxy}


class _Adapter(HTTPAdapter):
    """The library's adapter, with connections that keep a deadline and our context alone to say
    which servers are trusted."""

    def __init__(self, context: ssl.SSLContext, deadline: Deadline, connections: int) -> None:
        self._context, self._pools = context, pools_in_time(deadline)
        super().__init__(pool_connections=_MOST_POOLS, pool_maxsize=connections)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options, ssl_context=self._context)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options, ssl_context=self._context)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, *_: Any) -> None:
        """The context has what is to be trusted; the library would add its own bundle to it."""


def _context(reach: Reach, ca_file: str) -> ssl.SSLContext:
    """Return what decides on servers' certificates, and shows our own."""
    own = str(reach.folder / ca_file) if ca_file else None
    named = own or reach.ca_file
    try:
        context = ssl.create_default_context(cafile=own)
        if reach.ca_file and own is None:
            context.load_verify_locations(reach.ca_file)
        if named := reach.client_certificate:
            context.load_cert_chain(named, reach.client_key or None)
    except OSError as error:  # ssl.SSLError too
        problem = "it holds no certificates or keys in PEM"
        if not isinstance(error, ssl.SSLError):
            problem = (error.strerror or "it cannot be read").lower()
        raise ConfigurationError(f"{named}: {problem}") from error
    context.sslsocket_class = TlsSocket
    return context


def _prepared(member: Member, sent: Sent) -> requests.PreparedRequest:
    """Return the request as it goes out. Unreachable if it would leave the member's address."""
    headers = {**_OWN_HEADERS, **sent.headers}
    body = None if sent.method in _BODILESS and not sent.body else sent.body
    try:
        request = requests.Request(sent.method, member.url + sent.path, headers, data=body)
        prepared = request.prepare()
    except (requests.RequestException, UnicodeError) as error:
        raise Unreachable("its address cannot be used") from error
    if not sent.path.startswith("/") or not prepared.url.startswith(f"{member.url}/"):
        raise Unreachable("a path outside of its address is not asked for")
    return prepared


def _covers(name: str, host: str) -> bool:
    """Say whether `name` of `no_proxy` is this host, or a domain above it.

    >>> _covers(".example.org", "node.example.org"), _covers("example.org", "node.example.org")
    (True, False)
    """
    return host == name or (name.startswith(".") and host.endswith(name)) or name == "*"
