"""What a WSGI server loads: `beacon_node.node_web.wsgi:make_app`, a factory."""

import os
from pathlib import Path

from flask import Flask

from beacon_node.errors import ConfigurationError
from beacon_node.identity.clearinghouse import Clearinghouse
from beacon_node.node import Node, open_node
from beacon_node.node_web.app import create_app
from beacon_node.node_web.consent import add_consent
from beacon_node.node_web.login import NodeLogins
from beacon_node.node_web.network import NetworkDesk, add_network, membership_of
from beacon_node.node_web.passports import PassportDesk, add_passports, clearinghouse_of
from beacon_node.node_web.staff import add_staff
from beacon_node.node_web.visas import add_visas
from beacon_node.web.login import add_login

HOME_VARIABLE = "BEACON_NODE_HOME"


def make_app() -> Flask:
    """Return the application of the node whose home folder the environment names."""
    home = os.environ.get(HOME_VARIABLE, "")
    if not home:
        raise ConfigurationError(f"{HOME_VARIABLE} does not say where the node's home folder is")
    node = open_node(Path(home))
    house = clearinghouse_of(node)
    return whole_app(node, house, logins_for(node, house))


def whole_app(node: Node, house: Clearinghouse, logins: NodeLogins | None = None) -> Flask:
    """Return the application with everything that a node answers; `logins` None: nobody can log in,
    and it has no pages for it."""
    desk = PassportDesk(node, house, *([logins.identified] if logins else []))
    network = NetworkDesk(node, house, membership_of(node))
    who_asks, who_acts = network.who_asks(desk.who_asks), network.who_acts(desk.who_asks)
    app = create_app(node, who_asks, who_acts=who_acts, proofs_are_shown=True)
    add_network(app, network)
    add_passports(app, desk)
    add_visas(app, node, desk)
    add_staff(app, node, desk.who_asks)  # not for those whom a broker introduces
    add_consent(app, node, desk.who_asks)
    if logins is not None:
        add_login(app, logins.desk)
    return app


def logins_for(node: Node, house: Clearinghouse) -> NodeLogins | None:
    """Return the logins that `node`'s settings ask for, None if nobody can log in. Raises
    ConfigurationError."""
    return NodeLogins(node, house) if node.settings.login.are_possible else None
