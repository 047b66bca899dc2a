"""A made-up passport broker and visa issuer on this machine: it vouches for made-up researchers.

A node or broker believes it only where its list of trusted issuers names it, as any other.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import orjson

from beacon_node.crypto.visa_keys import VisaKey
from beacon_node.ports import Clock, Randomness

UNIVERSITY = "https://university.example"
_BONA_FIDE = "https://doi.org/10.1038/s41431-018-0219-y"  # the value of Registered Access visas
_REGISTERED = (("ResearcherStatus", "so"), ("AcceptedTermsAndPolicies", "self"))
_PASSPORT_LIFE, _VISA_LIFE = timedelta(hours=8), timedelta(hours=8)

_TRUST = """[[broker]]
iss = "{iss}"
keys = "{iss}/jwks"

[[visa_issuer]]
iss = "{iss}"
jku = "{iss}/jwks"
sources.ResearcherStatus = ["{university}"]
sources.AcceptedTermsAndPolicies = ["{university}"]
sources.AffiliationAndRole = ["{university}"]
"""


class Issuer:
    """Serves its public key on a free port while its block lasts, and signs passports."""

    def __init__(self, clock: Clock, randomness: Randomness) -> None:
        self._clock, self._key = clock, VisaKey(_secret(randomness))
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _answering(self._key.jwk))
        self.iss = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "Issuer":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def trust(self) -> str:
        """What stands in `trusted_issuers.toml` of whoever believes it."""
        return _TRUST.format(iss=self.iss, university=UNIVERSITY)

    def passport(self, sub: str, *, is_researcher: bool = True) -> str:
        """Return a passport; a researcher's has the two visas of registered access, and everybody's
        one that says where they work."""
        told = [("AffiliationAndRole", "so", f"member@{UNIVERSITY.removeprefix('https://')}")]
        if is_researcher:
            told += [(kind, by, _BONA_FIDE) for kind, by in _REGISTERED]
        visas = [self._visa(sub, *one) for one in told]
        return self._key.sign_passport(
            self._claims(sub, _PASSPORT_LIFE) | {"ga4gh_passport_v1": visas}
        )

    def _visa(self, sub: str, kind: str, by: str, value: str) -> str:
        claims = self._claims(sub, _VISA_LIFE)
        said = {"type": kind, "asserted": claims["iat"], "value": value, "source": UNIVERSITY}
        return self._key.sign(
            claims | {"ga4gh_visa_v1": {**said, "by": by}}, jku=f"{self.iss}/jwks"
        )

    def _claims(self, sub: str, life: timedelta) -> dict:
        now = self._clock.now()
        return {"iss": self.iss, "sub": sub, "iat": _seconds(now), "exp": _seconds(now + life)}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _secret(randomness: Randomness) -> bytes:
    """Return a number of 255 bits: any such one is a key of P-256 (the order has 256)."""
    drawn = randomness.bytes(32)
    return bytes([drawn[0] & 0x7F]) + drawn[1:-1] + bytes([drawn[-1] | 1])


def _answering(jwk: dict) -> type[BaseHTTPRequestHandler]:
    body = orjson.dumps({"keys": [jwk]})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_there = self.path == "/jwks"
            self.send_response(200 if is_there else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body) if is_there else 0))
            self.end_headers()
            if is_there:
                self.wfile.write(body)

        def log_message(self, *_: Sequence) -> None:
            return None  # the terminal belongs to the tour

    return Handler
