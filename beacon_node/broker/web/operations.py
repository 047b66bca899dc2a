"""What an operator's supervisor asks, and how the network does."""

from flask import Flask, Response

from beacon_node.broker.broker import Broker
from beacon_node.broker.standing import health_document
from beacon_node.web.responses import json_response


def add_operations(app: Flask, broker: Broker) -> None:
    """Give `app` `/livez`, `/readyz` and `/health`; none says anything about a question."""

    @app.get("/livez")
    def livez() -> Response:
        return json_response({"status": "alive"})

    @app.get("/readyz")
    def readyz() -> Response:
        broker.state.joins.requests()  # raises StoreUnavailable, which is answered with 503
        return json_response({"status": "ready"})

    @app.get("/health")
    def health() -> Response:
        document = health_document(broker)
        return json_response(document, 200 if document["status"] == "ok" else 503)
