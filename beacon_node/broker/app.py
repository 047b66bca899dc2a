"""Wires a broker into a Flask application."""

from flask import Flask, Response

from beacon_node.broker.broker import Broker
from beacon_node.broker.web.network import add_network
from beacon_node.broker.web.operations import add_operations
from beacon_node.web.application import Application
from beacon_node.web.cors import allow_origins
from beacon_node.web.errors import HttpError, handle_errors
from beacon_node.web.responses import json_response


def create_app(broker: Broker) -> Flask:
    """Return the application that answers for `broker`."""
    app = Application("beacon_node.broker.web", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = broker.settings.server.max_body_bytes
    app.url_map.strict_slashes = False
    add_operations(app, broker)
    add_network(app, broker)

    def render(error: HttpError) -> Response:
        document = {"error": {"errorCode": error.status, "errorMessage": error.message}}
        return json_response(document, error.status, error.headers)

    handle_errors(app, render, broker.randomness)
    allow_origins(app, broker.settings.server.allowed_origins)
    return app
