"""Pages: rendered here from templates, with no script and nothing of other sites in them."""

from collections.abc import Mapping
from pathlib import Path

from flask import Flask, Response, request
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_HERE = Path(__file__).parent
# Own styles and forms, nothing else: also what an attacker could slip into a page does nothing.
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",  # not less: a browser sends no Origin with forms then
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Pages:
    """Renders the templates of one or more folders, the first that has one; what is put into them
    is escaped, and a name that is missing is an error."""

    def __init__(self, *folders: Path) -> None:
        self._templates = Environment(
            loader=FileSystemLoader([*folders, _HERE / "templates"]),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def page(
        self,
        template: str,
        /,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **told: object,
    ) -> Response:
        body = self.text(template, **told)
        return Response(body, status, {**_HEADERS, **(headers or {})})

    def text(self, template: str, /, **told: object) -> str:
        """Return a part of a page, for whoever puts it in its place later."""
        return self._templates.get_template(template).render(**told)


def wants_page() -> bool:
    """Say whether the present request is a browser's that wants to show something."""
    offered = ["application/json", "text/html"]
    return request.accept_mimetypes.best_match(offered) == "text/html"


def add_style(app: Flask) -> None:
    """Give `app` the styles of its pages, once."""
    if "style of pages" not in app.view_functions:
        app.add_url_rule("/pages.css", "style of pages", _style, methods=["GET"])


def _style() -> Response:
    body = (_HERE / "static" / "pages.css").read_text("utf-8")
    kept = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return Response(body, 200, kept, mimetype="text/css")
