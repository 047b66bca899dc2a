"""Wires a node into a Flask application."""

from flask import Flask, Response

from beacon_node.beacon_v2.render import render_error
from beacon_node.model.dac import Actor
from beacon_node.node import Node
from beacon_node.node_web.bare import proves_nothing
from beacon_node.node_web.beacon_api import add_beacon_api
from beacon_node.node_web.dac import WhoActs, add_dac
from beacon_node.node_web.operations import add_operations
from beacon_node.node_web.pace import Pace, paced
from beacon_node.node_web.questions import WhoAsks, anybody
from beacon_node.web.application import Application
from beacon_node.web.cors import allow_origins
from beacon_node.web.errors import HttpError, handle_errors
from beacon_node.web.responses import json_response


def create_app(
    node: Node,
    who_asks: WhoAsks = anybody,
    pace: Pace = Pace(),
    who_acts: WhoActs | None = None,
    proofs_are_shown: bool = False,
) -> Flask:
    """Return the application that answers for `node`; `who_asks` says who sent a request, `pace`
    when answers of the registered tier leave, and `who_acts` who applies to the committee: by
    default whoever asks. `proofs_are_shown`: to `who_asks` whoever `proves_nothing` is anybody, and
    is answered without the framework."""
    app = Application("beacon_node.node_web", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = node.settings.server.max_body_bytes
    app.url_map.strict_slashes = False
    api = add_beacon_api(app, node, paced(app, who_asks, pace), pace)
    add_dac(app, node, who_acts or (lambda: Actor(who_asks().account)))
    add_operations(app, node)

    def render(error: HttpError) -> Response:
        document = render_error(error.status, error.message, api.identity)
        return json_response(document, error.status, error.headers)

    handle_errors(app, render, node.randomness)
    allow_origins(app, node.settings.server.allowed_origins)
    if proofs_are_shown and not node.settings.server.allowed_origins:  # else headers are added
        app.answer_directly(api.direct(), proves_nothing)
    return app
