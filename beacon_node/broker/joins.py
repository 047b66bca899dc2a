"""Becoming a member: a node asks, the broker's operator decides; both compare fingerprints."""

from dataclasses import replace

from beacon_node.broker.broker import Broker
from beacon_node.broker.join_request import JoinRequest, JoinStanding, read_join_request
from beacon_node.broker.network_edit import add_member
from beacon_node.errors import Conflict, NotPermitted
from beacon_node.federation.checks import read_join
from beacon_node.model.federation import Member
from beacon_node.ports import Sent


def identity_document(broker: Broker) -> dict:
    """Return who this broker is and the public key of its questions, for who wants to join."""
    told = broker.settings
    return {
        "id": told.broker.id,
        "name": told.broker.name,
        "url": told.public_url,
        "organization": {"name": told.organization.name, "url": told.organization.url},
        "keys": [broker.signer.key.public.jwk()],
        "joining": "open" if told.joining.is_open else "closed",
    }


def ask_to_join(broker: Broker, arrived: Sent) -> JoinRequest:
    """Keep a request to join and return it as it stands: one of a member is approved already.

    `arrived.path` lies below the broker's url. Raises MessageRefused unless the key that is to be
    the member's signed it, InvalidRequest naming a field, NotPermitted where joining is closed.
    """
    if not broker.settings.joining.is_open:
        raise NotPermitted("this network takes no requests to join; write to its operator")
    now = broker.clock.now()
    body = read_join(arrived, broker.settings.broker.id, now)
    request = read_join_request(body, now)
    member = broker.registry.by_id().get(request.member.id)
    if member is not None:
        return _of_member(member, request)
    broker.state.joins.ask(request, most_waiting=broker.settings.joining.most_waiting)
    return request


def _of_member(member: Member, request: JoinRequest) -> JoinRequest:
    if set(member.keys) & set(request.member.keys):
        return replace(request, standing=JoinStanding.APPROVED)
    raise Conflict(f"{member.id!r} is a member already, with another key")


def join_document(request: JoinRequest) -> dict:
    """Return how a request stands, for whoever asks; the contact is for the operator alone."""
    return {
        "id": request.member.id,
        "standing": request.standing,
        "askedAt": request.asked_at.isoformat(),
        "decidedAt": request.decided_at.isoformat() if request.decided_at else None,
        "reason": request.reason or None,
        "fingerprints": list(request.fingerprints),
    }


def approve(broker: Broker, request: JoinRequest) -> JoinRequest:
    """Make a member of who asked and return the request as it stands then.

    It is asked from the next question on. Stopped between the two, it is approved again.
    """
    member = broker.registry.by_id().get(request.member.id)
    if member is None:
        add_member(broker.registry.path, request.member, broker.settings.broker.id)
    elif not set(member.keys) & set(request.member.keys):
        raise Conflict(f"{member.id!r} is a member already, with another key")
    return _decided(broker, request, JoinStanding.APPROVED)


def refuse(broker: Broker, request: JoinRequest, reason: str) -> JoinRequest:
    """Refuse who asked; `reason` is told to them."""
    return _decided(broker, request, JoinStanding.REFUSED, reason)


def _decided(
    broker: Broker, request: JoinRequest, standing: JoinStanding, reason: str = ""
) -> JoinRequest:
    now = broker.clock.now()
    return broker.state.joins.decide(request.member.id, standing, reason=reason, now=now)
