"""The committee's work as the ledger holds it: one entry for each thing that was done.

Besides what is done to applications these are the committee itself, the terms of use, who is
blocked, who has a role at the node, and how it is set. `model.application` and `model.staff` have
the nouns; here they stand in the order in which they happened.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime

from beacon_node.errors import InvalidRequest
from beacon_node.model.application import Block, Command, Committee, Event
from beacon_node.model.application_documents import command_document, read_command
from beacon_node.model.staff import Configured, RoleChange, StaffRole

LONGEST_NAME = 200  # characters of an account, a dataset's id or a version
LONGEST_TERMS = 50_000  # characters: an entry of the ledger must hold them
MOST_MEMBERS = 200

APPLICATION, COMMITTEE, TERMS = "application", "committee", "terms"
BLOCK, UNBLOCK = "block", "unblock"
ROLE, CONFIGURATION = "role", "configuration"
KINDS = (APPLICATION, COMMITTEE, TERMS, BLOCK, UNBLOCK, ROLE, CONFIGURATION)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: an account, and, where not its holder did it, through whom."""

    account: str
    through: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of use, which everybody accepts by their version."""

    version: str
    text: str


@dataclass(frozen=True, slots=True)
class Unblock:
    """Takes back a block, also one that a revocation made; of `*` every block of the account."""

    account: str
    dataset: str
    reason: str


@dataclass(frozen=True, slots=True)
class Done:
    """Something that was done to an application."""

    application: str
    command: Command


Said = Done | Committee | Terms | Block | Unblock | RoleChange | Configured


@dataclass(frozen=True, slots=True)
class DacEntry:
    """One entry. `number` is its sequence number in the ledger."""

    number: int
    at: datetime
    by: Actor
    said: Said

    @property
    def event(self) -> Event:
        """The event of an application that it is; only where `said` is a `Done`."""
        return Event(self.at, self.by.account, self.said.command)


def subject_of(said: Said) -> str:
    """Return the id of the application that an entry is about, empty for none."""
    return said.application if isinstance(said, Done) else ""


# ---- documents -----------------------------------------------------------------------------------


def said_document(said: Said, by: Actor) -> tuple[str, dict]:
    """Return the kind of entry and the document that `read_said` reads."""
    kind, document = _written(said)
    through = {"through": by.through} if by.through else {}
    return kind, {"by": by.account, **through, **document}


def _written(said: Said) -> tuple[str, dict]:
    if isinstance(said, Done):
        command = command_document(said.command)
        return APPLICATION, {"id": said.application, "command": command}
    if isinstance(said, Committee):
        return COMMITTEE, committee_document(said)
    if isinstance(said, Terms):
        return TERMS, {"version": said.version, "text": said.text}
    if isinstance(said, RoleChange):
        return ROLE, _role_document(said)
    if isinstance(said, Configured):
        return CONFIGURATION, asdict(said)
    kind = BLOCK if isinstance(said, Block) else UNBLOCK
    return kind, {"account": said.account, "dataset": said.dataset, "reason": said.reason}


def committee_document(committee: Committee) -> dict:
    """Return who decides about what, without the terms, which have entries of their own."""
    return {
        "members": sorted(committee.members),
        "datasets": sorted(committee.datasets),
        "votes_needed": committee.votes_needed,
        "longest_days": committee.longest_days,
    }


def _role_document(said: RoleChange) -> dict:
    reason = {"reason": said.reason} if said.reason else {}
    return {"account": said.account, "role": said.role.value, "given": said.is_given, **reason}


def _read_role(document: Mapping) -> RoleChange:
    role = StaffRole(document["role"])
    return RoleChange(document["account"], role, document["given"], document.get("reason", ""))


def read_said(kind: str, document: Mapping) -> tuple[Said, Actor]:
    """Return what an entry of the ledger says, and who did it."""
    by = Actor(document["by"], document.get("through", ""))
    if kind == APPLICATION:
        return Done(document["id"], read_command(document["command"])), by
    if kind == COMMITTEE:
        members, datasets = frozenset(document["members"]), frozenset(document["datasets"])
        rules = document["votes_needed"], document["longest_days"]
        return Committee(members, datasets, *rules), by
    if kind == TERMS:
        return Terms(document["version"], document["text"]), by
    if kind == ROLE:
        return _read_role(document), by
    if kind == CONFIGURATION:
        return Configured(*(document[name] for name in ("settings", "changed", "digest"))), by
    about = Block if kind == BLOCK else Unblock
    return about(document["account"], document["dataset"], document["reason"]), by


# ---- what may be recorded ------------------------------------------------------------------------


def check_committee(committee: Committee) -> None:
    """Raises InvalidRequest, naming the field, for a committee that could never decide."""
    for place, names in (("members", committee.members), ("datasets", committee.datasets)):
        if not 0 < len(names) <= MOST_MEMBERS:
            raise InvalidRequest(f"{place}: 1 to {MOST_MEMBERS} are expected")
        for name in names:
            check_name(name, place)
    if not 1 <= committee.votes_needed <= len(committee.members):
        raise InvalidRequest("votes_needed: at least one, and not more than there are members")
    if not 1 <= committee.longest_days <= 3_650:
        raise InvalidRequest("longest_days: 1 to 3650 are expected")


def check_terms(terms: Terms) -> None:
    check_name(terms.version, "version")
    if not terms.text.strip() or len(terms.text) > LONGEST_TERMS:
        raise InvalidRequest(f"terms: a text of 1 to {LONGEST_TERMS} characters is expected")


def check_block(block: Block | Unblock) -> None:
    check_name(block.account, "account")
    check_name(block.dataset, "dataset")
    if not block.reason.strip() or len(block.reason) > 8_000:
        raise InvalidRequest("reason: say why, in at most 8000 characters")


def check_role_change(change: RoleChange) -> None:
    check_name(change.account, "account")
    if len(change.reason) > 8_000:
        raise InvalidRequest("reason: at most 8000 characters are expected")


def check_name(name: str, place: str) -> None:
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidRequest(f"{place}: a name of 1 to {LONGEST_NAME} characters is expected")
