"""The network's pages: one search box, a line per site that fills in, and the list of sites.

Without scripts a question is a form that is sent, and its page comes with every line in it. With
them, the same lines come as they are there: made here too, so that everything is escaped once.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, Response, request, send_from_directory

from beacon_node.beacon_v2.typed import Question, Typed, question_of, read_typed
from beacon_node.broker.web.apply_line import Reached
from beacon_node.broker.web.asking import SearchBox
from beacon_node.broker.web.frame import Frame
from beacon_node.broker.web.page_views import (
    ENTRIES,
    AskedView,
    answer_view,
    asked_view,
    site_view,
    waiting_row,
)
from beacon_node.broker.web.row_view import row_view, sentence
from beacon_node.broker.web.stream import Events, event, kept_alive, stream_response
from beacon_node.errors import BeaconNodeError, NotPermitted
from beacon_node.model.federation import MemberRow
from beacon_node.model.genome import Assembly
from beacon_node.model.row_table import COLUMNS, table_rows
from beacon_node.model.spreadsheet import csv_text
from beacon_node.web.errors import http_error
from beacon_node.web.pages import POLICY, add_style
from beacon_node.web.requests import arguments
from beacon_node.web.responses import csv_response

TEMPLATES = Path(__file__).parent / "templates"
_STATIC = Path(__file__).parent / "static"
_EXAMPLES = ("17-43045711-C-T", "rs6025", "BRCA1", "BRAF V600E", "7:140719327-140924929")
_SCRIPTS = {"Content-Security-Policy": f"{POLICY}; script-src 'self'; connect-src 'self'"}
_MOST_TERMS = 300  # that the field for filters offers
_KEPT_S = 3_600  # that a browser keeps styles and scripts
_FROM_ELSEWHERE = (
    "This question came from another site. Look at it, then ask: while you are logged in it is "
    "asked in your name."
)


@dataclass(frozen=True, slots=True, repr=False)
class NetworkPages:
    """The handlers. `terms` are what can be filtered by."""

    frame: Frame
    box: SearchBox
    terms: Callable[[], Sequence[Mapping]] = lambda: ()

    # ---- asking ------------------------------------------------------------------------------

    def home(self) -> Response:
        """Show the search box and, for a question in the address, all that the sites say."""
        typed, told = Typed(), {}
        try:
            typed = read_typed(_pairs())
            if typed.text or typed.filters:
                told["answer"] = self._answered(typed)
        except BeaconNodeError as error:
            found = http_error(error)
            told = {"problem": sentence(found.message), "status": found.status}
        return self._page("ask.html", "ask", asked=asked_view(typed), **told)

    def _answered(self, typed: Typed) -> object:
        question = question_of(typed, self.box.rules)
        asker = self.box.who_asks()
        if asker.subject is not None and not _is_own():
            raise NotPermitted(_FROM_ELSEWHERE)
        rows = list(self.box.rows(question, asker))
        return self._view(typed, question, rows)

    def rows(self) -> Response:
        """Send the parts of the answer as they come, for our own page alone."""
        try:
            typed = read_typed(_pairs())
            question, asker = question_of(typed, self.box.rules), self.box.who_asks()
            if not _is_own():
                raise NotPermitted(_FROM_ELSEWHERE)
            coming = self.box.rows(question, asker)
        except BeaconNodeError as error:
            problem = self.frame.pages.text(
                "problem.html", problem=sentence(http_error(error).message)
            )
            return stream_response([event("problem", {"html": problem})])
        return stream_response(kept_alive(self._events(typed, question, coming)))

    def _events(self, typed: Typed, question: Question, coming: Iterator[MemberRow]) -> Events:
        yield event("begin", {"html": self._text("answer.html", typed, question, [])})
        come: list[MemberRow] = []
        organizations = {one.id: one.organization for one in self.box.desk.members()}
        for row in coming:
            come.append(row)
            shown = row_view(row, organizations.get(row.member, ""))
            html = self.frame.pages.text("row.html", row=shown)
            yield event("member", {"id": f"row-{row.member}", "html": html})
            yield event("tally", {"html": self._text("tally.html", typed, question, come)})
            yield event("apply", {"html": self._text("apply_line.html", typed, question, come)})
        yield event("done", {})

    def _text(self, template: str, typed: Typed, question: Question, rows: list[MemberRow]) -> str:
        return self.frame.pages.text(template, answer=self._view(typed, question, rows))

    def _view(self, typed: Typed, question: Question, rows: list[MemberRow]) -> object:
        members = self.box.desk.members()
        url = self.frame.broker.settings.public_url
        reached = Reached(url, has_logins=self.frame.sessions is not None)
        return answer_view(typed, question, rows, members, reached)

    def table(self) -> Response:
        """Answer with the rows as CSV."""
        typed = read_typed(_pairs())
        question, asker = question_of(typed, self.box.rules), self.box.who_asks()
        if asker.subject is not None and not _is_own():
            raise NotPermitted(_FROM_ELSEWHERE)
        found = {row.member: row for row in self.box.rows(question, asker)}
        ordered = [found.get(one.id) or waiting_row(one) for one in self.box.desk.members()]
        return csv_response("answers", csv_text(COLUMNS, table_rows(ordered)))

    # ---- who is asked ------------------------------------------------------------------------

    def sites(self) -> Response:
        members = self.box.desk.members()
        found = self.frame.broker.state.health.all_health(one.id for one in members)
        zone = self.frame.broker.settings.zone
        shown = [site_view(one, health, zone) for one, health in zip(members, found, strict=True)]
        return self._page("sites.html", "sites", sites=shown)

    def _offered(self) -> Sequence[Mapping]:
        return self.terms()[:_MOST_TERMS]

    def _page(self, template: str, here: str, status: int = 200, **told: object) -> Response:
        usual = {
            "sites": self.box.desk.members(),
            "examples": _EXAMPLES,
            "assemblies": ("", *Assembly),
            "entries": ENTRIES,
            "terms": [(one["id"], one.get("label") or one["id"]) for one in self._offered()],
            "asked": AskedView(),
            "answer": None,
            "problem": "",
        }
        return self.frame.page(template, here, status, _SCRIPTS, **{**usual, **told})


def add_pages(app: Flask, found: NetworkPages) -> None:
    """Give `app` its pages."""
    add_style(app)
    routes: tuple[tuple[str, Callable[..., Response]], ...] = (
        ("/", found.home),
        ("/ask", found.home),
        ("/ask/rows", found.rows),
        ("/ask.csv", found.table),
        ("/sites", found.sites),
        ("/static/<name>", static_file),
    )
    for path, handler in routes:
        app.add_url_rule(path, f"page {path}", handler, methods=["GET"])


def static_file(name: str) -> Response:
    response = send_from_directory(_STATIC, name, max_age=_KEPT_S)
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


def _pairs() -> list[tuple[str, str]]:
    """Return what the form says; in its one field filters stand with commas between them."""
    found = []
    for name, value in arguments():
        if name == "filter":
            found += [(name, one) for one in value.split(",")]
        elif value.strip():
            found.append((name, value))
    return found


def _is_own() -> bool:
    """Say whether the request comes from our own page, or from an address somebody typed or kept,
    not from a page of another site."""
    return request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none")
