"""A node in a network, and a broker that asks it over HTTP, honestly or not."""

from dataclasses import dataclass, field, replace

from flask import Flask

from beacon_node.federation.checks import check_reply
from beacon_node.federation.messages import Signer
from beacon_node.identity.brokers_file import with_broker
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.model.federation import Asserted, Member, PinnedBroker, Question, Reply
from beacon_node.model.requester import Tier
from beacon_node.node import Node
from beacon_node.node_web.network import membership_of
from beacon_node.node_web.passports import clearinghouse_of
from beacon_node.node_web.wsgi import whole_app
from beacon_node.ports import Received, Sent
from beacon_node.randomness import SystemRandomness
from tests.federation.network import BROKER, BROKER_KEY, OTHER_KEY

NETWORK = PinnedBroker(
    BROKER, "Network", "https://network.example", (BROKER_KEY.public.x,), Tier.REGISTERED
)
OTHER = replace(NETWORK, id="org.other", keys=(OTHER_KEY.public.x,))


def pin(node: Node, *brokers: PinnedBroker) -> None:
    """Let the operator's file name exactly these brokers."""
    path = node.home / node.settings.network.brokers
    path.unlink(missing_ok=True)
    for broker in brokers:
        path.write_text(with_broker(path, broker))


def app_of(node: Node, house: Clearinghouse | None = None) -> Flask:
    """Return the application of one of the node's processes."""
    return whole_app(node, house or clearinghouse_of(node))


@dataclass
class Broker:
    """A broker of a network at one node; `app` may be exchanged for another process's."""

    node: Node
    app: Flask
    key: object = BROKER_KEY
    id: str = BROKER
    signer: Signer = field(init=False)
    member: Member = field(init=False)

    def __post_init__(self) -> None:
        own = membership_of(self.node)
        self.signer = Signer(self.id, self.key, self.node.clock, SystemRandomness())
        id, keys = self.node.settings.node.id, (own.signer.key.public.x,)
        self.member = Member(id, "Hospital", "https://hospital.example", keys=keys)

    def signs(self, sent: Sent, asserted: Asserted = Asserted()) -> tuple[Sent, Question]:
        return self.signer.question(self.member, sent, asserted)

    def sends(self, sent: Sent):
        """Send a request as it is; return the response of Flask's test client."""
        return self.app.test_client().open(
            sent.path, method=sent.method, data=sent.body, headers=dict(sent.headers)
        )

    def asks(self, sent: Sent, asserted: Asserted = Asserted()):
        """Ask, and return the response and what the node signed of it."""
        signed, question = self.signs(sent, asserted)
        response = self.sends(signed)
        return response, self.authentic(question, response)

    def authentic(self, question: Question, response) -> Reply:
        """Return what the node signed; NotAuthentic if it did not sign this response."""
        headers = {name.lower(): value for name, value in response.headers.items()}
        received = Received(response.status_code, response.data, headers)
        return check_reply(self.member, question, received)
