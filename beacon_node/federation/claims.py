"""The claims of messages, and the nouns that they are."""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from beacon_node.errors import InvalidRequest
from beacon_node.model.data_use import ResearchPurpose, purpose_document, read_purpose
from beacon_node.model.federation import Asserted, Question, Reply
from beacon_node.model.message import Fault, MessageRefused
from beacon_node.model.requester import Tier

_LONGEST = 255  # characters of a name
_LONGEST_PATH = 4_096
_LAST_SECOND = 253_402_300_799  # of the year 9999
_NUMBER = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)  # 16 bytes
_DIGEST = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)  # 32 bytes
_METHOD = re.compile(r"[A-Z]{1,16}", re.ASCII)
_TIERS = {tier.name.lower(): tier for tier in Tier}
_ABOUT = frozenset({"iss", "aud", "iat", "exp", "jti", "htm", "path", "sha256"})
_ASK = frozenset({"tier", "researcher", "organisation", "purpose"})


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


# ---- questions -----------------------------------------------------------------------------------


def about_claims(question: Question) -> dict[str, Any]:
    """Return the claims of a request without what is said of a researcher."""
    return {
        "iss": question.broker,
        "aud": question.node,
        "iat": int(question.at.timestamp()),
        "exp": int(question.until.timestamp()),
        "jti": question.number,
        "htm": question.method,
        "path": question.path,
        "sha256": base64url(question.digest),
    }


def question_claims(question: Question) -> dict[str, Any]:
    return about_claims(question) | {"ask": _ask(question.asserted)}


def _ask(asserted: Asserted) -> dict[str, Any]:
    told = {
        "tier": asserted.tier.name.lower(),
        "researcher": asserted.researcher,
        "organisation": asserted.organisation,
        "purpose": purpose_document(asserted.purpose) if asserted.purpose else None,
    }
    return {name: value for name, value in told.items() if value}


def read_question_claims(claims: Mapping[str, Any]) -> Question:
    """Return the question that claims are. Raises MessageRefused, naming the claim."""
    _refuse_unknown(claims, _ABOUT | {"ask"})
    return _about(claims, _read_ask(claims.get("ask")))


def read_about_claims(claims: Mapping[str, Any]) -> Question:
    """Return the request that claims without a researcher are. Raises MessageRefused."""
    _refuse_unknown(claims, _ABOUT)
    return _about(claims, Asserted())


def _about(claims: Mapping[str, Any], asserted: Asserted) -> Question:
    return Question(
        broker=_text(claims, "iss"),
        node=_text(claims, "aud"),
        at=_moment(claims, "iat"),
        until=_moment(claims, "exp"),
        number=_matching(claims, "jti", _NUMBER),
        method=_matching(claims, "htm", _METHOD),
        path=_path(claims),
        digest=_digest(claims),
        asserted=asserted,
    )


def _read_ask(found: object) -> Asserted:
    if not isinstance(found, dict):
        raise _bad("ask")
    _refuse_unknown(found, _ASK, "ask.")
    return Asserted(
        tier=_tier(found, "ask."),
        researcher=_text(found, "researcher", "ask.") if "researcher" in found else "",
        organisation=_text(found, "organisation", "ask.") if "organisation" in found else "",
        purpose=_purpose(found.get("purpose")) if "purpose" in found else None,
    )


def _purpose(found: object) -> ResearchPurpose:
    try:
        purpose = read_purpose(found) if isinstance(found, dict) else None
    except InvalidRequest as error:
        raise MessageRefused(Fault.CLAIMS, f"ask.{error}") from error
    if purpose is None or not purpose.categories:  # nobody can be bound to no purpose
        raise _bad("ask.purpose")
    return purpose


# ---- replies -------------------------------------------------------------------------------------


def reply_claims(reply: Reply) -> dict[str, Any]:
    return {
        "iss": reply.node,
        "aud": reply.broker,
        "iat": int(reply.at.timestamp()),
        "exp": int(reply.until.timestamp()),
        "re": reply.number,
        "status": reply.status,
        "sha256": base64url(reply.digest),
        "tier": reply.tier.name.lower(),
    }


def read_reply_claims(claims: Mapping[str, Any]) -> Reply:
    """Return the reply that claims are; others that a newer node adds are passed over."""
    status = claims.get("status")
    if type(status) is not int or not 100 <= status <= 599:
        raise _bad("status")
    return Reply(
        node=_text(claims, "iss"),
        broker=_text(claims, "aud"),
        at=_moment(claims, "iat"),
        until=_moment(claims, "exp"),
        number=_matching(claims, "re", _NUMBER),
        status=status,
        digest=_digest(claims),
        tier=_tier(claims),
    )


# ---- single claims -------------------------------------------------------------------------------


def _bad(name: str) -> MessageRefused:
    return MessageRefused(Fault.CLAIMS, name)


def _refuse_unknown(claims: Mapping[str, Any], known: frozenset[str], place: str = "") -> None:
    """Refuse what is not known here: it may be meant to narrow what is asked."""
    if not claims.keys() <= known:
        names = ", ".join(f"{place}{name}" for name in sorted(known))
        raise MessageRefused(Fault.CLAIMS, f"known here are {names} only")


def _text(claims: Mapping[str, Any], name: str, place: str = "") -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST or not found.isprintable():
        raise _bad(f"{place}{name}")
    return found


def _matching(claims: Mapping[str, Any], name: str, form: re.Pattern[str]) -> str:
    found = claims.get(name)
    if not isinstance(found, str) or not form.fullmatch(found):
        raise _bad(name)
    return found


def _moment(claims: Mapping[str, Any], name: str) -> datetime:
    found = claims.get(name)
    if type(found) is not int or not 0 <= found <= _LAST_SECOND:
        raise _bad(name)
    return datetime.fromtimestamp(found, UTC)


def _path(claims: Mapping[str, Any]) -> str:
    found = claims.get("path")
    if not isinstance(found, str) or not 0 < len(found) <= _LONGEST_PATH:
        raise _bad("path")
    if not found.startswith("/") or not found.isascii() or not found.isprintable():
        raise _bad("path")
    return found


def _digest(claims: Mapping[str, Any]) -> bytes:
    return base64.urlsafe_b64decode(_matching(claims, "sha256", _DIGEST) + "=")


def _tier(claims: Mapping[str, Any], place: str = "") -> Tier:
    found = claims.get("tier")
    if not isinstance(found, str) or found not in _TIERS:
        raise _bad(f"{place}tier")
    return _TIERS[found]
