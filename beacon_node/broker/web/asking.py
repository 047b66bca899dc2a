"""`/ask.json` and `/ask/stream`: what is typed into the search box, asked of every member."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from flask import Flask, Response

from beacon_node.beacon_v2.received import Rules
from beacon_node.beacon_v2.render import summarize
from beacon_node.beacon_v2.typed import Question, question_of, read_typed
from beacon_node.broker.ask import Desk
from beacon_node.broker.asker import Asker
from beacon_node.broker.merge import totals
from beacon_node.broker.web.askers import WhoAsks
from beacon_node.broker.web.stream import Events, event, kept_alive, stream_response
from beacon_node.errors import BeaconNodeError
from beacon_node.model.federation import Came, MemberRow
from beacon_node.model.federation_documents import row_document, totals_document
from beacon_node.web.errors import http_error
from beacon_node.web.requests import arguments
from beacon_node.web.responses import json_response


@dataclass(frozen=True, slots=True, repr=False)
class SearchBox:
    """Answers what is typed; the page and the programs of researchers ask the same."""

    desk: Desk
    rules: Rules
    who_asks: WhoAsks

    def question(self) -> tuple[Question, Asker]:
        """Return what the present request asks, and who asks it.

        Raises InvalidRequest, or NotAuthenticated for a token that fails a check.
        """
        return question_of(read_typed(arguments()), self.rules), self.who_asks()

    def rows(self, question: Question, asker: Asker) -> Iterator[MemberRow]:
        return self.desk.ask(question.parsed, asker)

    def waiting(self) -> list[MemberRow]:
        """Return the rows of all members before anything came."""
        return [MemberRow(one.id, one.name, Came.WAITING) for one in self.desk.members()]

    # ---- whole, and as it comes ------------------------------------------------------------------

    def whole(self) -> Response:
        question, asker = self.question()
        order = [member.id for member in self.desk.members()]
        rows = sorted(self.rows(question, asker), key=lambda row: _place(order, row.member))
        counted = question.parsed.query.entry_type.counts
        document = {
            "understood": question.words,
            "question": question_document(question),
            "members": [row_document(row) for row in rows],
            "summary": totals_document(totals(rows, counted)),
        }
        return json_response(document)

    def streamed(self) -> Response:
        """Answer with events, also where nothing could be asked: a browser that listens for events
        cannot read any other response."""
        try:
            question, asker = self.question()
            rows = self.rows(question, asker)
        except BeaconNodeError as error:
            told = http_error(error)
            problem = event("problem", {"message": told.message, "status": told.status})
            return stream_response([problem])
        return stream_response(kept_alive(self._events(question, rows)))

    def _events(self, question: Question, rows: Iterator[MemberRow]) -> Events:
        understood = {
            "words": question.words,
            "question": question_document(question),
            "members": [row_document(row) for row in self.waiting()],
        }
        yield event("understood", understood)
        come = []
        try:
            for row in rows:
                come.append(_without_records(row))
                yield event("member", {"row": row_document(row)})
        except BeaconNodeError as error:
            told = http_error(error)
            yield event("problem", {"message": told.message, "status": told.status})
            return
        counted = question.parsed.query.entry_type.counts
        yield event("done", totals_document(totals(come, counted)))


def _without_records(row: MemberRow) -> MemberRow:
    """Return a row as the totals need it: records have left already."""
    return replace(row, result_sets=(), collections=())


def _place(order: list[str], member: str) -> int:
    return order.index(member) if member in order else len(order)


def question_document(question: Question) -> dict:
    """Return what is asked, as an answer of the API echoes it."""
    parsed = question.parsed
    return {
        "entryType": parsed.query.entry_type,
        "countOf": parsed.query.entry_type.counts,
        "assemblyWasAssumed": question.is_assembly_assumed,
        **summarize(parsed.received),
    }


def add_search_box(app: Flask, box: SearchBox) -> None:
    """Give `app` `/ask.json` and `/ask/stream`."""
    app.add_url_rule("/ask.json", view_func=box.whole, methods=["GET"])
    app.add_url_rule("/ask/stream", view_func=box.streamed, methods=["GET"])
