"""One person is one account at a node, whatever identities they show.

`account_at` is the one place that says which account an identity is. Identities are linked in the
ledger, for good: those that LinkedIdentities visas of trusted issuers join, and what somebody who
comes through a broker under a pseudonym shows (`link_identity`).
"""

import hmac
import json
from collections.abc import Iterable
from functools import lru_cache

from beacon_node.model.linked import How
from beacon_node.model.passport import Subject
from beacon_node.node import Node


def account_of(key: bytes, subject: Subject) -> str:
    """Return what stands for one identity at this node: HMAC-SHA256 under its key, 128 bits in hex.

    Other nodes know the same researcher by other ids, and nobody without the key can tell whose it
    is. Both parts of the identity count: another issuer's equal `sub` is another identity. Whose
    account it is, `account_at` says.
    """
    named = json.dumps(["account", subject.iss, subject.sub]).encode()
    return f"acc-{hmac.digest(key, named, 'sha256')[:16].hex()}"


@lru_cache(maxsize=8)
def accounts_of(key: bytes, subjects: frozenset[Subject]) -> frozenset[str]:
    """Return what stands for each of some identities."""
    return frozenset(account_of(key, subject) for subject in subjects)


def account_at(node: Node, subject: Subject) -> str:
    """Return the account of the person whose identity this is, as it is linked now."""
    return one_account(node, account_of(node.pseudonym_key, subject))


def one_account(node: Node, account: str) -> str:
    """Return the account as which a person counts, whichever of theirs `account` is."""
    return node.ledger.linked().person(account)


def link_identity(node: Node, account: str, shown: Subject) -> str:
    """Link the account of somebody who comes through a broker of the network to the identity that
    they show, and return the account that both are from now on, in every process.

    `account` is `account_of(key, Subject("broker:" + broker_id, pseudonym))`, as the broker's
    signed request names them; `shown` is an identity that this node verified itself, from a
    passport or visa, or by login. It happens once for each pseudonym: the same identity again
    changes nothing, Conflict is raised for another person's. What both spent, were granted, voted
    and are blocked from counts for the one account.
    """
    shown_account = account_of(node.pseudonym_key, shown)
    found = node.ledger.link((account, shown_account), How.SHOWN, now=node.clock.now())
    return found.person(account)


def link_joined(node: Node, subject: Subject, others: Iterable[Subject]) -> str:
    """Link identities that visas of trusted issuers join, and return their account. Nothing is
    written where they are linked already."""
    key = node.pseudonym_key
    own, rest = account_of(key, subject), {account_of(key, other) for other in others}
    if rest <= {own}:
        return one_account(node, own)
    accounts = (own, *sorted(rest - {own}))
    return node.ledger.link(accounts, How.VISAS, now=node.clock.now()).person(own)
