"""Issuers' keys, kept for a while. What a token says cannot change what is kept or asked."""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

import requests
from cachetools import LRUCache

from beacon_node.crypto.signatures import Key, KeySet, read_key_set
from beacon_node.errors import InvalidInput
from beacon_node.identity.fetch import FetchFailed, fetch
from beacon_node.policy.visas.headers import ONLY_KEY
from beacon_node.ports import Clock

FRESH = timedelta(minutes=5)  # how long a key that its issuer removed is still taken
STALE = timedelta(minutes=15)  # … while the issuer cannot be reached
PAUSE = timedelta(seconds=30)  # between two requests to one address, whatever tokens come
MAX_ADDRESSES = 256
_LOG = logging.getLogger("beacon_node.identity")


class KeysUnavailable(Exception):
    """An issuer's keys cannot be had just now, and none are kept that still count."""


@dataclass(slots=True, repr=False)
class _Kept:
    """The keys of one address; `lock` lets one thread ask while the others of it wait."""

    keys: KeySet = field(default_factory=dict)
    fetched_at: datetime | None = None
    asked_at: datetime | None = None
    lock: Lock = field(default_factory=Lock)

    def age(self, now: datetime) -> timedelta:
        return now - self.fetched_at if self.fetched_at else timedelta.max


class KeyCache:
    """The key sets of configured addresses.

    An address is asked when its set is older than `FRESH`, or for a key that is not in it (issuers
    publish new keys), and never twice within `PAUSE`: unknown key ids cannot make the node ask.
    """

    def __init__(self, session: requests.Session, clock: Clock) -> None:
        self._session, self._clock = session, clock
        self._kept: LRUCache[str, _Kept] = LRUCache(MAX_ADDRESSES)
        self._lock = Lock()

    def find(self, url: str, *, kid: str, algorithm: str) -> Key | None:
        """Return the key of this id and kind at a configured address, None if there is none; with
        `ONLY_KEY` as id, the key of this kind if there is only one.

        Raises KeysUnavailable.
        """
        with self._lock:
            kept = self._kept.setdefault(url, _Kept())
        with kept.lock:
            now = self._clock.now()
            is_fresh = timedelta() <= kept.age(now) <= FRESH
            if not (is_fresh and _key(kept.keys, kid, algorithm)) and _may_ask(kept, now):
                self._ask(url, kept, now)
            if not timedelta() <= kept.age(now) <= STALE:
                raise KeysUnavailable
            return _key(kept.keys, kid, algorithm)

    def _ask(self, url: str, kept: _Kept, now: datetime) -> None:
        """Fetch a set anew; the one before stays where that fails."""
        kept.asked_at = now
        try:
            kept.keys = read_key_set(fetch(self._session, self._clock, url))
            kept.fetched_at = now
        except FetchFailed:
            _LOG.warning("the keys at %s cannot be fetched", url)
        except InvalidInput as error:
            _LOG.warning("the keys at %s cannot be used: %s", url, error)


def _key(keys: KeySet, kid: str, algorithm: str) -> Key | None:
    if kid != ONLY_KEY:
        return keys.get((kid, algorithm))
    found = [key for (_, its), key in keys.items() if its == algorithm]
    return found[0] if len(found) == 1 else None


def _may_ask(kept: _Kept, now: datetime) -> bool:
    return kept.asked_at is None or not timedelta() <= now - kept.asked_at < PAUSE
