"""What a clearinghouse holds while it runs: whom it trusts, their keys, their userinfo."""

from dataclasses import dataclass, field
from pathlib import Path

import requests

from beacon_node.identity.keys import KeyCache
from beacon_node.identity.proved import ProvedCache
from beacon_node.identity.trust_file import TrustFile
from beacon_node.identity.userinfo import UserinfoCache
from beacon_node.ports import Clock


@dataclass(frozen=True, slots=True, repr=False)
class Clearinghouse:
    """Made once per process by whoever answers requests."""

    trusted: TrustFile
    keys: KeyCache
    userinfo: UserinfoCache
    proved: ProvedCache = field(default_factory=ProvedCache)


def open_clearinghouse(
    path: Path | None, own_audience: str, session: requests.Session, clock: Clock
) -> Clearinghouse:
    """Return a clearinghouse that trusts whom the file at `path` names (None: nobody).

    Raises ConfigurationError naming the key. Nothing is fetched before a token asks for it.
    """
    trusted = TrustFile(path, frozenset({own_audience}))
    return Clearinghouse(trusted, KeyCache(session, clock), UserinfoCache(session, clock))
