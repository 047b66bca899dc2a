"""What the ledger has per dataset and month: questions, accounts, charges, decisions, consents."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

import orjson

from beacon_node.actions.audit_entries import Wanted, datasets_of
from beacon_node.actions.own_visas import VISAS
from beacon_node.model.consent import EVERY_DATASET
from beacon_node.model.consent_documents import read_moment
from beacon_node.model.dac import APPLICATION, BLOCK, UNBLOCK
from beacon_node.model.ledger import Entry
from beacon_node.node import Node
from beacon_node.store.ledger import AUDIT, RELEASE

COLUMNS = ("dataset", "month", "what", "tier", "basis", "which", "number")
Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """How many there were of something in a month (`2030-01`, in the site's time zone).

    `what` is questions, accounts, noisy counts, consents, decisions, releases, purges or blocks.
    `tier` and `basis` (`grant` for any) are of questions; `which` is what was told, recorded or
    decided. `*` as `dataset` is about every dataset.
    """

    dataset: str
    month: str
    what: str
    tier: str = ""
    basis: str = ""
    which: str = ""

    def row(self, number: int) -> tuple[str, ...]:
        """Return the cells of `COLUMNS`."""
        named = self.dataset, self.month, self.what, self.tier, self.basis, self.which
        return (*named, str(number))


@dataclass(frozen=True, slots=True)
class Report:
    """The lines in order with their numbers, and up to which entry the ledger was read.

    `organisations` are those that vouched for whoever asked, with the number of questions.
    """

    lines: tuple[tuple[Line, int], ...]
    organisations: tuple[tuple[str, int], ...]
    until_entry: int


def audit_report(node: Node, wanted: Wanted) -> Report:
    """Return what is on record within the dataset and times wanted.

    Memory is taken by lines, accounts and applications, not by entries. Raises LedgerBroken for a
    ledger that is not whole.
    """
    verification = node.ledger.verify()
    verification.require_whole()
    last = verification.head.sequence
    organisations: Counter[str] = Counter()
    found = Counter(_lines(node, wanted, last, organisations))
    return Report(tuple(sorted(found.items())), tuple(sorted(organisations.items())), last)


def _lines(node: Node, wanted: Wanted, last: int, organisations: Counter[str]) -> Iterator[Line]:
    """Yield a line for each thing that is counted, and count the organisations of who asked."""
    applications: dict[str, tuple[str, ...]] = {}
    seen: set[Line] = set()
    for entry in node.ledger.entries():
        if entry.sequence > last:
            return
        if entry.kind not in (*_TOLD, APPLICATION, AUDIT):
            continue
        body = orjson.loads(entry.body)
        datasets = datasets_of(entry.kind, body, applications)
        if not wanted.has(entry):
            continue
        month = _month(entry, node.settings.zone)
        about = [one for one in datasets if wanted.dataset in ("", one) or one == EVERY_DATASET]
        if about and entry.kind == AUDIT and "organisation" in body["by"]:
            organisations[body["by"]["organisation"]] += 1
        for dataset in about:
            yield from _of_entry(entry.kind, body, (dataset, month), seen)


def _month(entry: Entry, zone: tzinfo) -> str:
    return f"{read_moment(entry.recorded_at).astimezone(zone):%Y-%m}"


def _of_entry(kind: str, body: Body, at: tuple[str, str], seen: set[Line]) -> Iterator[Line]:
    if kind == AUDIT:
        yield from _of_question(body, at, seen)
    elif kind == APPLICATION:
        yield Line(*at, "decisions", which=body["command"]["do"])
    else:
        what, which = _TOLD[kind]
        yield Line(*at, what, which=which or body["statement"]["status"])


_TOLD = {  # kind: what it is, which one; a consent says itself which
    "consent": ("consents", ""),
    RELEASE: ("releases", "begun"),
    "purge": ("purges", "done"),
    VISAS: ("visas", "given"),
    BLOCK: ("blocks", "set"),
    UNBLOCK: ("blocks", "taken back"),
}


def _of_question(body: Body, at: tuple[str, str], seen: set[Line]) -> Iterator[Line]:
    """Yield the question, its account if it is new in this month, and its noisy count."""
    by, told = body["by"], body["told"]
    own = told.get(at[0], {}) if isinstance(told, dict) else {"status": told}
    basis = own.get("basis", "").split(" ")[0] if _is_grant(own) else own.get("basis", "")
    said = own.get("granularity") if own.get("status") == "answered" else own.get("status")
    yield Line(*at, "questions", by["tier"], basis, said or "no answer")
    account = Line(*at, "accounts", by["tier"], which=by.get("account", ""))
    if account.which and account not in seen:
        seen.add(account)
        yield Line(*at, "accounts", by["tier"], which="different")
    drawn = body.get("charged", {}).get(at[0])
    if drawn:
        yield Line(*at, "noisy counts", by["tier"], which=_DRAWN[drawn["drawn"]])


_DRAWN = {"now": "charged", "before": "told again, not charged"}


def _is_grant(told: Body) -> bool:
    return told.get("basis", "").startswith("grant ")
