"""What an address answered instead of an answer → the errors of this project."""

import json
from collections.abc import Mapping

from beacon_node.errors import (
    BeaconNodeError,
    BudgetSpent,
    Conflict,
    InvalidRequest,
    NotAuthenticated,
    NotFound,
    NotPermitted,
    QuotaExceeded,
    StoreUnavailable,
    Unreachable,
)
from beacon_node.model.federation_documents import text

_LONGEST_WAIT_S = 3_600
_BY_STATUS: Mapping[int, type[BeaconNodeError]] = {
    400: InvalidRequest,
    401: NotAuthenticated,
    403: NotPermitted,
    404: NotFound,
    409: Conflict,
    422: InvalidRequest,
    503: StoreUnavailable,
}


class TryLater(QuotaExceeded):
    """Too many questions for now; `wait_s` is what the other side asks to wait."""

    def __init__(self, problem: str, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(problem)


class Unexpected(Unreachable):
    """Somebody answered, and not in a way that means anything here."""


def refusal(url: str, status: int, headers: Mapping[str, str], body: bytes) -> BeaconNodeError:
    """Return the error that a response other than 2xx means; `url` without its query."""
    if 300 <= status < 400:
        target = text(headers.get("Location")) or "nowhere"
        return Unexpected(f"{url} sends elsewhere ({target}), which is not followed")
    said = _message(body)
    if status == 429:
        return _too_often(url, headers, said)
    kind = _BY_STATUS.get(status)
    if kind is None:
        return Unexpected(f"{url} failed with HTTP {status}" + (f": {said}" if said else ""))
    return kind(said or f"{url} answered HTTP {status}")


def _too_often(url: str, headers: Mapping[str, str], said: str) -> QuotaExceeded:
    """Our nodes name no time for a budget that is spent, because it does not come back with it."""
    wait = headers.get("Retry-After")
    if wait is None and said:
        return BudgetSpent(said)
    seconds = int(wait) if wait and wait.isascii() and wait.isdecimal() and len(wait) < 9 else 1
    problem = said or f"{url} is asked too often"
    return TryLater(problem, min(seconds, _LONGEST_WAIT_S))


def _message(body: bytes) -> str:
    """Return the sentence of a Beacon error response, empty if there is none."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    error = found.get("error") if isinstance(found, dict) else None
    return text(error.get("errorMessage")) if isinstance(error, dict) else ""
