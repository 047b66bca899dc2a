"""The framework's application, without work for each request that ours never needs."""

from collections.abc import Callable

from flask import Flask, Request
from werkzeug.routing import MapAdapter

_MOST_HOSTS = 64  # names of this server that are remembered: whoever asks chooses them


class Application(Flask):
    """All its handlers are plain functions, and it answers alike under all names of its server."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._bound: dict[tuple, MapAdapter] = {}  # by what of a request names the server

    def ensure_sync(self, func: Callable) -> Callable:
        return func

    def create_url_adapter(self, request: Request | None) -> MapAdapter | None:
        """Return what finds the handler of a request. The framework takes a server's name apart,
        twice, which is remembered here; it refuses names that are none."""
        if request is None:
            return super().create_url_adapter(None)
        environ = request.environ
        get = environ.get
        name = get("HTTP_HOST"), get("SERVER_NAME"), get("SERVER_PORT"), get("SCRIPT_NAME")
        key = (*name, environ["wsgi.url_scheme"])
        bound, asked = self._bound.get(key), get("QUERY_STRING", "")
        if bound is None or "HTTP_UPGRADE" in environ or not asked.isascii():
            return self._remembered(key, request)
        return MapAdapter(
            bound.map,
            bound.server_name,
            bound.script_name,
            bound.subdomain,
            bound.url_scheme,
            request.path,
            request.method,
            asked,
        )

    def _remembered(self, key: tuple, request: Request) -> MapAdapter | None:
        bound = super().create_url_adapter(request)
        if bound is not None and "HTTP_UPGRADE" not in request.environ:
            if len(self._bound) >= _MOST_HOSTS:
                self._bound.clear()
            self._bound[key] = bound
        return bound
