"""Who applicants, their members and staff are: kept as they proved it last, emptied when due."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from beacon_node.actions.applications.work import present_work
from beacon_node.actions.link_identity import account_of
from beacon_node.actions.mail import remove_addresses
from beacon_node.model.identities import Identity, KnownIdentity
from beacon_node.node import Node
from beacon_node.policy.visas.standing import Standing

_DAYS_OF_MONTH = 30.44
_SALT_BYTES = 16


def remember(node: Node, account: str, proved: Standing) -> None:
    """Keep who somebody is if they applied here, are or were of an application, sit on the
    committee or have a role; of nobody else is anything kept."""
    if not _is_known(node, account):
        return
    subject = proved.subject
    identity = Identity(subject.iss, subject.sub, proved.name, proved.affiliation)
    salt, now = node.randomness.bytes(_SALT_BYTES), node.clock.now()
    own = account_of(node.pseudonym_key, subject)
    node.ledger.remember(own, identity, salt=salt, now=now)


def _is_known(node: Node, account: str) -> bool:
    work = present_work(node)
    if work.by_person.get(account) or account in work.committee.members:
        return True
    return any(work.roles.get(one) for one in work.linked.accounts(account))


def known_identities(node: Node) -> tuple[KnownIdentity, ...]:
    """Return whom the node knows by name, by account."""
    return tuple(node.ledger.identities())


def names(node: Node, accounts: Iterable[str] | None = None) -> Mapping[str, str]:
    """Return in words who is behind accounts, of whom it is kept: under any of their identities."""
    linked = node.ledger.linked()
    found: dict[str, str] = {}
    for one in sorted(node.ledger.identities(), key=lambda one: one.seen_at):
        found.update(dict.fromkeys(linked.accounts(one.account), one.identity.words))
    wanted = None if accounts is None else set(accounts)
    return {who: words for who, words in found.items() if wanted is None or who in wanted}


def purge(node: Node, by: str, *, before: datetime | None = None, account: str = "") -> int:
    """Forget who was last seen before a moment, or who is behind an account under all their
    identities, and where they wanted mail; return how many rows were emptied."""
    linked = node.ledger.linked()
    accounts = linked.accounts(account) if account else None
    known = {one.account for one in node.ledger.identities()}
    emptied = node.ledger.purge_identities(
        by=by, now=node.clock.now(), before=before, accounts=accounts
    )
    left = {one.account for one in node.ledger.identities()}
    for one in known - left:
        if left.isdisjoint(people := linked.accounts(one)):
            remove_addresses(node, people)
    if account:
        remove_addresses(node, linked.accounts(account))
    return emptied


def purge_due(node: Node, by: str) -> int:
    """Forget whoever was not seen for as long as `audit.identities_months` says; nobody at 0."""
    months = node.settings.audit.identities_months
    if not months:
        return 0
    before = node.clock.now() - timedelta(days=months * _DAYS_OF_MONTH)
    return purge(node, by, before=before)
