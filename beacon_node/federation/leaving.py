"""Leaving a checkpoint of the ledger with a broker: `POST {broker}/network/checkpoints`.

The body is `{"checkpoint": {…}, "key": {…}}`: the signed document as `audit checkpoint` prints it,
and the public key (JWK) that signed it, which the broker keeps from the first one on. The request
is a signed message of the network, so that a broker knows which member leaves it. The answer is
`{"sequence", "receivedAt", "goesOn", "problem"}`: whether it goes on from those that were left
before.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from beacon_node.errors import Unreachable
from beacon_node.federation.messages import Signer
from beacon_node.model.federation import Member, MemberKind, PinnedBroker
from beacon_node.ports import Sent, Transport

PATH = "/network/checkpoints"
_TIMEOUT_S = 15.0


def leave_with(
    transport: Transport, signer: Signer, broker: PinnedBroker, body: Mapping[str, Any]
) -> str:
    """Leave a checkpoint; return what the broker finds wrong between it and earlier ones, empty for
    nothing. Raises Unreachable where it was not kept."""
    sent = Sent("POST", PATH, orjson.dumps(body), {"Content-Type": "application/json"})
    member = Member(broker.id, broker.name, broker.url, MemberKind.BROKER, broker.keys)
    received = transport.send(member, signer.checkpoint(broker.id, sent), timeout_s=_TIMEOUT_S)
    if received.status != 200:
        raise Unreachable(f"the broker did not keep it (status {received.status})")
    try:
        told = orjson.loads(received.body)
        is_good, problem = told["goesOn"], told["problem"] or "it does not go on from earlier ones"
    except (ValueError, KeyError, TypeError) as error:
        raise Unreachable("the broker's answer is not of its form") from error
    return "" if is_good is True else str(problem)
