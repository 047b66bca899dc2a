"""Reading what a member of the network says of itself, over whatever transport is handed in."""

from collections.abc import Callable
from dataclasses import replace

from beacon_node.beacon_v2 import foreign
from beacon_node.beacon_v2.abilities import (
    DOCUMENTS,
    UNKNOWN,
    Abilities,
    Form,
    api_root,
    learn,
)
from beacon_node.beacon_v2.asking import canary
from beacon_node.beacon_v2.parse import parse_post
from beacon_node.beacon_v2.reading import read_answer
from beacon_node.beacon_v2.received import Target
from beacon_node.errors import Unreachable
from beacon_node.model.entries import EntryType
from beacon_node.model.federation import Came, Member, MemberKind
from beacon_node.ports import Received, Sent, Transport

Timing = Callable[[], float]
"""Seconds of a clock that never goes back."""


class Documents:
    """Reads one member's documents, all before one moment."""

    def __init__(self, transport: Transport, member: Member, until: float, timing: Timing) -> None:
        self._transport, self._member = transport, member
        self._until, self._timing = until, timing

    def read(self) -> Abilities:
        """Return what the member says of itself. Raises Unreachable if nothing can be had."""
        documents = {path: body for path in DOCUMENTS if (body := self._get(path))}
        found = learn(self._member, documents) if documents else UNKNOWN
        if self._member.kind is MemberKind.BEACON:
            return self._in_its_form(found)
        return found

    def _get(self, path: str) -> bytes:
        """Return a document, whole where it comes in pages; empty if it is not to be had."""
        for suffix in _WHOLE.get(path, ("",)):
            asked = f"{api_root(self._member)}{path}{suffix}"
            try:
                received = self._send(Sent("GET", asked, b"", _HEADERS))
            except Unreachable:
                if path == DOCUMENTS[0]:
                    raise  # nobody is there
                return b""
            if received.status == 200 and _says_something(path, received.body):
                return received.body
        return b""

    def _send(self, sent: Sent) -> Received:
        left_s = self._until - self._timing()
        if left_s <= 0:
            raise Unreachable("its own documents took too long to read", is_timeout=True)
        return self._transport.send(self._member, sent, timeout_s=left_s)

    def _in_its_form(self, known: Abilities) -> Abilities:
        """Return `known` with the form in which a beacon says no to what nobody carries."""
        says_yes = False
        for form in Form:
            sent = canary(self._member, known, form)
            if not isinstance(sent, Sent):
                continue
            row = read_answer(self._member, self._send(sent), _CANARY)
            if row.exists is False:
                return replace(known, form=form)
            if row.came is Came.NOT_PERMITTED:
                return known
            says_yes = says_yes or bool(row.exists)
        return replace(known, reads=not says_yes)


_HEADERS = {"Accept": "application/json"}
_WHOLE = {
    "/filtering_terms": ("?limit=0", ""),
    "/datasets": ("?limit=0&requestedGranularity=record", ""),
}
_CANARY = parse_post(Target(EntryType.GENOMIC_VARIANT), {"requestedGranularity": "boolean"})


def _says_something(path: str, body: bytes) -> bool:
    """Say whether a document is one: to some servers a limit of 0 means none at all."""
    response = foreign.mapping((foreign.document(body) or {}).get("response"))
    listed = {"/filtering_terms": "filteringTerms", "/datasets": "collections"}.get(path)
    if path == "/service-info":  # which alone has no envelope
        return foreign.document(body) is not None
    return bool(response.get(listed)) if listed else bool(response)
