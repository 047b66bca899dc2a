"""What a request brings, decoded: the pairs of its URL, the JSON of its body."""

from urllib.parse import unquote_plus

import orjson
from flask import request

from beacon_node.errors import InvalidRequest

MAX_PARAMETERS = 200  # in one URL


def arguments() -> list[tuple[str, str]]:
    """Return the decoded (name, value) pairs of the present request's URL."""
    return pairs_of(request.environ.get("QUERY_STRING", ""))


def pairs_of(written: str) -> list[tuple[str, str]]:
    """Return the decoded (name, value) pairs of what stands behind a URL's question mark."""
    if not written:
        return []
    parts = written.split("&")
    if len(parts) > MAX_PARAMETERS:
        raise InvalidRequest(f"the URL has more than {MAX_PARAMETERS} parameters")
    return [_decoded(part) for part in parts if part]


def _decoded(part: str) -> tuple[str, str]:
    if "%" in part or "+" in part:
        name, _, value = part.partition("=")
        return unquote_plus(name), unquote_plus(value)
    name, _, value = part.partition("=")
    return name, value


def json_body(*, keep: bool = False) -> object:
    """Return the decoded JSON body; an empty one is an empty object. `keep`: it is read again."""
    raw = request.get_data(cache=keep)
    if not raw.strip():
        return {}
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"the request body is not valid JSON (line {error.lineno}, column {error.colno})"
        ) from error
