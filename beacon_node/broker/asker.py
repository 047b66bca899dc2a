"""Who asks a broker, and what of that each member is told.

A member learns a pseudonym that is its own: two members cannot find out that they were asked by the
same person, and none learns the researcher's identity or token. Of visas it gets those that name
its datasets, and what they need to be understood; where the researcher applied, those that say who
they are, which its committee knows.
"""

import hmac
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.federation import Asserted, Member, MemberKind
from beacon_node.model.passport import Subject, TokenRefused, VisaType
from beacon_node.model.requester import Tier
from beacon_node.model.tokens import read_token
from beacon_node.policy.visas.passports import VISA_CLAIM


@dataclass(frozen=True, slots=True, repr=False)
class CarriedVisa:
    """A visa as a researcher brought it; nothing in it is proved, which is for whoever reads it."""

    text: str
    type: str
    value: str
    subject: Subject
    has_conditions: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Asker:
    """Who asks. The default has proved nothing.

    `path` are the ids of the brokers that the question came through, the first of them first, and
    `within_s` how long the last of them waits. `applied` are those of the members to whose
    committees they applied through this broker.
    """

    subject: Subject | None = None
    tier: Tier = Tier.PUBLIC
    organisation: str = ""
    purpose: ResearchPurpose | None = None
    visas: tuple[CarriedVisa, ...] = ()
    path: tuple[str, ...] = ()
    within_s: float | None = None
    applied: frozenset[str] = frozenset()


ANYBODY = Asker()


def account_of(key: bytes, subject: Subject) -> str:
    """Return a researcher's id in the broker's own state: HMAC-SHA256, 128 bits in hex."""
    return f"acc-{_digest(key, 'account', subject)}"


def pseudonym_for(key: bytes, member_id: str, subject: Subject) -> str:
    """Return the name by which one member knows a researcher, the same at every question."""
    return f"res-{_digest(key, f'member {member_id}', subject)}"


def _digest(key: bytes, use: str, subject: Subject) -> str:
    named = json.dumps([use, subject.iss, subject.sub]).encode()
    return hmac.digest(key, named, "sha256")[:16].hex()


def asserted_to(member: Member, asker: Asker, key: bytes) -> Asserted:
    """Return what the broker says of `asker` to one member; of the anonymous nothing."""
    if member.kind is MemberKind.BEACON or asker.subject is None:
        return Asserted()
    return Asserted(
        tier=min(asker.tier, Tier.REGISTERED),
        researcher=pseudonym_for(key, member.id, asker.subject),
        organisation=asker.organisation,
        purpose=asker.purpose,
    )


# ---- visas ---------------------------------------------------------------------------------------


def carried_visas(texts: Iterable[str]) -> tuple[CarriedVisa, ...]:
    """Return the visas among texts that can be read at all."""
    return tuple(visa for visa in map(_carried, texts) if visa)


def _carried(text: str) -> CarriedVisa | None:
    try:
        claims = read_token(text).claims
    except TokenRefused:
        return None
    stated, iss, sub = claims.get(VISA_CLAIM), claims.get("iss"), claims.get("sub")
    if not isinstance(stated, dict) or not isinstance(iss, str) or not isinstance(sub, str):
        return None
    kind, value = stated.get("type"), stated.get("value")
    if not isinstance(kind, str) or not isinstance(value, str):
        return None
    return CarriedVisa(text, kind, value, Subject(iss, sub), bool(stated.get("conditions")))


def visas_for(member: Member, visas: Sequence[CarriedVisa]) -> tuple[str, ...]:
    """Return the visas that travel to `member`: grants whose value its `datasets` name.

    With them go affiliations if a grant has conditions, and links between identities if what
    travels is about more than one.
    """
    grants = [v for v in visas if v.type == VisaType.GRANT and v.value in member.datasets]
    if not grants or member.kind is MemberKind.BEACON:
        return ()
    is_conditional = any(visa.has_conditions for visa in grants)
    needed = [v for v in visas if v.type == VisaType.AFFILIATION] if is_conditional else []
    found = grants + needed
    if len({visa.subject for visa in found}) > 1:
        found += [visa for visa in visas if visa.type == VisaType.LINK]
    return tuple(visa.text for visa in found)


def travelling(member: Member, asker: Asker) -> tuple[str, ...]:
    """Return the visas that go to `member` with every question.

    Where somebody applied, who they are is known already; what its committee granted counts there
    while visas of the last hour show that it is they who ask.
    """
    if member.id in asker.applied:
        return identity_visas(member, asker.visas)
    return visas_for(member, asker.visas)


def identity_visas(member: Member, visas: Sequence[CarriedVisa]) -> tuple[str, ...]:
    """Return the visas that somebody who applies at `member` shows it: who they are, and what
    `visas_for` lets travel; other committees' grants do not."""
    told = set(visas_for(member, visas))
    return tuple(visa.text for visa in visas if visa.type in _WHO_ONE_IS or visa.text in told)


_WHO_ONE_IS = frozenset({VisaType.AFFILIATION, VisaType.STATUS, VisaType.TERMS, VisaType.LINK})
