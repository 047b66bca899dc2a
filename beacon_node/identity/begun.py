"""Logins that were begun: sealed in a cookie of their browser, so that nobody can fill a table."""

import base64
import binascii
import hmac
from datetime import datetime, timedelta

import orjson

from beacon_node.crypto.sealing import Seal
from beacon_node.identity.sessions import Sessions
from beacon_node.model.login import BegunLogin, LoginRefused
from beacon_node.ports import Clock, Randomness

LONGEST = timedelta(minutes=10)  # at the provider: passwords, second factors, consent
_ABOUT = b"begun login"
_NOT_OURS = (
    "this login was not begun in this browser, took longer than ten minutes, or was used already; "
    "begin again"
)


class BegunLogins:
    """Begins logins, and knows them again when they come back, each once."""

    def __init__(
        self, sessions: Sessions, seal: Seal, clock: Clock, randomness: Randomness
    ) -> None:
        self._sessions, self._seal = sessions, seal
        self._clock, self._randomness = clock, randomness

    def begin(self, provider: str, next: str) -> BegunLogin:
        """Return a new login at a provider, with 256 bits of chance for each of its secrets."""
        until = self._clock.now() + LONGEST
        return BegunLogin(provider, self._secret(), self._secret(), self._secret(), next, until)

    def cookie(self, begun: BegunLogin) -> str:
        """Return what the browser keeps of a begun login; it can neither read nor change it."""
        told = [begun.provider, begun.state, begun.nonce, begun.verifier, begun.next]
        content = orjson.dumps([*told, begun.until.isoformat()])
        return base64.urlsafe_b64encode(self._seal.close(content, _ABOUT)).decode()

    def back(self, cookie: str, state: str) -> BegunLogin:
        """Return the login that comes back with `state` to the browser that has `cookie`.

        Raises LoginRefused for every other one, and for one that came back before.
        """
        begun = self._opened(cookie)
        if begun is None or not hmac.compare_digest(begun.state.encode(), state.encode()):
            raise LoginRefused(_NOT_OURS)
        if not self._clock.now() < begun.until:
            raise LoginRefused(_NOT_OURS)
        if not self._sessions.is_first_use(begun.state, begun.until):
            raise LoginRefused(_NOT_OURS)
        return begun

    def _opened(self, cookie: str) -> BegunLogin | None:
        try:
            sealed = base64.b64decode(cookie.encode("ascii"), b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        raw = self._seal.open(sealed, _ABOUT)
        if raw is None:
            return None
        *told, until = orjson.loads(raw)
        return BegunLogin(*told, datetime.fromisoformat(until))

    def _secret(self) -> str:
        return base64.urlsafe_b64encode(self._randomness.bytes(32)).rstrip(b"=").decode()
