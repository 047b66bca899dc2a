"""JSON responses with the headers that every API answer carries."""

from collections.abc import Callable, Iterable, Mapping

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


class JsonResponse(Response):
    """A response whose headers are complete when it is made."""

    def get_wsgi_headers(self, environ: dict) -> Headers:
        return self.headers  # the framework would copy them to look for what is missing

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "HEAD" or not isinstance(self.response, list):
            return super().__call__(environ, start_response)
        start_response(self.status, self.headers.to_wsgi_list())
        return self.response


class _Own(Headers):
    """Headers that are made here: the framework need not look for what cannot stand in one."""

    def __init__(self, pairs: Iterable[tuple[str, str]] = ()) -> None:
        self._list = list(pairs)


def json_response(
    document: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> JsonResponse:
    """Return `document` (plain values only) as a JSON response."""
    body = orjson.dumps(document)
    told = _Own([*_HEADERS, ("Content-Length", str(len(body)))])
    response = JsonResponse([body], status, told)
    if headers:
        response.headers.update(headers)
    return response


def send_json(document: object, start_response: Callable) -> list[bytes]:
    """Answer a WSGI request with `document` as `json_response` does, without the framework."""
    body = orjson.dumps(document)
    start_response("200 OK", [*_HEADERS, ("Content-Length", str(len(body)))])
    return [body]


def csv_response(name: str, text: str) -> Response:
    """Return a table as the file `name`.csv."""
    told = Headers(_HEADERS)
    told["Content-Type"] = "text/csv; charset=utf-8"
    told["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return Response(text, 200, told)
