"""What brokers say of the holders of access tokens, asked at most once an hour for each token."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

import requests
from cachetools import LRUCache

from beacon_node.identity.fetch import Bearer, FetchFailed, fetch
from beacon_node.ports import Clock

KEPT = timedelta(hours=1)  # AAI: Access Token Polling, at most once per hour
RETRY = timedelta(minutes=1)  # after a failure that may pass; doubles with each until KEPT
MAX_KEPT_BYTES = 16 * 1024 * 1024  # of answers, in one process
_OVERHEAD = 512  # bytes counted for an entry besides its answer


class UserinfoRefused(Exception):
    """The broker does not confirm the token, or cannot be asked just now."""


@dataclass(frozen=True, slots=True, repr=False)
class _Answer:
    body: bytes | None  # None: no answer that can be used
    asked_at: datetime
    again_at: datetime
    failures: int = 0

    def holds(self, now: datetime) -> bool:
        return self.asked_at <= now < self.again_at


class UserinfoCache:
    """Userinfo answers by (address, digest of the token); a token itself is not kept."""

    def __init__(self, session: requests.Session, clock: Clock) -> None:
        self._session, self._clock = session, clock
        self._kept: LRUCache[tuple[str, bytes], _Answer] = LRUCache(
            MAX_KEPT_BYTES, getsizeof=lambda answer: len(answer.body or b"") + _OVERHEAD
        )
        self._lock = Lock()

    def ask(self, url: str, *, token: str) -> bytes:
        """Return what the broker's configured address says of a token. Raises UserinfoRefused.

        Only for tokens whose signature holds: others must not make the node ask.
        """
        name = (url, hashlib.sha256(token.encode()).digest())
        with self._lock:  # also while asking: two requests with one token ask once
            kept, now = self._kept.get(name), self._clock.now()
            if kept is None or not kept.holds(now):
                kept = self._asked(url, token=token, failures=kept.failures if kept else 0)
                self._kept[name] = kept
        if kept.body is None:
            raise UserinfoRefused
        return kept.body

    def _asked(self, url: str, *, token: str, failures: int) -> _Answer:
        now = self._clock.now()
        try:
            body = fetch(self._session, self._clock, url, Bearer(token))
        except FetchFailed as failed:
            pause = KEPT if failed.is_final else min(RETRY * 2**failures, KEPT)
            return _Answer(None, now, now + pause, min(failures + 1, 10))
        return _Answer(body, now, now + KEPT)
