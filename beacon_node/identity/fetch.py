"""One bounded GET to a configured address: no redirects, little time, few bytes."""

from dataclasses import dataclass
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.auth import AuthBase

from beacon_node.ports import Clock

Session = requests.Session
MAX_BYTES = 512 * 1024
TIMEOUTS_S = (3.0, 3.0)  # to connect, and between two bytes
DEADLINE = timedelta(seconds=6)  # for the whole body
_CHUNK = 16 * 1024
_RETRYABLE = frozenset({408, 429, 500, 502, 503, 504})


class FetchFailed(Exception):
    """Nothing usable came back. `is_final`: asking again with the same words would not help."""

    def __init__(self, *, is_final: bool) -> None:
        super().__init__("the address gave no answer that can be used")
        self.is_final = is_final


@dataclass(frozen=True, slots=True, repr=False)
class Bearer(AuthBase):
    """Sends a token; being an `auth`, it is neither replaced by a .netrc nor sent elsewhere."""

    token: str

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self.token}"
        return request


def new_session() -> requests.Session:
    """Return a session that takes no cookies: one researcher's answer leaves nothing for another's.

    Proxies and certificates are those of the environment, as on hospitals' machines.
    """
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return session


def fetch(session: requests.Session, clock: Clock, url: str, auth: AuthBase | None = None) -> bytes:
    """Return the body of a 200 answer. Raises FetchFailed for everything else."""
    try:
        with session.get(
            url,
            auth=auth,
            allow_redirects=False,
            stream=True,
            timeout=TIMEOUTS_S,
            headers={"Accept": "application/json", "Accept-Encoding": "identity"},
        ) as response:
            if response.status_code != 200:
                raise FetchFailed(is_final=response.status_code not in _RETRYABLE)
            return bounded_body(response, clock)
    except (requests.RequestException, ValueError) as error:  # ValueError: an unusable URL
        raise FetchFailed(is_final=False) from error


def bounded_body(response: requests.Response, clock: Clock) -> bytes:
    """Return the body of a response that is read as it comes. Raises FetchFailed for more bytes or
    time than a good answer takes."""
    deadline, body = clock.now() + DEADLINE, bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > MAX_BYTES or clock.now() > deadline:
            raise FetchFailed(is_final=False)
    return bytes(body)
