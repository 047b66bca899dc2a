"""Questions of brokers above: networks nest, and to them this broker is a member like any other.

A question with a message is what a pinned broker signed, once; its answer is signed as a node's is.
The researcher is known here by the name that the broker above has for this broker, and below by yet
other ones.
"""

import logging
from dataclasses import dataclass

from flask import Flask, Response, g, request

from beacon_node.broker.ask import LONGEST_PATH, PATH_HEADER, TIME_HEADER
from beacon_node.broker.asker import Asker, carried_visas
from beacon_node.broker.broker import Broker
from beacon_node.errors import InvalidRequest, QuotaExceeded
from beacon_node.federation.checks import (
    check_address,
    check_body,
    check_request,
    signed_question,
)
from beacon_node.identity.brokers_file import BrokersFile
from beacon_node.model.federation import PinnedBroker, Question
from beacon_node.model.message import Fault, MessageRefused
from beacon_node.model.passport import Subject
from beacon_node.model.requester import Tier
from beacon_node.storage.used_numbers import Use, UsedNumbers
from beacon_node.web.signed import asked_path, present_message, shown_visas, with_message

NUMBERS_FILE = "network.sqlite"
_FAULTS = {Use.AGAIN: Fault.USED, Use.UNKNOWN: Fault.FORGOTTEN}
_LOG = logging.getLogger("beacon_node.network")


@dataclass(frozen=True, slots=True, repr=False)
class _Asked:
    """A question that is being answered."""

    question: Question
    broker: PinnedBroker
    asker: Asker


class UpperDesk:
    """Looks at the message of the present request, and signs what is answered."""

    def __init__(self, broker: Broker, brokers: BrokersFile, numbers: UsedNumbers) -> None:
        self._broker, self._brokers, self._numbers = broker, brokers, numbers

    def asker(self) -> Asker | None:
        """Return for whom a broker above asks; None for a request without a message."""
        asked = g.get("upper")
        return asked.asker if asked else None

    def arrive(self) -> None:
        """Check the message of the present request, if it has one, and use its number up.

        Raises NotAuthenticated for anything about it that is not as it should be, QuotaExceeded for
        too many questions of one broker, StoreUnavailable where nobody knows which were used.
        """
        message = present_message()
        if message is None or request.path.startswith("/network/"):  # requests to join are others'
            return
        brokers = self._brokers.current()
        question = signed_question(message, brokers)
        broker = brokers[question.broker]
        g.upper = _Asked(question, broker, Asker())
        try:
            self._check(question)
        except MessageRefused as refused:
            _LOG.warning("a message of %s was refused: %s", question.broker, refused)
            raise
        g.upper = _Asked(question, broker, _asker(question, broker))

    def _check(self, question: Question) -> None:
        now = self._broker.clock.now()
        check_address(question, self._broker.signer.id, now)
        check_request(question, request.method, asked_path())
        check_body(question, request.get_data(cache=True))
        use = self._numbers.use(
            question.broker, question.number, made=question.at, until=question.until, now=now
        )
        if use is Use.TOO_MANY:
            raise QuotaExceeded("this broker asks more than can be told apart here; ask later")
        if fault := _FAULTS.get(use):
            raise MessageRefused(fault)

    def sign(self, response: Response) -> Response:
        """Sign the response to the present request, if that was a broker's question."""
        asked = g.get("upper")
        if asked is None:
            return response

        def message(status: int, body: bytes) -> str:
            tier = asked.asker.tier
            return self._broker.signer.reply(asked.question, tier, status=status, body=body)

        return with_message(response, message)


def upper_desk(broker: Broker) -> UpperDesk | None:
    """Return the desk for the brokers that the settings name, None where they name none.

    Raises ConfigurationError, naming the key, for a list that cannot be used.
    """
    named = broker.settings.access.brokers
    if not named:
        return None
    numbers = UsedNumbers(broker.home / "data" / NUMBERS_FILE, now=broker.clock.now())
    return UpperDesk(broker, BrokersFile(broker.home / named), numbers)


def add_upper(app: Flask, desk: UpperDesk) -> None:
    """Let `app` check the questions of brokers before anything else, and sign what it answers."""
    app.before_request(desk.arrive)
    app.after_request(desk.sign)


# ---- who asks ------------------------------------------------------------------------------------


def _asker(question: Question, broker: PinnedBroker) -> Asker:
    asserted, name = question.asserted, question.asserted.researcher
    tier = min(asserted.tier, broker.ceiling) if name else Tier.PUBLIC
    return Asker(
        subject=Subject(f"broker:{broker.id}", name) if name else None,
        tier=tier,
        organisation=asserted.organisation,
        purpose=asserted.purpose if tier >= Tier.REGISTERED else None,
        visas=carried_visas(visa for visa in shown_visas() if isinstance(visa, str)),
        path=_brokers_before(broker),
        within_s=_seconds(request.headers.get(TIME_HEADER, "")),
    )


def _brokers_before(broker: PinnedBroker) -> tuple[str, ...]:
    """Return the brokers that the question came through; who signed it is the last, whatever the
    header says. Raises InvalidRequest for more than there can be."""
    told = request.headers.get(PATH_HEADER, "").split(",", LONGEST_PATH + 1)
    before = [name.strip() for name in told if name.strip()]
    if len(before) > LONGEST_PATH:
        raise InvalidRequest(f"{PATH_HEADER}: {LONGEST_PATH} brokers in a row are too many")
    return tuple(before if broker.id in before else [*before, broker.id])


def _seconds(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if 0 < found < 3_600 else None
