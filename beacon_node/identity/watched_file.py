"""A file of the operator's that is obeyed by every process from the next request on."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from beacon_node.errors import ConfigurationError, StoreUnavailable

MAX_BYTES = 1_000_000
Meaning = TypeVar("Meaning")


@dataclass(frozen=True, slots=True, repr=False)
class _Read(Generic[Meaning]):
    raw: bytes
    meaning: Meaning


class WatchedFile(Generic[Meaning]):
    """What a file says now.

    Its bytes are read each time (tens of microseconds) and interpreted only when they changed: no
    time stamp can hide an edit. `interpret` raises ConfigurationError, naming the key.
    """

    def __init__(self, path: Path, interpret: Callable[[bytes], Meaning]) -> None:
        self.path, self._interpret = path, interpret
        self._lock = Lock()
        self._last: _Read[Meaning] | None = None

    def check(self) -> Meaning:
        """Return what it says. Raises ConfigurationError if it cannot be used."""
        raw = bytes_of(self.path)
        with self._lock:
            if self._last is None or self._last.raw != raw:
                self._last = _Read(raw, self._interpret(raw))
            return self._last.meaning

    def current(self) -> Meaning:
        """Return the same. StoreUnavailable while the file is broken or gone: what it revoked must
        not come back."""
        try:
            return self.check()
        except ConfigurationError as error:
            raise StoreUnavailable(str(error)) from error


def bytes_of(path: Path) -> bytes:
    """Return what a file holds. Raises ConfigurationError if it cannot be read or is too large."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        problem = (error.strerror or "unknown error").lower()
        raise ConfigurationError(f"{path} cannot be read: {problem}") from error
    if len(raw) > MAX_BYTES:
        raise ConfigurationError(f"{path} is larger than {MAX_BYTES:,} bytes")
    return raw
