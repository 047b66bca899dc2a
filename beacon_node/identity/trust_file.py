"""`trusted_issuers.toml`: whom the node trusts, read again at each request that brings a token."""

from dataclasses import replace
from functools import partial
from pathlib import Path

from beacon_node.identity.trust_toml import read_trust
from beacon_node.identity.watched_file import MAX_BYTES, WatchedFile
from beacon_node.model.trust import Trust

__all__ = ["MAX_BYTES", "TrustFile"]


class TrustFile:
    """The operator's list of trusted issuers. `path` None: nobody is trusted."""

    def __init__(self, path: Path | None, own_audiences: frozenset[str]) -> None:
        interpret = partial(_interpreted, file=str(path), own=own_audiences)
        self._file = WatchedFile(path, interpret) if path else None
        self.check()

    def check(self) -> None:
        """Raises ConfigurationError naming the key if the file cannot be used."""
        if self._file:
            self._file.check()

    def trust(self) -> Trust:
        """Return whom to trust now. StoreUnavailable while the file is broken or gone."""
        return self._file.current() if self._file else Trust()


def _interpreted(raw: bytes, *, file: str, own: frozenset[str]) -> Trust:
    found = read_trust(raw, file)
    return replace(found, audiences=found.audiences | own)
