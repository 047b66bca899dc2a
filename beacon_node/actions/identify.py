"""Who asks? From the tokens of a request to the requester that this node knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from beacon_node.actions.applications.grants import with_own_grants
from beacon_node.actions.identities import remember
from beacon_node.actions.link_identity import account_of, accounts_of, link_joined
from beacon_node.errors import NotPermitted
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.logged_in import prove_login
from beacon_node.identity.prove import prove
from beacon_node.model.login import Login
from beacon_node.model.requester import Requester, Tier
from beacon_node.model.trust import BlockList
from beacon_node.node import Node
from beacon_node.policy.visas.standing import BLOCKED, Standing

__all__ = ["Identified", "account_of", "identify", "identify_login", "refuse_blocked"]


@dataclass(frozen=True, slots=True, repr=False)
class Identified:
    """Who asks, and what every visa did for that. `accounts` are how many identities of theirs are
    linked here, this one among them, whether they showed them now or before."""

    requester: Requester
    standing: Standing
    accounts: int = 1


def identify(node: Node, house: Clearinghouse, tokens: Iterable[str]) -> Identified:
    """Return who asks. `tokens` are one to four passports, or access tokens of brokers.

    Identities that the tokens prove to be one person's are linked from now on. Raises what
    `identity.prove` does, StoreUnavailable where they cannot be linked.
    """
    at = node.clock.now()
    return _identified(node, house, prove(house, tokens, at), at)


def identify_login(node: Node, house: Clearinghouse, login: Login, until: datetime) -> Identified:
    """Return who logged in, by what their provider says of them now; it holds until `until` at
    most. Raises as `identify` does."""
    at = node.clock.now()
    return _identified(node, house, prove_login(house, login, until, at).standing, at)


def _identified(node: Node, house: Clearinghouse, found: Standing, at: datetime) -> Identified:
    requester = _requester(node, found, at)
    refuse_blocked(node, house.trusted.trust().blocked, requester.account)
    remember(node, requester.account, found)
    linked = node.ledger.linked()
    return Identified(requester, found, len(linked.accounts(requester.account)))


def refuse_blocked(node: Node, blocked: BlockList, account: str) -> None:
    """Refuse whoever is blocked under another of their identities."""
    accounts = node.ledger.linked().accounts(account)
    if not accounts_of(node.pseudonym_key, blocked.subjects).isdisjoint(accounts):
        raise NotPermitted(BLOCKED)


def _requester(node: Node, found: Standing, at: datetime) -> Requester:
    """Return the requester; the purpose of a registered account is the one on record, if any.

    What the node's own committee granted, revoked or blocked is looked up anew each time.
    """
    account = link_joined(node, found.subject, found.identities)
    proved = Requester(
        tier=Tier.REGISTERED if found.is_registered else Tier.PUBLIC,
        account=account,
        organisation=found.vouched_by,
        broker=found.subject.iss if found.is_registered else "",
        purpose=node.ledger.purpose_of(account) if found.is_registered else None,
        grants=found.grants,
    )
    return with_own_grants(node, proved, at)
