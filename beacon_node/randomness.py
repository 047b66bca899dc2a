"""The real sources of chance and time."""

import secrets
from datetime import UTC, datetime


class SystemRandomness:
    """Randomness from the operating system."""

    def bytes(self, count: int) -> bytes:
        return secrets.token_bytes(count)


class SystemClock:
    """The machine's clock, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)
