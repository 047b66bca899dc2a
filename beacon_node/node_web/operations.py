"""What an operator's supervisor asks: is the process alive, can the node answer?"""

from flask import Flask, Response

from beacon_node.actions.whole_ledger import require_whole_ledger
from beacon_node.node import Node
from beacon_node.web.responses import json_response


def add_operations(app: Flask, node: Node) -> None:
    """Give `app` `/livez` and `/readyz`; neither says anything about data."""

    @app.get("/livez")
    def livez() -> Response:
        return json_response({"status": "alive"})

    @app.get("/readyz")
    def readyz() -> Response:
        datasets = node.store.datasets()  # StoreUnavailable and LedgerBroken are answered with 503
        require_whole_ledger(datasets, node.ledger.moment(node.clock.now()))
        return json_response({"status": "ready"})
