"""The present request as the signed question of a broker: its message, its path, its visas."""

from collections.abc import Callable
from urllib.parse import quote

import orjson
from flask import Response, request

from beacon_node.errors import InvalidRequest, NotAuthenticated
from beacon_node.model.federation import MESSAGE_HEADER

_VARIABLE = "HTTP_BEACON_MESSAGE"  # as WSGI calls the header


def present_message() -> str | None:
    return request.environ.get(_VARIABLE)


def asked_path() -> str:
    """Return the present request's path below the url of whoever is asked, with what is asked in
    it."""
    path = quote(request.environ["PATH_INFO"].encode("latin-1"))
    asked = request.environ.get("QUERY_STRING", "")
    return f"{path}?{asked}" if asked else path


def shown_visas() -> tuple[object, ...]:
    """Return the visas in the body of the present request; whoever answers it looks at the rest.

    Raises NotAuthenticated for the researcher's own tokens, which stay with their broker.
    """
    try:
        body = orjson.loads(request.get_data(cache=True))
    except orjson.JSONDecodeError:
        body = None
    found = body if isinstance(body, dict) else {}
    if "HTTP_AUTHORIZATION" in request.environ or "passports" in found:
        raise NotAuthenticated("a broker's question brings visas only, no token of its researcher")
    visas = found.get("visas", [])
    if not isinstance(visas, list):
        raise InvalidRequest("visas: a list is expected")
    return tuple(visas)


def with_message(response: Response, message: Callable[[int, bytes], str]) -> Response:
    """Return the response to a question with the message that is made of its status and body."""
    response.direct_passthrough = False
    body = b"" if request.method == "HEAD" else response.get_data()
    response.headers[MESSAGE_HEADER] = message(response.status_code, body)
    response.headers["Cache-Control"] = "no-store"
    return response
