"""An OpenID provider in memory that signs what a test tells it to, good and bad."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.clearinghouse.issuers import Internet, encoded, public_jwk, signed

ISSUER = "https://login.example/oidc/"
DISCOVERY = "https://login.example/oidc/.well-known/openid-configuration"
AUTHORIZE, TOKEN = "https://login.example/authorize", "https://login.example/token"
USERINFO, JWKS = "https://login.example/userinfo", "https://login.example/jwks"
END_SESSION = "https://login.example/logout"
CLIENT_ID, SECRET = "node-7", "correct-horse"
KEY = "login-key"
ABSENT = object()


def at_hash(access_token: str) -> str:
    return encoded(hashlib.sha256(access_token.encode()).digest()[:16])


@dataclass
class Provider:
    """`claims`, `header`, `answer` and `says` change its ID token, the token answer and userinfo;
    `codes` are those it gave and took back."""

    internet: Internet
    clock: Any
    sub: str = "anna"
    header: dict = field(default_factory=dict)
    claims: dict = field(default_factory=dict)
    answer: dict = field(default_factory=dict)
    says: dict = field(default_factory=dict)
    metadata: dict = field(default_factory=dict)
    key: str = KEY
    status: dict = field(default_factory=dict)
    codes: dict = field(default_factory=dict)
    live: set = field(default_factory=set)
    asked: list = field(default_factory=list)
    userinfo_asked: int = 0

    def __post_init__(self) -> None:
        self.publish()
        self.internet.serve(JWKS, {"keys": [public_jwk(KEY)]})
        self.internet.pages[TOKEN] = self._token
        self.internet.pages[USERINFO] = self._userinfo

    def publish(self) -> None:
        document = {
            "issuer": ISSUER,
            "authorization_endpoint": AUTHORIZE,
            "token_endpoint": TOKEN,
            "jwks_uri": JWKS,
            "userinfo_endpoint": USERINFO,
            "end_session_endpoint": END_SESSION,
        }
        self.internet.serve(DISCOVERY, changed(document, self.metadata))

    def approve(self, address: str) -> dict[str, str]:
        """Log the person in whose browser was sent to `address`; return what it goes back with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert address.startswith(AUTHORIZE) and asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256" and asked["client_id"] == CLIENT_ID
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def _token(self, request) -> tuple[int, bytes, dict]:
        told = {name: values[0] for name, values in parse_qs(request.body).items()}
        self.asked.append((told, dict(request.headers)))
        if TOKEN in self.status:
            return self.status[TOKEN], b"<html>gateway</html>", {}
        nonce = ""
        if told["grant_type"] == "authorization_code":
            asked = self.codes.pop(told["code"], None)
            if asked is None or not _proves(told, asked):
                return 400, b'{"error": "invalid_grant"}', {}
            nonce = asked["nonce"]
        elif told["refresh_token"] != "refresh-0":
            return 400, b'{"error": "invalid_grant"}', {}
        access = f"access-{len(self.asked)}"
        self.live = {access}
        given = {
            "access_token": access,
            "token_type": "Bearer",
            "refresh_token": "refresh-0",
            "id_token": self._id_token(nonce, access),
        }
        return 200, json.dumps(changed(given, self.answer)).encode(), {}

    def _id_token(self, nonce: str, access: str) -> str:
        now = int(self.clock.now().timestamp())
        claims = {
            "iss": ISSUER,
            "sub": self.sub,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "at_hash": at_hash(access),
        }
        header = {"alg": "RS256", "kid": self.key, "typ": "JWT"}
        return signed(changed(header, self.header), changed(claims, self.claims), self.key)

    def _userinfo(self, request) -> tuple[int, bytes, dict]:
        self.userinfo_asked += 1
        if USERINFO in self.status:
            return self.status[USERINFO], b"", {}
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.live:
            return 401, b"", {}
        said = {"sub": self.sub, "name": "Anna Example"}
        return 200, json.dumps(changed(said, self.says)).encode(), {}


def changed(base: Mapping, changes: Mapping) -> dict:
    return {name: value for name, value in {**base, **changes}.items() if value is not ABSENT}


def _proves(told: Mapping, asked: Mapping) -> bool:
    """PKCE (RFC 7636 4.6), and the address that the code was asked for (RFC 6749 4.1.3)."""
    digest = hashlib.sha256(told["code_verifier"].encode()).digest()
    challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return challenge == asked["code_challenge"] and told["redirect_uri"] == asked["redirect_uri"]
