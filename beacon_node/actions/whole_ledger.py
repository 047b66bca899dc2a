"""Whether the ledger is the one that releases were made from: an older copy may lack withdrawals.

An older ledger shows in three ways. It ends before the last consent that a release was made from,
or it has another entry in that place: statements recorded in the copy can reach the same number. Or
it lacks the last entry that the ledger in its place had on disk, which a mark beside it remembers.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from beacon_node.errors import LedgerBroken
from beacon_node.model.consent_documents import moment_text
from beacon_node.model.ledger import Moment, older
from beacon_node.node import Node
from beacon_node.ports import Dataset
from beacon_node.store.ledger import Ledger
from beacon_node.store.ledger.consents import CONSENT
from beacon_node.store.snapshots import origin_of

_BEFORE = "the one that was in its place before"


def require_whole_ledger(datasets: Iterable[Dataset], moment: Moment) -> None:
    """Raises LedgerBroken if a release was made from a later consent than the ledger holds, it is
    older than the ledger that was in its place, or it was found broken.

    One such release is enough to stop all: withdrawals about any dataset may be missing as well.
    """
    if moment.broken:
        raise LedgerBroken(moment.broken)
    for dataset in datasets:
        if dataset.consent_version > moment.consent_version:
            raise _older(dataset)
    if moment.is_ledger_older:
        raise older(_BEFORE)


def require_ledger_of_releases(node: Node) -> None:
    """Raises LedgerBroken if the ledger lacks a consent that a current release was made from, also
    if it has another entry in its place, or what the ledger before it held."""
    for problem in ledger_problems(node):
        raise problem


def ledger_problems(node: Node) -> Iterator[LedgerBroken]:
    """Yield, for each dataset whose current release was made from another ledger, that it was; if
    there is none, whether it is older than the ledger that was in its place."""
    released = node.catalogue.released_datasets()
    moment = node.ledger.moment(node.clock.now())  # later: it has what they were made from
    if moment.broken:
        yield LedgerBroken(moment.broken)
        return
    is_older = moment.is_ledger_older
    for dataset in released:
        try:
            _require_consents_of(node, dataset, moment)
        except LedgerBroken as problem:
            yield problem
            is_older = False  # is said already
    if is_older:
        yield older(_BEFORE)


def _require_consents_of(node: Node, dataset: Dataset, moment: Moment) -> None:
    if dataset.consent_version > moment.consent_version:
        raise _older(dataset)
    folder = node.catalogue.folder(dataset.id) / "releases"
    for one in node.catalogue.releases(dataset.id)[:1]:
        require_ledger_of(node.ledger, dataset, folder / one.consents)


def require_ledger_of(ledger: Ledger, dataset: Dataset, snapshot: Path) -> None:
    """Raises LedgerBroken if the snapshot of a release knows its last consent by another hash.

    A snapshot that is missing, damaged or of another release says nothing.
    """
    origin = origin_of(snapshot)
    if origin is None or dataset.consented_at is None:
        return
    found = origin.dataset_id, origin.consented_at, origin.consent_version
    if found != (dataset.id, moment_text(dataset.consented_at), dataset.consent_version):
        return
    if origin.consent_hash != consent_hash(ledger, origin.consent_version):
        raise _older(dataset)


def consent_hash(ledger: Ledger, number: int) -> str:
    """Return the hash of the entry of a consent (hex), empty if the ledger has no such consent."""
    newest = next(ledger.entries(kind=CONSENT, after=number - 1), None) if number else None
    return newest.hash.hex() if newest and newest.sequence == number else ""


def _older(dataset: Dataset) -> LedgerBroken:
    return older(f"the release of dataset {dataset.id!r}", dataset.id)
