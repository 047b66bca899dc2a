"""What tokens proved, kept for as long as nothing that it rests on changes.

Verifying the signatures of a passport and its visas again and again is what a question with a token
costs most. What is kept was proved under one reading of the list of trusted issuers, with certain
keys and certain words of brokers; each time all of these are looked at anew, and if any is another
one, the tokens are verified like new ones. Nothing of the ledger is kept: links, blocks and grants
are looked up by whoever asks. Tokens are known by their digests alone.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from cachetools import LRUCache

from beacon_node.crypto.signatures import Key
from beacon_node.identity.keys import KeyCache, KeysUnavailable
from beacon_node.identity.userinfo import UserinfoCache, UserinfoRefused
from beacon_node.model.trust import Trust
from beacon_node.policy.visas.standing import Standing

MOST = 1_024  # requests' tokens that are remembered in one process
LONGEST = timedelta(minutes=5)  # like a key that its issuer removed

_Wanted = tuple[str, str, str]  # the address of a key set, kid and algorithm


@dataclass(slots=True, repr=False)
class Grounds:
    """What was looked at while tokens were verified at `at`. `is_lasting`: all could be had."""

    trust: Trust
    at: datetime
    keys: dict[_Wanted, Key | None] = field(default_factory=dict)
    words: dict[tuple[str, int], bytes] = field(default_factory=dict)  # (address, which token)
    is_lasting: bool = True


@dataclass(frozen=True, slots=True, repr=False)
class _Proved:
    standing: Standing
    grounds: Grounds
    until: datetime


class ProvedCache:
    """To be asked by every thread of a process."""

    def __init__(self) -> None:
        self._kept: LRUCache[bytes, _Proved] = LRUCache(MOST)
        self._lock = Lock()

    def find(self, tokens: Sequence[str], look: "Looking", at: datetime) -> Standing | None:
        """Return what these tokens proved, if it holds at `at` as it did then."""
        name = _name(tokens)
        with self._lock:
            kept = self._kept.get(name)
        if kept is None:
            return None
        if kept.grounds.at <= at < kept.until and look.sees(kept.grounds, tokens):
            return kept.standing
        with self._lock:
            self._kept.pop(name, None)
        return None

    def keep(self, tokens: Sequence[str], standing: Standing, grounds: Grounds) -> None:
        """Keep what tokens proved, unless the next moment may prove something else."""
        if not grounds.is_lasting or standing.steady_until is None:
            return
        until = min(standing.steady_until, grounds.at + LONGEST)
        with self._lock:
            self._kept[_name(tokens)] = _Proved(standing, grounds, until)


def _name(tokens: Sequence[str]) -> bytes:
    """Return what names some tokens in their order: no others have the same digests."""
    return b"".join(hashlib.sha256(token.encode("utf-8", "replace")).digest() for token in tokens)


@dataclass(frozen=True, slots=True, repr=False)
class Looking:
    """Where what tokens rest on is looked up now: the list as it was just read, keys, userinfo."""

    trust: Trust
    keys: KeyCache
    userinfo: UserinfoCache

    def sees(self, grounds: Grounds, tokens: Sequence[str]) -> bool:
        """Say whether everything is the very same as it was."""
        if grounds.trust is not self.trust:
            return False
        try:
            return all(
                self.keys.find(url, kid=kid, algorithm=algorithm) is key
                for (url, kid, algorithm), key in grounds.keys.items()
            ) and all(
                self.userinfo.ask(url, token=tokens[number]) == body
                for (url, number), body in grounds.words.items()
            )
        except (KeysUnavailable, UserinfoRefused):
            return False


# ---- noticing what is looked at ------------------------------------------------------------------


class NotedKeys:
    """Finds keys like the cache that it asks, and notes what was found."""

    def __init__(self, keys: KeyCache, grounds: Grounds) -> None:
        self._keys, self._grounds = keys, grounds

    def find(self, url: str, *, kid: str, algorithm: str) -> Key | None:
        try:
            found = self._keys.find(url, kid=kid, algorithm=algorithm)
        except KeysUnavailable:
            self._grounds.is_lasting = False
            raise
        known = self._grounds.keys.setdefault((url, kid, algorithm), found)
        self._grounds.is_lasting &= known is found
        return found


class NotedUserinfo:
    """Asks like the cache that it asks, and notes what was said of which of some tokens."""

    def __init__(self, userinfo: UserinfoCache, grounds: Grounds, tokens: Sequence[str]) -> None:
        self._userinfo, self._grounds, self._tokens = userinfo, grounds, tokens

    def ask(self, url: str, *, token: str) -> bytes:
        body = self._userinfo.ask(url, token=token)
        self._grounds.words[url, self._tokens.index(token)] = body
        return body
