"""What the node's own committee lets an account do at a moment."""

from dataclasses import replace
from datetime import datetime

from beacon_node.actions.applications.work import present_work
from beacon_node.model.requester import Grant, Requester, Tier
from beacon_node.node import Node
from beacon_node.policy.applications import grants_of
from beacon_node.policy.applications.rights import EVERY_DATASET


def grants_at(node: Node, account: str, at: datetime) -> tuple[Grant, ...]:
    """Return the grants at `at` of the person whose account it is, from what is on record in any
    process.

    They are computed from applications each time and stored nowhere. Raises StoreUnavailable or
    LedgerBroken, for without the ledger nobody knows what was revoked.
    """
    work = present_work(node)
    person, blocks = work.person(account), work.blocks_of(account)
    return grants_of(person, work.of_person(person), work.committee, blocks, at=at)


def with_own_grants(node: Node, requester: Requester, at: datetime) -> Requester:
    """Return a requester with the grants of the node's committee besides those that visas gave.

    `tier` is what is proved without any grant. A block takes both kinds of grants away, and a block
    from every dataset also what a registered account is told: such a person is answered like
    anybody.
    """
    return with_grants_of(node, requester, requester.account, at)


def with_grants_of(node: Node, requester: Requester, proved: str, at: datetime) -> Requester:
    """Return the same of a requester whose account somebody else names.

    `proved` is the account of whom the visas are about, empty for nobody: what the node's committee
    granted is for the one who is there. Blocks of both count.
    """
    account, work = requester.account, present_work(node)
    blocked = work.blocked_datasets(account) | work.blocked_datasets(proved)
    if EVERY_DATASET in blocked:
        return replace(requester, tier=Tier.PUBLIC, purpose=None, grants=())
    visas = tuple(one for one in requester.grants if one.dataset_id not in blocked)
    own = grants_at(node, account, at) if account and account == proved else ()
    grants = (*own, *visas)
    return replace(requester, tier=Tier.CONTROLLED if grants else requester.tier, grants=grants)
