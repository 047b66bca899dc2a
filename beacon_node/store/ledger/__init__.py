"""The ledger: what was consented to and what was asked, in one chain of hashes."""

from beacon_node.store.ledger.ledger import RELEASE, Ledger
from beacon_node.store.ledger.questions import AUDIT

__all__ = ["AUDIT", "RELEASE", "Ledger"]
