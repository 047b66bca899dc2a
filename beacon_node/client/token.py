"""The researcher's token: where it is found, and that it is neither shown nor sent astray."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from requests.auth import AuthBase

from beacon_node.errors import ConfigurationError, NotAuthenticated

AT_VARIABLE = "BEACON_AT"
TOKEN_VARIABLE = "BEACON_TOKEN"
FILE_VARIABLE = "BEACON_TOKEN_FILE"
_MAX_BYTES = 256 * 1024
_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True, repr=False)
class Bearer(AuthBase):
    """Sends a token to one place. Being an `auth`, it is not replaced by what a .netrc says."""

    token: str
    place: tuple[str, str]

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if place_of(request.url) == self.place:
            request.headers["Authorization"] = f"Bearer {self.token}"
        return request


@dataclass(frozen=True, slots=True, repr=False)
class NoBearer(AuthBase):
    """Sends nothing, whatever a .netrc says."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def bearer(token: str | None, url: str) -> AuthBase:
    """Return what sends `token` to `url`'s host alone.

    Raises NotAuthenticated for a token that cannot be one, and for an address on another machine
    that is not https: whoever listens on the way could use the token.
    """
    if not token:
        return NoBearer()
    if not (token.isascii() and token.isprintable() and " " not in token):
        raise NotAuthenticated("the token is not one: it holds blanks or other odd characters")
    if len(token) > _MAX_BYTES:
        raise NotAuthenticated(f"the token is longer than {_MAX_BYTES:,} characters")
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in _THIS_MACHINE:
        raise NotAuthenticated(f"the token is not sent to {url}: only an https address is private")
    return Bearer(token, place_of(url))


def place_of(url: str | None) -> tuple[str, str]:
    """Return (scheme, host with its port)."""
    parts = urlsplit(url or "")
    return parts.scheme, parts.netloc.lower()


def find_token(
    given: str | None, file: str | Path | None, url: str, environment: Mapping[str, str]
) -> str | None:
    """Return the token for `url` as given, of the file, or of the environment, in this order; None:
    none. A token of the environment is for the address that stands there too, if one does.

    Raises ConfigurationError for a file that cannot be read, or that others can read.
    """
    if given:
        return given.strip()
    if file:
        return _from_file(Path(file).expanduser())
    own = environment.get(AT_VARIABLE)
    if own and place_of(own) != place_of(url):
        return None
    if named := environment.get(FILE_VARIABLE):
        return _from_file(Path(named).expanduser())
    return environment.get(TOKEN_VARIABLE, "").strip() or None


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            raw = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise ConfigurationError(f"{path}: the token cannot be read ({error.strerror})") from error
    if mode & 0o077:
        raise ConfigurationError(f"{path}: others can read this token; chmod 600 {path}")
    text = raw.decode("ascii", "replace").strip()
    if not text:
        raise ConfigurationError(f"{path}: there is no token in the file")
    return text
