"""Which pages of other sites may read our answers: none unless the operator lists them."""

from flask import Flask, Response, request


def allow_origins(app: Flask, origins: tuple[str, ...]) -> None:
    """Let pages of `origins` read answers (CORS); `*` stands for all. Never with credentials."""
    if not origins:
        return

    @app.after_request
    def tell(response: Response) -> Response:
        origin = request.headers.get("Origin", "")
        response.headers.add("Vary", "Origin")
        if origin in origins or (origin and "*" in origins):
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, HEAD, OPTIONS"
            response.headers["Access-Control-Allow-Headers"] = "Content-Type, Authorization"
        return response
