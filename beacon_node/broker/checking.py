"""Asks each member who it is, and says in plain words what is wrong: `beacon-node broker check`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

import orjson

from beacon_node.broker.broker import Broker
from beacon_node.broker.fan_out import Ask, fan_out
from beacon_node.errors import InvalidInput, NotAuthentic, Unreachable
from beacon_node.federation.checks import check_reply
from beacon_node.model.federation import LEEWAY, Came, Member, MemberKind, MemberRow
from beacon_node.model.federation_documents import text
from beacon_node.ports import Received, Sent

_HELLO = "/info"


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking one member found. `problems` are sentences; none: all is well."""

    member: Member
    problems: tuple[str, ...] = ()
    version: str = ""
    api_version: str = ""
    clock_ahead_s: float | None = None  # of ours; None: it did not say
    elapsed_s: float | None = None

    @property
    def is_well(self) -> bool:
        return not self.problems


def check_members(broker: Broker, members: tuple[Member, ...]) -> Iterator[Checked]:
    """Yield what was found out about each of `members`, as it comes."""
    found: dict[str, Checked] = {}

    def ask(member: Member, timeout_s: float) -> MemberRow:
        found[member.id] = _check(broker, member, timeout_s)
        return MemberRow(member.id, member.name, Came.ANSWERED)

    by_id = {member.id: member for member in members}
    for row in _rows(broker, members, ask):
        checked = found.get(row.member)
        if row.came is not Came.ANSWERED or checked is None:
            checked = Checked(by_id[row.member], (_sentence(row),))
        yield replace(checked, elapsed_s=row.elapsed_s)


def _rows(broker: Broker, members: tuple[Member, ...], ask: Ask) -> Iterator[MemberRow]:
    deadline_s = broker.settings.network.deadline_s
    return fan_out(broker.crew, members, ask, deadline_s=deadline_s)


def _sentence(row: MemberRow) -> str:
    return row.reason or str(row.came)


def _check(broker: Broker, member: Member, timeout_s: float) -> Checked:
    if member.kind is MemberKind.BEACON:
        received = broker.transport.send(member, Sent("GET", _HELLO), timeout_s=timeout_s)
        at = _date(received)
    else:
        received, at = _signed(broker, member, timeout_s)
    info = _info(received)
    told = info.get("response")
    ahead_s = (at - broker.clock.now()).total_seconds() if at else None
    return Checked(
        member,
        tuple(filter(None, (_of_another(member, info), _clock_problem(ahead_s)))),
        version=text(told.get("version")) if isinstance(told, Mapping) else "",
        api_version=text(_meta(info).get("apiVersion")),
        clock_ahead_s=ahead_s,
    )


def _signed(broker: Broker, member: Member, timeout_s: float) -> tuple[Received, datetime]:
    """Return a member's answer to a signed question, and its time as it signed it."""
    sent, question = broker.signer.question(member, Sent("GET", f"/api{_HELLO}"))
    received = broker.transport.send(member, sent, timeout_s=timeout_s)
    try:
        return received, _middle(check_reply(member, question, received).at)
    except NotAuthentic as error:
        told = f"; it said: {_error_words(received)}" if received.status >= 400 else ""
        raise NotAuthentic(f"{error}{told}") from error


def _info(received: Received) -> Mapping:
    """Return a member's `/info`. Raises Unreachable in the words of its refusal."""
    if received.status == 401:
        raise Unreachable(f"it does not take this broker's questions: {_error_words(received)}")
    if received.status != 200:
        raise Unreachable(f"it answered with status {received.status}: {_error_words(received)}")
    found = _json(received)
    if not isinstance(found, Mapping):
        raise InvalidInput("what it answers is no JSON object: is this the root of a Beacon v2?")
    return found


def _of_another(member: Member, info: Mapping) -> str:
    told = text(_meta(info).get("beaconId"))
    if told == member.id:
        return ""
    return f"it calls itself {told or 'nothing'}, and the registry calls it {member.id}"


def _clock_problem(ahead_s: float | None) -> str:
    if ahead_s is None or abs(ahead_s) <= LEEWAY.total_seconds():
        return ""
    which = "ahead of" if ahead_s > 0 else "behind"
    return f"its clock is {abs(ahead_s):,.0f} s {which} this machine's"


def _meta(info: Mapping) -> Mapping:
    found = info.get("meta")
    return found if isinstance(found, Mapping) else {}


def _error_words(received: Received) -> str:
    """Return what an error response of Beacon v2 says, made fit for one line."""
    found = _json(received)
    error = found.get("error") if isinstance(found, Mapping) else None
    message = text(error.get("errorMessage")) if isinstance(error, Mapping) else ""
    return message or "it does not say why"


def _json(received: Received) -> object:
    try:
        return orjson.loads(received.body)
    except orjson.JSONDecodeError:
        return None


def _date(received: Received) -> datetime | None:
    """Return the time in an answer's `Date`, which is of whole seconds."""
    try:
        found = parsedate_to_datetime(received.headers.get("date", ""))
    except ValueError:
        return None
    return _middle(found) if found.tzinfo else None


def _middle(at: datetime) -> datetime:
    """Return the middle of the second that a time of whole seconds is in."""
    return at + timedelta(seconds=0.5)
