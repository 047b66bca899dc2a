"""Brokers and visa issuers that sign real tokens, good and bad, and an internet that is watched."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import requests
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, HMACAlgorithm, RSAAlgorithm
from requests.adapters import BaseAdapter

from beacon_node.identity.fetch import new_session

_ALGORITHMS = {
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256),
    "HS256": HMACAlgorithm(HMACAlgorithm.SHA256),
}
_SIZE = 2_048


@cache
def private_key(name: str) -> Any:
    """Return the key of this name; `es-…` is for ES256, everything else for RS256."""
    if name.startswith("es-"):
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(65_537, 1_024 if name.startswith("short") else _SIZE)


def algorithm(name: str) -> str:
    return "ES256" if name.startswith("es-") else "RS256"


def public_jwk(name: str, **more: Any) -> dict:
    """Return the public key `name` as a JWK whose id is its name."""
    found = _ALGORITHMS[algorithm(name)].to_jwk(private_key(name).public_key(), as_dict=True)
    return {**found, "kid": name, "use": "sig", **more}


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def written(part: Mapping | bytes) -> str:
    return encoded(part if isinstance(part, bytes) else json.dumps(part).encode())


def signed(header: Mapping | bytes, claims: Mapping | bytes, key: str, alg: str = "") -> str:
    """Return a token that the key `key` really signed, whatever header and claims say."""
    body = f"{written(header)}.{written(claims)}"
    signature = _ALGORITHMS[alg or algorithm(key)].sign(body.encode(), private_key(key))
    return f"{body}.{encoded(signature)}"


def signed_with_secret(header: Mapping, claims: Mapping, secret: bytes) -> str:
    """Return a token under HMAC: what key confusion makes of a public key."""
    body = f"{written(header)}.{written(claims)}"
    return f"{body}.{encoded(_ALGORITHMS['HS256'].sign(body.encode(), secret))}"


Reply = Callable[[requests.PreparedRequest], tuple[int, bytes, dict[str, str]]]


@dataclass
class Internet(BaseAdapter):
    """Answers for some addresses and writes down every request; nothing leaves the process."""

    pages: dict[str, Reply] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    sent: list[requests.PreparedRequest] = field(default_factory=list)
    down: set[str] = field(default_factory=set)

    def send(self, request, **_):
        self.asked.append(request.url)
        self.sent.append(request)
        if request.url in self.down or request.url not in self.pages:
            raise requests.ConnectionError("nobody answers")
        status, body, headers = self.pages[request.url](request)
        response = requests.Response()
        response.status_code, response.url, response.request = status, request.url, request
        response.headers.update(headers)
        response.raw = _Raw(body)
        return response

    def close(self) -> None:
        return None

    def session(self) -> requests.Session:
        session = new_session()
        session.trust_env = False
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def serve(self, url: str, document: Any, status: int = 200, **headers: str) -> None:
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        self.pages[url] = lambda _: (status, body, headers)


class _Raw:
    """A body as `requests` reads it from a connection."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    def stream(self, size: int, decode_content: bool = True):
        for start in range(0, len(self.body), size):
            yield self.body[start : start + size]

    def close(self) -> None:
        return None

    def release_conn(self) -> None:
        return None
