"""Settings of the registered tier on record: looser ones hold once an operator accepts them."""

from collections.abc import Mapping

from beacon_node.actions.registered.bounds import bounds_of
from beacon_node.node import Node
from beacon_node.privacy.registered.loosened import document, loosened
from beacon_node.store.ledger.charging import Charging

_KEY = "registered bounds"


def stated_bounds(node: Node) -> Mapping[str, float] | None:
    """Return the settings on record, None before the first charge. Raises StoreUnavailable."""
    seen, known = node.accounts.get(_KEY, (0, None))
    last, newer = node.ledger.stated_bounds(seen)
    found = known if newer is None else newer
    node.accounts[_KEY] = last, found
    return found


def why_loosened(node: Node) -> str:
    """Return why nothing is counted: the settings are looser than on record; empty if not."""
    before = stated_bounds(node)
    looser = () if before is None else loosened(before, document(bounds_of(node)))
    if not looser:
        return ""
    return (
        f"registered counts: their settings were loosened ({'; '.join(looser)}); the operator must "
        "accept this: beacon-node privacy accept-bounds"
    )


def state(node: Node, turn: Charging) -> None:
    """Put the settings on record if others are, or none: to be called where none is looser."""
    present = document(bounds_of(node))
    if stated_bounds(node) != present:
        turn.state_bounds(present)


def accept_bounds(node: Node) -> None:
    """Put the present settings on record, looser or not. Raises StoreUnavailable."""
    with node.ledger.charging(now=node.clock.now()) as turn:
        state(node, turn)
