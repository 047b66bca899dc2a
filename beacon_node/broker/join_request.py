"""Requests to become a member of the network, as they come and as they stand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beacon_node.crypto.ed25519 import PublicKey
from beacon_node.errors import InvalidInput, InvalidRequest
from beacon_node.identity.toml_table import is_address
from beacon_node.model.federation import Member, MemberKind

_LONGEST = 255  # characters of a text
_MEMBER_KEYS = frozenset({"id", "name", "url", "kind", "organization", "keys"})


class JoinStanding(StrEnum):
    """How a request stands."""

    WAITING = "waiting"
    APPROVED = "approved"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Who wants to become a member; `member` is as it would stand in the network."""

    member: Member
    contact: str
    asked_at: datetime
    standing: JoinStanding = JoinStanding.WAITING
    decided_at: datetime | None = None
    reason: str = ""

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The thumbprints of the keys (RFC 7638), which both sides compare by another way."""
        return fingerprints(self.member)


def fingerprints(member: Member) -> tuple[str, ...]:
    """Return the thumbprints of a member's keys (RFC 7638), in their order."""
    return tuple(PublicKey.from_x(key).id for key in member.keys)


def read_join_request(body: Mapping, now: datetime) -> JoinRequest:
    """Return the request that a body is, `{"member": {…}, "contact": …}`.

    Raises InvalidRequest, naming the field.
    """
    if unknown := sorted(body.keys() - {"member", "contact"}):
        raise InvalidRequest(f"{unknown[0]}: not known here")
    told = body.get("member")
    if not isinstance(told, dict):
        raise InvalidRequest("member: an object is expected")
    if unknown := sorted(told.keys() - _MEMBER_KEYS):
        raise InvalidRequest(f"member.{unknown[0]}: not known here")
    return JoinRequest(_member(told), _text(body, "contact", default=""), now)


def _member(told: Mapping) -> Member:
    organization, organization_url = _organization(told.get("organization", ""))
    return Member(
        id=_text(told, "id", "member."),
        name=_text(told, "name", "member."),
        url=_url(told.get("url"), "member.url"),
        kind=_kind(told.get("kind", MemberKind.NODE.value)),
        keys=_keys(told.get("keys")),
        organization=organization,
        organization_url=organization_url,
    )


def _organization(told: object) -> tuple[str, str]:
    """Return name and address of an organization: an object with both, or its name alone."""
    if isinstance(told, dict):
        url = told.get("url", "")
        return (
            _text(told, "name", "member.organization.", default=""),
            _url(url, "member.organization.url") if url else "",
        )
    return _text({"organization": told}, "organization", "member.", default=""), ""


def _kind(told: object) -> MemberKind:
    if told not in (MemberKind.NODE, MemberKind.BROKER):
        raise InvalidRequest("member.kind: node or broker is expected")
    return MemberKind(told)


def _keys(told: object) -> tuple[str, ...]:
    if not isinstance(told, list) or len(told) != 1:
        raise InvalidRequest("member.keys: the one key that signs is expected")
    texts = [key.get("x") if isinstance(key, dict) else key for key in told]
    try:
        return tuple(PublicKey.from_x(text).x for text in texts)
    except (InvalidInput, TypeError) as error:
        raise InvalidRequest("member.keys: an Ed25519 key is expected") from error


def _url(told: object, field: str) -> str:
    if not isinstance(told, str) or len(told) > _LONGEST or not is_address(told) or "?" in told:
        raise InvalidRequest(f"{field}: an https address without user, query and fragment expected")
    return told.rstrip("/")


def _text(told: Mapping, field: str, place: str = "", *, default: str | None = None) -> str:
    found = told.get(field, default)
    is_text = isinstance(found, str) and len(found) <= _LONGEST and found == found.strip()
    if not is_text or not found.isprintable() or not (found or default == ""):
        problem = f"a text of 1 to {_LONGEST} characters is expected"
        raise InvalidRequest(f"{place}{field}: {problem}")
    return found
