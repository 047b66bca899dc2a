"""What the node's own committee lets an account do at a moment."""

from dataclasses import replace
from datetime import datetime

from beacon_node.actions.applications.work import present_work
from beacon_node.model.requester import Grant, Requester, Tier
from beacon_node.node import Node
from beacon_node.policy.applications import grants_of
from beacon_node.policy.applications.rights import EVERY_DATASET


def grants_at(node: Node, account: str, at: datetime) -> tuple[Grant, ...]:
    """Return the grants of an account at `at`, from what is on record in any process.

    They are computed from applications each time and stored nowhere. Raises StoreUnavailable or
    LedgerBroken, for without the ledger nobody knows what was revoked.
    """
    work = present_work(node)
    blocks = work.blocks.get(account, ())
    return grants_of(account, work.of_person(account), work.committee, blocks, at=at)


def with_own_grants(node: Node, requester: Requester, at: datetime) -> Requester:
    """Return a requester with the grants of the node's committee besides those that visas gave.

    `tier` is what is proved without any grant. A block takes both kinds of grants away, and a block
    from every dataset also what a registered account is told: such a person is answered like
    anybody.
    """
    blocked = present_work(node).blocked_datasets(requester.account)
    if EVERY_DATASET in blocked:
        return replace(requester, tier=Tier.PUBLIC, purpose=None, grants=())
    visas = tuple(one for one in requester.grants if one.dataset_id not in blocked)
    grants = (*grants_at(node, requester.account, at), *visas)
    return replace(requester, tier=Tier.CONTROLLED if grants else requester.tier, grants=grants)
