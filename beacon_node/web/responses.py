"""JSON responses with the headers that every API answer carries."""

from collections.abc import Mapping

import orjson
from flask import Response
from werkzeug.datastructures import Headers

# An answer is for whoever asked: it is not kept, framed, sniffed or run.
_HEADERS = (
    ("Content-Type", "application/json"),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"),
)


def json_response(
    document: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Return `document` as a JSON response; dataclasses and enums are not for it, values are."""
    response = Response(orjson.dumps(document), status, Headers(list(_HEADERS)))
    if headers:
        response.headers.update(headers)
    return response
