"""The framework's application, without work for each request that ours never needs."""

from collections.abc import Callable, Iterable, Mapping

from flask import Flask, Request, Response
from werkzeug.routing import MapAdapter

_MOST_HOSTS = 64  # names of this server that are remembered: whoever asks chooses them

WsgiAnswer = Callable[[dict, Callable], Iterable[bytes]]


class Application(Flask):
    """All its handlers are plain functions, and it answers alike under all names of its server."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self._bound: dict[tuple, MapAdapter] = {}  # by what of a request names the server
        self._direct: Mapping[str, WsgiAnswer] = {}
        self._is_direct: Callable[[Mapping], bool] = lambda environ: False

    def answer_directly(
        self, answers: Mapping[str, WsgiAnswer], is_direct: Callable[[Mapping], bool]
    ) -> None:
        """Let GET requests to some paths, if their environment `is_direct`, be answered by plain
        WSGI applications: none of the framework's work for a request is done for them."""
        self._direct, self._is_direct = answers, is_direct

    def __call__(self, environ: dict, start_response: Callable) -> Iterable[bytes]:
        answer = self._direct.get(environ["PATH_INFO"])
        if answer is None or environ["REQUEST_METHOD"] != "GET" or not self._is_direct(environ):
            return super().__call__(environ, start_response)
        try:
            return answer(environ, start_response)
        except Exception as error:  # the outermost handler of what comes this way
            return self._unforeseen(error, environ)(environ, start_response)

    def _unforeseen(self, error: Exception, environ: dict) -> Response:
        """Return what any other request is answered after the same error."""
        with self.request_context(environ):
            return self.finalize_request(self.handle_user_exception(error), True)

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
