"""Reaches members over HTTP: bounded in bytes and in time, nowhere but at their own addresses.

Redirects are not followed, nothing is retried, cookies and the environment are not looked at, and
certificates are checked always. One transport serves all threads of a process.
"""

import ssl
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager
from urllib3.exceptions import HTTPError
from urllib3.util import Url, parse_url

from beacon_node.crypto.keys import check_private
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
        self._managers: dict[tuple[str, bool], PoolManager] = {}
        self._manager("", is_proxied=bool(reach.proxy))

    def send(self, member: Member, sent: Sent, *, timeout_s: float) -> Received:
        """Return what `member` answered, whatever its status but a redirect.

        `timeout_s` is for everything together; only a name that takes long to be resolved can
        exceed it. Raises Unreachable.
        """
        address = _address(member, sent)
        self._deadline.start(timeout_s)
        try:
            manager = self._manager(member.ca_file, is_proxied=self._is_proxied(address.host))
            response = manager.urlopen(
                sent.method,
                address.url,
                body=None if sent.method in _BODILESS and not sent.body else sent.body,
                headers={**_OWN_HEADERS, **sent.headers},
                redirect=False,
                retries=False,
                timeout=timeout_s,
                preload_content=False,
                decode_content=False,
            )
            return self._received(response)
        except (HTTPError, OSError, ValueError) as error:  # ValueError: a header that is none
            raise in_words(error) from error
        except ConfigurationError as error:
            raise Unreachable(str(error)) from error

    def _received(self, response: BaseHTTPResponse) -> Received:
        with ExitStack() as unless_all_is_read:
            unless_all_is_read.callback(response.close)
            if 300 <= response.status < 400:
                raise Unreachable("it answered with a redirect, which is not followed")
            headers = {name.lower(): value for name, value in response.headers.items()}
            if headers.get("content-encoding", "identity") != "identity":
                raise Unreachable("it sent a compressed answer, which nobody asked for")
            body = self._body(response, headers.get("content-length", ""))
            unless_all_is_read.pop_all()
        response.release_conn()
        return Received(response.status, body, headers)

    def _body(self, response: BaseHTTPResponse, told_length: str) -> bytes:
        most = self._reach.largest_answer_bytes
        if told_length.isdecimal() and int(told_length[:20]) > most:
            raise Unreachable(f"its answer is larger than {most:,} bytes")
        body = bytearray()
        while chunk := response.read1(_CHUNK_BYTES, decode_content=False):
            body += chunk
            if len(body) > most:
                raise Unreachable(f"its answer is larger than {most:,} bytes")
            self._deadline.left_s()
        return bytes(body)

    def _manager(self, ca_file: str, *, is_proxied: bool) -> PoolManager:
        """Return what keeps connections to the members that a file of authorities vouches for."""
        with self._lock:
            if (ca_file, is_proxied) not in self._managers:
                self._managers[ca_file, is_proxied] = self._new_manager(ca_file, is_proxied)
            return self._managers[ca_file, is_proxied]

    def _new_manager(self, ca_file: str, is_proxied: bool) -> PoolManager:
        told = {
            "num_pools": _MOST_POOLS,
            "maxsize": self._reach.connections,
            "ssl_context": _context(self._reach, ca_file),
        }
        proxy = self._reach.proxy
        manager = ProxyManager(proxy, **told) if is_proxied else PoolManager(**told)
        manager.pool_classes_by_scheme = pools_in_time(self._deadline)
        return manager

    def _is_proxied(self, host: str) -> bool:
        return bool(self._reach.proxy) and not any(
            _covers(name, host) for name in self._reach.no_proxy
        )


def _context(reach: Reach, ca_file: str) -> ssl.SSLContext:
    """Return what decides on servers' certificates, and shows our own."""
    own = str(reach.folder / ca_file) if ca_file else None
    named = own or reach.ca_file
    try:
        context = ssl.create_default_context(cafile=own)
        if reach.ca_file and own is None:
            context.load_verify_locations(reach.ca_file)
        if named := reach.client_certificate:
            check_private(Path(reach.client_key or named))
            context.load_cert_chain(named, reach.client_key or None)
    except OSError as error:  # ssl.SSLError too
        problem = "it holds no certificates or keys in PEM"
        if not isinstance(error, ssl.SSLError):
            problem = (error.strerror or "it cannot be read").lower()
        raise ConfigurationError(f"{named}: {problem}") from error
    context.sslsocket_class = TlsSocket
    return context


def _address(member: Member, sent: Sent) -> Url:
    """Return where a request goes, in normal form. Unreachable if it would leave the member's
    address."""
    try:
        found, base = parse_url(member.url + sent.path), _normal(member.url)
    except (HTTPError, ValueError) as error:
        raise Unreachable("its address cannot be used") from error
    if not sent.path.startswith("/") or not found.url.startswith(f"{base}/"):
        raise Unreachable("a path outside of its address is not asked for")
    return found


@lru_cache(_MOST_POOLS)
def _normal(url: str) -> str:
    return parse_url(url).url


def _covers(name: str, host: str) -> bool:
    """Say whether `name` of `no_proxy` is this host, or a domain above it.

    >>> _covers(".example.org", "node.example.org"), _covers("example.org", "node.example.org")
    (True, False)
    """
    return host == name or (name.startswith(".") and host.endswith(name)) or name == "*"
