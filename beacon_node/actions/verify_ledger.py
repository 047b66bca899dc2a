"""Follow the ledger of a node, or a copy of one, and say whether it is whole and the newest."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from beacon_node.actions.whole_ledger import ledger_problems
from beacon_node.model.ledger import Head, Verification
from beacon_node.node import Node
from beacon_node.store.ledger import Ledger
from beacon_node.store.ledger.candidate import opened_copy


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """A ledger whose entries are all as they were written; `older` says in sentences why it is not
    the newest, empty: nothing shows that."""

    head: Head
    older: tuple[str, ...] = ()


def verify_ledger(node: Node, known: Head | None = None) -> LedgerCheck:
    """Return what following the node's ledger found; `known` is a head that was kept elsewhere.

    Raises LedgerBroken if an entry was changed or is missing.
    """
    found = _checked(node.ledger, node.ledger.verify_or_halt, known)
    return replace(found, older=(*found.older, *map(str, ledger_problems(node))))


def verify_copy(path: Path, known: Head | None = None) -> LedgerCheck:
    """Return what following a copy of a ledger found; neither it nor any node is touched.

    Raises LedgerBroken, InvalidInput if it is no ledger, StoreUnavailable.
    """
    with opened_copy(path) as ledger:
        return _checked(ledger, ledger.verify, known)


def _checked(
    ledger: Ledger, verify: Callable[[Head | None], Verification], known: Head | None
) -> LedgerCheck:
    is_ended = known is not None and ledger.head().sequence < known.sequence
    found = verify(None if is_ended else known)
    found.require_whole()
    if not is_ended:
        return LedgerCheck(found.head)
    sentence = (
        "the ledger is older than the head that was kept: it ends with entry "
        f"{found.head.sequence}, before entry {known.sequence}"
    )
    return LedgerCheck(found.head, (sentence,))
