"""What a WSGI server loads: `beacon_node.node_web.wsgi:make_app`, a factory."""

import os
from pathlib import Path

from flask import Flask

from beacon_node.errors import ConfigurationError
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from beacon_node.node_web.network import NetworkDesk, add_network, membership_of
from beacon_node.node_web.passports import PassportDesk, add_passports, clearinghouse_of
from beacon_node.node_web.visas import add_visas

HOME_VARIABLE = "BEACON_NODE_HOME"


def make_app() -> Flask:
    """Return the application of the node whose home folder the environment names."""
    home = os.environ.get(HOME_VARIABLE, "")
    if not home:
        raise ConfigurationError(f"{HOME_VARIABLE} does not say where the node's home folder is")
    node = open_node(Path(home))
    house = clearinghouse_of(node)
    desk, network = PassportDesk(node, house), NetworkDesk(node, house, membership_of(node))
    who_asks, who_acts = network.who_asks(desk.who_asks), network.who_acts(desk.who_asks)
    app = create_app(node, who_asks, who_acts=who_acts)
    add_network(app, network)
    add_passports(app, desk)
    add_visas(app, node, desk)
    return app
