"""Errors → HTTP: status and words come from `errors.py`, nothing unforeseen is ever shown."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from flask import Flask, Response, request
from werkzeug.exceptions import HTTPException

from beacon_node.errors import (
    BeaconNodeError,
    BudgetSpent,
    NoNodeAnswered,
    NotAuthenticated,
    QuotaExceeded,
    StoreUnavailable,
)
from beacon_node.model.login import ProviderUnavailable
from beacon_node.ports import Randomness
from beacon_node.web.incidents import in_brief, keep_trace

RETRY_AFTER_S = 60
_UNAVAILABLE = "this node cannot answer just now, and its operator's log says why; ask again later"
_LOG = logging.getLogger("beacon_node.web")

_WORDS = {
    404: "there is no such path here; /api/map lists what there is",
    405: "this path does not take that method",
    413: "the request is larger than this node accepts",
    415: "the request has a content type that is not understood",
}


@dataclass(frozen=True, slots=True)
class HttpError:
    """What an error response says."""

    status: int
    message: str
    headers: dict[str, str] = field(default_factory=dict)


def http_error(error: BeaconNodeError) -> HttpError:
    """Return how one of our own errors is told; what went wrong inside is told to the log alone."""
    headers = {}
    if isinstance(error, NotAuthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    comes_back = isinstance(error, QuotaExceeded | StoreUnavailable | ProviderUnavailable)
    if comes_back and not isinstance(error, BudgetSpent):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    if error.http_status < 500 or isinstance(error, ProviderUnavailable | NoNodeAnswered):
        return HttpError(error.http_status, str(error), headers)
    _LOG.error("%s: %s", type(error).__name__, error)
    return HttpError(error.http_status, _UNAVAILABLE, headers)


def handle_errors(
    app: Flask, render: Callable[[HttpError], Response], randomness: Randomness
) -> None:
    """Make `app` answer every error with `render`: ours, the framework's and the unforeseen."""

    @app.errorhandler(BeaconNodeError)
    def ours(error: BeaconNodeError) -> Response:
        return render(http_error(error))

    @app.errorhandler(HTTPException)
    def frameworks(error: HTTPException) -> Response:
        return render(_frameworks(error))

    @app.errorhandler(Exception)
    def unforeseen(error: Exception) -> Response:
        incident = randomness.bytes(6).hex()
        kept = keep_trace(incident, error) or "its trace could not be kept"
        _LOG.error("incident %s on %s: %s (%s)", incident, request.url_rule, in_brief(error), kept)
        return render(HttpError(500, f"something went wrong here; incident {incident}"))


def _frameworks(error: HTTPException) -> HttpError:
    status = error.code or 500
    headers = {}
    allowed = getattr(error, "valid_methods", None)
    if allowed:
        headers["Allow"] = ", ".join(sorted(allowed))
    return HttpError(status, _WORDS.get(status, error.name.lower()), headers)
