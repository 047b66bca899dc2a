"""Who asks? From the tokens of a request to the requester that this node knows."""

import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from beacon_node.actions.applications.grants import with_own_grants
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.prove import prove
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Requester, Tier
from beacon_node.node import Node
from beacon_node.policy.visas.standing import Standing


@dataclass(frozen=True, slots=True, repr=False)
class Identified:
    """Who asks, and what every visa did for that."""

    requester: Requester
    standing: Standing


def identify(node: Node, house: Clearinghouse, tokens: Iterable[str]) -> Identified:
    """Return who asks. `tokens` are one to four passports, or access tokens of brokers.

    Raises what `identity.prove` does.
    """
    at = node.clock.now()
    found = prove(house, tokens, at)
    return Identified(_requester(node, found, at), found)


def _requester(node: Node, found: Standing, at: datetime) -> Requester:
    """Return the requester; the purpose of a registered account is the one on record, if any.

    What the node's own committee granted, revoked or blocked is looked up anew each time.
    """
    account = account_of(node.pseudonym_key, found.subject)
    proved = Requester(
        tier=Tier.REGISTERED if found.is_registered else Tier.PUBLIC,
        account=account,
        organisation=found.vouched_by,
        broker=found.subject.iss if found.is_registered else "",
        purpose=node.ledger.purpose_of(account) if found.is_registered else None,
        grants=found.grants,
    )
    return with_own_grants(node, proved, at)


def account_of(key: bytes, subject: Subject) -> str:
    """Return a researcher's id at this node: HMAC-SHA256 under its key, 128 bits in hex.

    Other nodes know the same researcher by other ids, and nobody without the key can tell whose it
    is. Both parts of the identity count: another issuer's equal `sub` is another person.
    """
    named = json.dumps(["account", subject.iss, subject.sub]).encode()
    return f"acc-{hmac.digest(key, named, 'sha256')[:16].hex()}"
