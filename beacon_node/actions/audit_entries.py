"""The entries of the ledger as people read them: who did what, about which dataset, when."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from beacon_node.actions.note_login import LOGIN
from beacon_node.actions.own_visas import VISAS
from beacon_node.errors import InvalidRequest
from beacon_node.model.consent import EVERY_DATASET
from beacon_node.model.consent_documents import canonical_json, moment_text
from beacon_node.model.dac import APPLICATION, BLOCK, COMMITTEE, CONFIGURATION, ROLE, TERMS, UNBLOCK
from beacon_node.model.ledger import Entry
from beacon_node.node import Node
from beacon_node.store.ledger.identities import IDENTITY, PURGED
from beacon_node.store.ledger.linked import LINK

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which entries; empty or None: all. `since` and `until` (exclusive) are aware moments of
    recording; of a dataset also what is about every dataset."""

    account: str = ""
    dataset: str = ""
    kind: str = ""
    since: datetime | None = None
    until: datetime | None = None

    def has(self, entry: Entry) -> bool:
        """Say whether kind and moment are those wanted."""
        if self.kind not in ("", entry.kind):
            return False
        if self.since is not None and entry.recorded_at < moment_text(self.since):
            return False
        return self.until is None or entry.recorded_at < moment_text(self.until)


@dataclass(frozen=True, slots=True)
class Shown:
    """One entry. `who` is an account, or whoever recorded it; `said` has no id of an individual.

    `body` is what the entry says; of a consent only what `said` tells, too, and of a question not
    the id that somebody asked for.
    """

    sequence: int
    at: str
    kind: str
    who: str
    datasets: tuple[str, ...]
    said: str
    body: Body


def shown_entries(node: Node, wanted: Wanted) -> Iterator[Shown]:
    """Yield the wanted entries in their order, each checked by its hash; one is held at a time.

    Raises InvalidRequest for a kind that no entry of this program has, LedgerBroken at an entry
    that was changed.
    """
    if wanted.kind and wanted.kind not in KINDS:
        raise InvalidRequest(f"kind: one of {', '.join(sorted(KINDS))} is expected")
    return _shown(node, wanted)


def _shown(node: Node, wanted: Wanted) -> Iterator[Shown]:
    applications: dict[str, tuple[str, ...]] = {}
    own = frozenset(node.ledger.linked().accounts(wanted.account)) if wanted.account else None
    for entry in node.ledger.entries():
        if entry.kind != APPLICATION and not wanted.has(entry):
            continue
        body = orjson.loads(entry.body)
        found = datasets_of(entry.kind, body, applications)
        if not wanted.has(entry) or not _is_about(wanted, body, found):
            continue
        if own is not None and own.isdisjoint(_accounts(body)):
            continue
        yield _readable(entry, body, found)


