"""What an operator's supervisor asks: is the process alive, can the node answer?"""

from flask import Flask, Response

from beacon_node.node import Node
from beacon_node.web.responses import json_response


def add_operations(app: Flask, node: Node) -> None:
    """Give `app` `/livez` and `/readyz`; neither says anything about data."""

    @app.get("/livez")
    def livez() -> Response:
        return json_response({"status": "alive"})

    @app.get("/readyz")
    def readyz() -> Response:
        node.store.datasets()  # raises StoreUnavailable, which is answered with 503
        return json_response({"status": "ready"})
