"""Who asks through a broker of the network? Whom it names is believed up to its ceiling, and what
visas prove is checked here.

A researcher is known by the pseudonym that the broker has for them at this node alone. What their
own committee granted counts while visas show that they are there themselves.
"""

from dataclasses import dataclass, replace

from beacon_node.actions.applications.grants import with_grants_of
from beacon_node.actions.applications.work import present_work
from beacon_node.actions.identify import refuse_blocked
from beacon_node.actions.link_identity import (
    account_of,
    link_identity,
    link_joined,
    one_account,
)
from beacon_node.errors import InvalidRequest, NotAuthenticated, NotPermitted
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.identity.prove import prove_visas
from beacon_node.model.federation import Asserted, PinnedBroker
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Requester, Tier
from beacon_node.node import Node
from beacon_node.policy.visas.standing import Standing


@dataclass(frozen=True, slots=True, repr=False)
class Introduced:
    """Somebody as a broker introduces them. Nothing about it is believed but that the broker says
    so; `visas` are texts that nobody has looked at."""

    broker: PinnedBroker
    asserted: Asserted
    visas: tuple[object, ...] = ()

    @property
    def tier(self) -> Tier:
        """The tier that is believed without a visa: never controlled, public for nobody."""
        most = min(self.asserted.tier, self.broker.ceiling, Tier.REGISTERED)
        return most if self.asserted.researcher else Tier.PUBLIC

    @property
    def organisation(self) -> str:
        """Who vouches for them, as this broker says: nobody else's budget has this name."""
        named = self.asserted.organisation
        return f"{self.broker.id} {named}" if named and self.asserted.researcher else ""

    def pseudonym(self, key: bytes) -> str:
        """Return the account of the pseudonym, empty for nobody."""
        named = Subject(f"broker:{self.broker.id}", self.asserted.researcher)
        return account_of(key, named) if named.sub else ""


@dataclass(frozen=True, slots=True, repr=False)
class Recognised:
    """Who asks through a broker, and what their visas did for that, None without a good one."""

    requester: Requester
    standing: Standing | None = None
    proved: str = ""  # the account of whom the visas are about


def recognise(node: Node, house: Clearinghouse, who: Introduced) -> Recognised:
    """Return who asks, at a tier that is asserted within the broker's ceiling or that visas prove.

    Raises what `identity.prove_visas` does, NotPermitted for a blocked researcher and for visas of
    another person than the one that this pseudonym was linked to, InvalidRequest for visas without
    a researcher.
    """
    at, pseudonym = node.clock.now(), who.pseudonym(node.pseudonym_key)
    if who.visas and not pseudonym:
        raise InvalidRequest("visas: the message names no researcher whose they could be")
    standing = prove_visas(house, who.visas, at) if who.visas else None
    proved = link_joined(node, standing.subject, standing.identities) if standing else ""
    account = one_account(node, pseudonym) if pseudonym else ""
    if proved and proved != account and node.ledger.linked().is_shown(pseudonym):
        raise NotPermitted("visas: they are about another person than this researcher's before")
    _refuse_any_blocked(node, house, account, proved)
    believed = replace(_believed(node, who, account), grants=standing.grants if standing else ())
    return Recognised(with_grants_of(node, believed, proved, at), standing, proved)


def _believed(node: Node, who: Introduced, account: str) -> Requester:
    """Return who asks as far as the broker is believed."""
    purpose = None
    if who.tier >= Tier.REGISTERED:
        purpose = who.asserted.purpose or node.ledger.purpose_of(account)
    return Requester(
        tier=who.tier,
        account=account,
        organisation=who.organisation,
        broker=who.broker.id,
        reader=who.broker.id,
        purpose=purpose,
    )


def _refuse_any_blocked(node: Node, house: Clearinghouse, *accounts: str) -> None:
    blocked = house.trusted.trust().blocked
    for account in accounts:
        if account:
            refuse_blocked(node, blocked, account)


def applicant(node: Node, house: Clearinghouse, who: Introduced, *, is_deed: bool) -> Requester:
    """Return whoever applies to the committee through a broker, as the person that visas show.

    With the first deed their pseudonym is linked to that person, for good. Raises NotAuthenticated
    without a good visa, Conflict where another person's was shown for the pseudonym before,
    NotPermitted for the committee, whose deeds no broker passes on.
    """
    found = recognise(node, house, who)
    if found.standing is None:
        raise NotAuthenticated(
            "visas: who applies through a broker shows a visa of the last hour, made by an issuer "
            "whom this node trusts"
        )
    account = found.proved
    if account in node.ledger.linked().persons(present_work(node).committee.members):
        raise NotPermitted("the committee does its work at the node itself, not through a broker")
    if is_deed:
        account = link_identity(node, who.pseudonym(node.pseudonym_key), found.standing.subject)
    return replace(found.requester, account=account)
