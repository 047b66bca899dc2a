"""`/network/…`: who this broker is, requests to join, and checkpoints that members leave."""

from flask import Flask, Response, request

from beacon_node.broker.broker import Broker
from beacon_node.broker.checkpoints import checkpoint_document, leave_checkpoint
from beacon_node.broker.joins import ask_to_join, identity_document, join_document
from beacon_node.errors import InvalidRequest
from beacon_node.model.federation import MESSAGE_HEADER
from beacon_node.ports import Sent
from beacon_node.web.responses import json_response

_MOST_BYTES = 100_000  # of a request to join, or a checkpoint


def add_network(app: Flask, broker: Broker) -> None:
    """Give `app` what nodes need to become and be members."""

    @app.get("/network/identity")
    def network_identity() -> Response:
        return json_response(identity_document(broker))

    @app.post("/network/joins")
    def network_join() -> Response:
        return json_response(join_document(ask_to_join(broker, _arrived())), 202)

    @app.get("/network/joins/<path:member_id>")
    def network_join_standing(member_id: str) -> Response:
        return json_response(join_document(broker.state.joins.request(member_id)))

    @app.post("/network/checkpoints")
    def network_checkpoint() -> Response:
        return json_response(checkpoint_document(leave_checkpoint(broker, _arrived())))


def _arrived() -> Sent:
    """Return the present request as its message is about it."""
    if (request.content_length or 0) > _MOST_BYTES:
        raise InvalidRequest(f"the request is larger than {_MOST_BYTES:,} bytes")
    headers = {MESSAGE_HEADER: request.headers.get(MESSAGE_HEADER)}
    return Sent(request.method, request.path, request.get_data(), headers)
