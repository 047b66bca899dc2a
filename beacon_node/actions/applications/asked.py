"""What was asked under a grant, as the audit has it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

import orjson

from beacon_node.actions.applications.views import UNKNOWN, Viewer, judged
from beacon_node.actions.applications.work import present_work
from beacon_node.errors import NotFound
from beacon_node.model.consent_documents import read_moment
from beacon_node.model.ledger import Entry
from beacon_node.node import Node
from beacon_node.store.ledger import AUDIT

_TOLD = ("status", "granularity")  # never how many could be counted: withdrawals show in it


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question that was answered under a grant. `question` is as the audit has it, `told` what
    each dataset of the grant answered: whether, and how much; never what was found."""

    at: datetime
    account: str
    question: Mapping
    told: Mapping[str, Mapping]


def asked_under(
    node: Node, id: str, by: Viewer, *, skip: int = 0, limit: int = 100
) -> tuple[AskedQuestion, ...]:
    """Return the questions asked under the grant of an application, the first ones first.

    The whole audit since the application began is read. Raises NotPermitted for who is not of the
    committee, NotFound for an application that they do not judge.
    """
    work = present_work(node)
    found = {held.application.id: held for held in judged(work, by)}
    if id not in found:
        raise NotFound(UNKNOWN)
    asked = islice(_asked(node, id, found[id].first), skip, skip + limit)
    return tuple(replace(one, account=work.person(one.account)) for one in asked)


def _asked(node: Node, id: str, after: int) -> Iterator[AskedQuestion]:
    basis = f"grant {id}"
    for entry in node.ledger.entries(kind=AUDIT, after=after):
        if basis in entry.body:
            question = _question(entry, basis)
            if question is not None:
                yield question


def _question(entry: Entry, basis: str) -> AskedQuestion | None:
    body = orjson.loads(entry.body)
    told = body["told"] if isinstance(body["told"], dict) else {}
    own = {dataset: one for dataset, one in told.items() if one.get("basis") == basis}
    if not own:
        return None
    shown = {
        dataset: {name: one[name] for name in _TOLD if name in one} for dataset, one in own.items()
    }
    account = body["by"].get("account", "")
    return AskedQuestion(read_moment(entry.recorded_at), account, body["asked"], shown)
