"""What the JSON body of a request says."""

from collections.abc import Mapping
from typing import Any

import orjson
from flask import request

from beacon_node.errors import InvalidRequest
from beacon_node.node_web.network import without_visas


def json_body(expected: set[str]) -> dict[str, Any]:
    """Return the JSON object of the present request; passports and visas in it were looked at
    already."""
    try:
        body = without_visas(orjson.loads(request.get_data(cache=True)))
    except orjson.JSONDecodeError as error:
        raise InvalidRequest("the request body is not valid JSON") from error
    if not isinstance(body, dict):
        raise InvalidRequest("the request body: an object is expected")
    body.pop("passports", None)
    if strange := sorted(body.keys() - expected):
        expected_words = ", ".join(sorted(expected))
        raise InvalidRequest(f"{strange[0]}: not known here; expected are: {expected_words}")
    return body


def text_in(found: Mapping, field: str, default: str | None = None) -> str:
    """Return a text of a body; it must be there unless there is a default."""
    told = found.get(field, default)
    if not isinstance(told, str):
        raise InvalidRequest(f"{field}: a text is expected")
    return told
