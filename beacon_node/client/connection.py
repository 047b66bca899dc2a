"""HTTP to one address: bounded in time and size, no redirects, a token that goes nowhere else."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from beacon_node.client.refusals import Unexpected, refusal
from beacon_node.errors import InvalidRequest, Unreachable
from beacon_node.ports import Received, Sent

CONNECT_TIMEOUT_S = 10.0
MAX_BYTES = 256 * 1024 * 1024  # of one answer
_MAX_ERROR_BYTES = 64 * 1024
_CHUNK = 64 * 1024
Parameters = Sequence[tuple[str, str]]


class Connection:
    """Requests below one address. Proxies and certificates are those of the environment.

    `timeout_s` is for a whole answer. `clock` is monotonic, in seconds.
    """

    def __init__(
        self,
        url: str,
        auth: AuthBase,
        *,
        timeout_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.url, self.timeout_s = checked_address(url), timeout_s
        self._auth, self._clock = auth, clock
        self._session = requests.Session()
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))

    def get(self, path: str, parameters: Parameters = ()) -> Any:
        """Return the JSON document at a path below the address."""
        with self._open("GET", path, params=list(parameters)) as chunks:
            return self._document(path, chunks)

    def post(self, path: str, body: object) -> Any:
        with self._open("POST", path, json=body) as chunks:
            return self._document(path, chunks)

    def send(self, sent: Sent) -> Received:
        """Return the response to a request, whatever its status but a redirect."""
        with self._requested(
            sent.method, sent.path, headers=dict(sent.headers), data=sent.body
        ) as (response, chunks):
            if 300 <= response.status_code < 400:
                raise refusal(f"{self.url}{sent.path}", response.status_code, response.headers, b"")
            headers = {name.lower(): value for name, value in response.headers.items()}
            return Received(response.status_code, b"".join(chunks), headers)

    @contextmanager
    def stream(self, path: str, parameters: Parameters) -> Iterator[Iterator[bytes]]:
        """Give the pieces of an event stream as they arrive."""
        with self._open("GET", path, "text/event-stream", params=list(parameters)) as chunks:
            yield chunks

    def close(self) -> None:
        self._session.close()

    def _document(self, path: str, chunks: Iterator[bytes]) -> Any:
        try:
            return json.loads(b"".join(chunks))
        except (ValueError, RecursionError) as error:
            raise Unexpected(f"{self.url}{path} answered something that is no JSON") from error

    @contextmanager
    def _open(
        self, method: str, path: str, accept: str = "application/json", **sent: Any
    ) -> Iterator[Iterator[bytes]]:
        """Send a request; its answer is 2xx, or the error is raised that it means."""
        told = {"headers": {"Accept": accept}, **sent}
        with self._requested(method, path, **told) as (response, chunks):
            if not 200 <= response.status_code < 300:
                url = f"{self.url}{path}"
                raise refusal(url, response.status_code, response.headers, _beginning(chunks))
            yield chunks

    @contextmanager
    def _requested(
        self, method: str, path: str, *, headers: dict[str, str], **sent: Any
    ) -> Iterator[tuple[requests.Response, Iterator[bytes]]]:
        until = self._clock() + self.timeout_s
        with self._told_plainly():
            response = self._session.request(
                method,
                f"{self.url}{path}",
                auth=self._auth,
                headers={**headers, "Accept-Encoding": "identity"},
                timeout=(min(CONNECT_TIMEOUT_S, self.timeout_s), self.timeout_s),
                allow_redirects=False,
                stream=True,
                **sent,
            )
        with response:
            yield response, self._chunks(response, until)

    def _chunks(self, response: requests.Response, until: float) -> Iterator[bytes]:
        size = 0
        while chunk := self._next(response):
            size += len(chunk)
            if size > MAX_BYTES:
                raise Unreachable(f"{self.url} answered more than {MAX_BYTES:,} bytes")
            if self._clock() > until:
                raise self._late()
            yield chunk

    def _next(self, response: requests.Response) -> bytes:
        """Return the next bytes as soon as there are any, empty at the end."""
        with self._told_plainly():
            return response.raw.read1(_CHUNK)

    @contextmanager
    def _told_plainly(self) -> Iterator[None]:
        """Raise Unreachable for what the network does; its words may hold the whole question."""
        try:
            yield
        except (requests.Timeout, TimeoutError) as error:
            raise self._late() from error
        except requests.exceptions.SSLError as error:
            raise Unreachable(f"{self.url} shows a certificate that is not trusted here") from error
        except (requests.RequestException, HTTPError, OSError) as error:
            if "timed out" in str(error).lower():
                raise self._late() from error
            raise Unreachable(f"{self.url} cannot be reached") from error

    def _late(self) -> Unreachable:
        problem = f"{self.url} did not finish its answer within {self.timeout_s:g} s"
        return Unreachable(problem, is_timeout=True)


def checked_address(url: str) -> str:
    """Return the address without a slash at its end. Raises InvalidRequest for what is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidRequest(f"the address {url!r}: something like https://broker.example is meant")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise InvalidRequest("the address holds a name, password, query or fragment; leave it out")
    return url.rstrip("/")


def _beginning(chunks: Iterator[bytes]) -> bytes:
    body = b""
    for chunk in chunks:
        body += chunk
        if len(body) > _MAX_ERROR_BYTES:
            break
    return body