def datasets_of(kind: str, body: Body, applications: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Return which datasets an entry is about, empty for none.

    `applications` remembers the datasets of each application; call it for all of them, in order.
    """
    if kind == APPLICATION:
        told = [one["datasets"] for one in _objects(body["command"]) if "datasets" in one]
        if told:
            applications[body["id"]] = tuple(sorted(told[0]))
        return applications.get(body["id"], ())
    if kind == "consent":
        return (body["statement"]["scope"]["dataset"],)
    return tuple(body["datasets"] if "datasets" in body else filter(None, [body.get("dataset")]))


def _objects(command: Body) -> list[Body]:
    return [one for one in command.values() if isinstance(one, dict)]


def _is_about(wanted: Wanted, body: Body, datasets: tuple[str, ...]) -> bool:
    return not wanted.dataset or not {wanted.dataset, EVERY_DATASET}.isdisjoint(datasets)


def _accounts(body: Body) -> set[str]:
    by = body.get("by", "")
    found = {by.get("account", "")} if isinstance(by, dict) else {by}
    found |= {body.get("account", ""), body.get("through", "")}
    return found.union(body.get("accounts", ()))


def _readable(entry: Entry, body: Body, datasets: tuple[str, ...]) -> Shown:
    said = KINDS.get(entry.kind, lambda body: "")(body)
    if entry.kind == "consent":
        body = {"by": body["by"], "status": body["statement"]["status"]}
    elif entry.kind == "audit":
        body = body | {"asked": _without_ids(body["asked"])}
    who = _who(body)
    return Shown(entry.sequence, entry.recorded_at, entry.kind, who, datasets, said, body)


def _without_ids(asked: Body) -> Body:
    hidden = {"id": "…"} if "id" in asked else {}
    if "within" in asked:
        hidden["within"] = [asked["within"][0], "…"]
    return {**asked, **hidden}


def _who(body: Body) -> str:
    by = body.get("by", body.get("account", body.get("person", "")))
    if isinstance(by, dict):
        return by.get("account") or by["tier"]
    return f"{by} through {body['through']}" if "through" in body else by


# ---- what an entry says, in words ----------------------------------------------------------------


def _question(body: Body) -> str:
    asked = body["asked"]
    words = [asked.get("granularity", ""), asked.get("entry_type", "")]
    if "variation" in asked:
        words.append(canonical_json(asked["variation"]))
    if asked.get("filters"):
        words.append(f"filtered by {', '.join(one['id'] for one in asked['filters'])}")
    if "id" in asked or "within" in asked:
        words.append("by the id of an entry")
    return f"asked {' '.join(filter(None, words))} -> {_told(body['told'])}"


def _told(told: object) -> str:
    if not isinstance(told, dict):
        return str(told)
    return "; ".join(f"{dataset}: {_answer(one)}" for dataset, one in told.items()) or "nothing"


def _answer(told: Body) -> str:
    if "basis" not in told:
        return told["status"]
    return f"{told['status']} up to {told['granularity']} ({told['basis']})"


def _consent(body: Body) -> str:
    statement = body["statement"]
    return f"{statement['status']}: a statement of one person about {statement['scope']['dataset']}"


def _application(body: Body) -> str:
    return f"{body['id']}: {body['command']['do']}"


def _committee(body: Body) -> str:
    return f"the committee is {', '.join(body['members'])}; votes needed: {body['votes_needed']}"


def _blocking(word: str) -> Callable[[Body], str]:
    return lambda body: f"{body['account']} {word} {body['dataset']}"


def _role(body: Body) -> str:
    word = "is now" if body["given"] else "is no longer"
    return f"{body['account']} {word} {body['role']}"


def _login(body: Body) -> str:
    why = f": {body['why']}" if "why" in body else ""
    return f"{body['deed']} through {body['provider']}{why}"


KINDS: Mapping[str, Callable[[Body], str]] = {
    "audit": _question,
    "consent": _consent,
    "release": lambda body: "a release began",
    "purge": lambda body: f"{body['people']} people who withdrew were purged",
    "purpose": lambda body: f"fixed its purpose: {canonical_json(body['purpose'])}",
    "charge": lambda body: f"charge {body['number']} was drawn and paid for",
    "spent": lambda body: f"{body['seats']} people count as having spent everything",
    "seats": lambda body: f"{body['people']} people got their numbers",
    "bounds": lambda body: f"settings of registered counts: {canonical_json(body)}",
    APPLICATION: _application,
    COMMITTEE: _committee,
    TERMS: lambda body: f"terms of use {body['version']}",
    BLOCK: _blocking("is blocked from"),
    VISAS: lambda body: f"was given visas for {', '.join(body['datasets'])}",
    UNBLOCK: _blocking("is no longer blocked from"),
    ROLE: _role,
    CONFIGURATION: lambda body: f"settings changed: {canonical_json(body['changed'])}",
    LOGIN: _login,
    LINK: lambda body: f"{', '.join(body['accounts'])} are one person's, by {_HOW[body['how']]}",
    IDENTITY: lambda body: "who is behind it was proved; the node keeps it for a while",
    PURGED: lambda body: f"{len(body['entries'])} identities were forgotten",
}

_HOW = {"visas": "visas that join them", "shown": "what was shown"}
