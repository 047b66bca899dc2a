"""Questions of brokers: each is what a pinned broker signed, once, and its answer is signed too.

A request with a message is never taken for anybody's: what is wrong with it refuses all of it. From
the moment its signature holds, every response is signed, whatever it says.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask, Response, g, request

from beacon_node.actions.join_network import brokers_file, numbers_of, signer_of
from beacon_node.actions.through_broker import Introduced, Recognised, applicant, recognise
from beacon_node.errors import QuotaExceeded
from beacon_node.federation.checks import (
    check_address,
    check_body,
    check_request,
    signed_question,
)
from beacon_node.federation.messages import Signer
from beacon_node.identity.brokers_file import BrokersFile
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.model.dac import Actor
from beacon_node.model.federation import PinnedBroker, Question
from beacon_node.model.message import Fault, MessageRefused
from beacon_node.model.requester import Requester, Tier
from beacon_node.node import Node
from beacon_node.node_web.bare import MESSAGE_VARIABLE
from beacon_node.node_web.questions import WhoAsks
from beacon_node.storage.used_numbers import Use, UsedNumbers
from beacon_node.web.signed import asked_path, shown_visas, with_message

_READING = frozenset({"GET", "HEAD"})
_LOGGED_EVERY = timedelta(seconds=30)
_LOG = logging.getLogger("beacon_node.network")


@dataclass(frozen=True, slots=True)
class Membership:
    """What a node holds to be in networks. To be opened once per process."""

    brokers: BrokersFile
    numbers: UsedNumbers
    signer: Signer


def membership_of(node: Node) -> Membership:
    """Return what `node` holds; its key and its file of numbers are made if they are not there.

    Raises ConfigurationError, naming the key, for a list of brokers that cannot be used.
    """
    return Membership(BrokersFile(brokers_file(node)), numbers_of(node), signer_of(node))


@dataclass(slots=True)
class _Asked:
    """A question that is being answered; kept with the present request."""

    question: Question
    broker: PinnedBroker
    visas: tuple[object, ...] = ()
    recognised: Recognised | None = None


@dataclass(slots=True)
class _Log:
    """Tells of refusals: one of each broker, and one of all strangers, in some time."""

    told: dict[str, datetime] = field(default_factory=dict)

    def refused(self, sender: str, refused: MessageRefused, now: datetime) -> None:
        """`sender` is the id of a pinned broker, empty for a stranger."""
        last = self.told.get(sender)
        if last is None or now - last >= _LOGGED_EVERY:
            self.told[sender] = now
            whose = f"of {sender}" if sender else "of somebody"
            _LOG.warning("a message %s was refused: %s", whose, refused.aside or refused)


class NetworkDesk:
    """Looks at the message of the present request, once, and signs what is answered."""

    def __init__(self, node: Node, house: Clearinghouse, membership: Membership) -> None:
        self._node, self._house, self._own = node, house, membership
        self._log = _Log()

    # ---- who asks ----------------------------------------------------------------------------

    def who_asks(self, otherwise: WhoAsks) -> WhoAsks:
        """Return what says who sent a request: whom a broker introduces, or else `otherwise`."""

        def ask() -> Requester:
            asked = _asked()
            return self._recognised(asked).requester if asked else otherwise()

        return ask

    def who_acts(self, otherwise: WhoAsks) -> Callable[[], Actor]:
        """Return the same of deeds, such as applications to the committee."""

        def act() -> Actor:
            asked = _asked()
            if asked is None:
                return Actor(otherwise().account)
            who, is_deed = self._introduced(asked), request.method not in _READING
            found = applicant(self._node, self._house, who, is_deed=is_deed)
            return Actor(found.account, f"broker {asked.broker.id}")

        return act

    def _recognised(self, asked: _Asked) -> Recognised:
        if asked.recognised is None:
            who = self._introduced(asked)
            asked.recognised = recognise(self._node, self._house, who)
        return asked.recognised

    def _introduced(self, asked: _Asked) -> Introduced:
        return Introduced(asked.broker, asked.question.asserted, asked.visas)

    # ---- each request ------------------------------------------------------------------------

    def arrive(self) -> None:
        """Check the message of the present request, if it has one, and use its number up.

        Raises NotAuthenticated for anything about it that is not as it should be, QuotaExceeded for
        too many questions of one broker, StoreUnavailable where nobody knows which were used.
        """
        message = request.environ.get(MESSAGE_VARIABLE)
        if message is None:
            return
        brokers, now = self._own.brokers.current(), self._node.clock.now()
        try:
            question = signed_question(message, brokers)
        except MessageRefused as refused:
            self._log.refused("", refused, now)
            raise
        g.network = _Asked(question, brokers[question.broker])
        try:
            self._check(question, now)
        except MessageRefused as refused:
            self._own.numbers.refuse(question.broker, str(refused), now=now)
            self._log.refused(question.broker, refused, now)
            raise
        g.network.visas = shown_visas()

    def _check(self, question: Question, now: datetime) -> None:
        check_address(question, self._own.signer.id, now)
        check_request(question, request.method, asked_path())
        check_body(question, request.get_data(cache=True))
        self._use(question, now)

    def _use(self, question: Question, now: datetime) -> None:
        use = self._own.numbers.use(
            question.broker, question.number, made=question.at, until=question.until, now=now
        )
        if use is Use.AGAIN:
            raise MessageRefused(Fault.USED)
        if use is Use.UNKNOWN:
            raise MessageRefused(Fault.FORGOTTEN)
        if use is Use.TOO_MANY:
            raise QuotaExceeded("this broker asks more than this node can tell apart; ask later")

    def sign(self, response: Response) -> Response:
        """Sign the response to the present request, if that was a broker's question."""
        asked = _asked()
        if asked is None:
            return response

        def message(status: int, body: bytes) -> str:
            tier = self._tier(asked)
            return self._own.signer.reply(asked.question, tier, status=status, body=body)

        return with_message(response, message)

    def _tier(self, asked: _Asked) -> Tier:
        if asked.recognised is not None:
            return asked.recognised.requester.tier
        return Introduced(asked.broker, asked.question.asserted).tier


def add_network(app: Flask, desk: NetworkDesk) -> None:
    """Let `app` check the questions of brokers before anything else, and sign what it answers."""
    app.before_request(desk.arrive)
    app.after_request(desk.sign)


def without_visas(body: object) -> object:
    """Return the JSON body of the present request without the visas that a broker shows in it."""
    if _asked() is None or not isinstance(body, dict):
        return body
    return {name: value for name, value in body.items() if name != "visas"}


def _asked() -> _Asked | None:
    return g.get("network")
