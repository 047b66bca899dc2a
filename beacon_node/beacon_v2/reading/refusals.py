"""What a member sent instead of an answer: an error, by its status or by its body; a redirect."""

from collections.abc import Mapping

from beacon_node.beacon_v2 import foreign
from beacon_node.model.federation import Came, Member, MemberKind, MemberRow
from beacon_node.ports import Received

_NOT_UNDERSTOOD = frozenset({400, 404, 405, 406, 410, 413, 414, 415, 422, 501})
_NOT_PERMITTED = frozenset({401, 403, 407, 451})
_REDIRECTS = range(300, 400)


def refused(member: Member, came: Came, reason: str, **more: object) -> MemberRow:
    """Return the row of a member that told nothing."""
    return MemberRow(member.id, member.name, came, reason, **more)


def read_refusal(member: Member, received: Received, document: Mapping | None) -> MemberRow | None:
    """Return the row of a response that is an error by its status or its body, None for others."""
    status = received.status
    if status in _REDIRECTS:
        return refused(member, Came.FAILED, "it sends elsewhere, which is not followed")
    error = foreign.mapping((document or {}).get("error"))
    said = foreign.text(error.get("errorMessage") or error.get("errormessage"))
    if status < 400:
        told = foreign.whole(error.get("errorCode"))
        if not said and not told:
            return None
        status = told if told in range(400, 600) else 500
    came = _came(member, received, status)
    reason = said or f"it answered HTTP {status}"
    return refused(member, came, reason, is_missing=status == 404)


def _came(member: Member, received: Received, status: int) -> Came:
    if status in _NOT_UNDERSTOOD:
        return Came.NOT_UNDERSTOOD
    if status in _NOT_PERMITTED:
        return Came.NOT_PERMITTED
    # Our nodes name no time after which a budget comes back: it does not.
    is_spent = status == 429 and "retry-after" not in received.headers
    if is_spent and member.kind is not MemberKind.BEACON:
        return Came.BUDGET_SPENT
    return Came.FAILED
