"""`trusted_issuers.toml`: whom the node trusts, read again at each request that brings a token."""

from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from beacon_node.errors import ConfigurationError, StoreUnavailable
from beacon_node.identity.trust_toml import read_trust
from beacon_node.model.trust import Trust

MAX_BYTES = 1_000_000


@dataclass(frozen=True, slots=True, repr=False)
class _Read:
    raw: bytes
    trust: Trust


class TrustFile:
    """The operator's file. Who edits it is obeyed by every process from the next request on.

    Its bytes are read each time (tens of microseconds) and interpreted only when they changed: no
    time stamp can hide an edit. `path` None: nobody is trusted.
    """

    def __init__(self, path: Path | None, own_audiences: frozenset[str]) -> None:
        self._path, self._own = path, own_audiences
        self._lock, self._last = Lock(), None
        self.check()

    def check(self) -> None:
        """Raises ConfigurationError naming the key if the file cannot be used."""
        self._current()

    def trust(self) -> Trust:
        """Return whom to trust now. StoreUnavailable while the file is broken or gone: what it
        revoked must not come back."""
        try:
            return self._current()
        except ConfigurationError as error:
            raise StoreUnavailable(str(error)) from error

    def _current(self) -> Trust:
        if self._path is None:
            return Trust()
        raw = _bytes_of(self._path)
        with self._lock:
            if self._last is None or self._last.raw != raw:
                self._last = _Read(raw, self._interpreted(raw))
            return self._last.trust

    def _interpreted(self, raw: bytes) -> Trust:
        found = read_trust(raw, str(self._path))
        return replace(found, audiences=found.audiences | self._own)


def _bytes_of(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = (error.strerror or "unknown error").lower()
        raise ConfigurationError(f"{path} cannot be read: {problem}") from error
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(f"{path} is larger than {MAX_BYTES:,} bytes")
    return raw
