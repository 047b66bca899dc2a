"""Asking a broker: its stream of events, as it is served at `/ask/stream`."""

import json
from collections.abc import Iterator
from typing import Any

from beacon_node.client.answers import Said, Search, Understood
from beacon_node.client.connection import Connection
from beacon_node.client.events import Event, read_events
from beacon_node.client.refusals import refusal
from beacon_node.errors import InvalidRequest, Unreachable
from beacon_node.model.federation import MemberRow
from beacon_node.model.federation_documents import read_row, read_totals, text

STREAM = "/ask/stream"


def ask_broker(connection: Connection, search: Search) -> Iterator[Said]:
    """Yield what was understood, then rows as they arrive, then what they say together; a later row
    of a site replaces its earlier one.

    Raises InvalidRequest for a question that was not understood, Unreachable if the answer breaks
    off or is none.
    """
    with connection.stream(STREAM, parameters(search)) as chunks:
        for event in read_events(chunks):
            found = _document(connection, event)
            match event.name:
                case "understood":
                    yield _understood(found)
                case "member":
                    yield _row(found.get("row", found))
                case "problem":
                    raise _problem(connection, found)
                case "done":
                    yield read_totals(found)
                    return
    raise Unreachable(f"the answer of {connection.url} broke off before its end; ask again")


def parameters(search: Search) -> list[tuple[str, str]]:
    """Return a question as the parameters of `/ask` and `/ask/stream`."""
    single = [
        ("q", search.text),
        ("assembly", search.assembly),
        ("granularity", search.granularity),
        ("entry", search.entry),
    ]
    told = [(name, value) for name, value in single if value]
    return told + [("filter", one) for one in search.filters]


def _understood(found: dict) -> Understood:
    rows = found.get("members")
    sites = tuple(_row(one) for one in rows) if isinstance(rows, list) else ()
    question = found.get("question")
    return Understood(
        text(found.get("words")), sites, question if isinstance(question, dict) else {}
    )


def _row(document: object) -> MemberRow:
    try:
        return read_row(document)
    except InvalidRequest as error:
        raise Unreachable(f"a row of the answer cannot be read: {error}") from error


def _problem(connection: Connection, found: dict) -> Exception:
    message = text(found.get("message")) or "the question was refused without a word"
    status = found.get("status")
    if not isinstance(status, int) or not 400 <= status < 600:
        return InvalidRequest(message)
    body = json.dumps({"error": {"errorMessage": message}}).encode()
    return refusal(connection.url, status, {}, body)


def _document(connection: Connection, event: Event) -> dict[str, Any]:
    try:
        found = json.loads(event.data)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Unreachable(f"{connection.url} sent an event that is no JSON object")
    return found
