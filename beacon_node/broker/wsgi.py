"""What a WSGI server loads: `beacon_node.broker.wsgi:make_app`, a factory."""

import os
from pathlib import Path

from flask import Flask

from beacon_node.broker.app import create_app, library_of
from beacon_node.broker.broker import open_broker
from beacon_node.broker.web.login import logins_of
from beacon_node.errors import ConfigurationError

HOME_VARIABLE = "BEACON_BROKER_HOME"


def make_app() -> Flask:
    """Return the application of the broker whose home folder the environment names."""
    home = os.environ.get(HOME_VARIABLE, "")
    if not home:
        raise ConfigurationError(f"{HOME_VARIABLE} does not say where the broker's home folder is")
    broker = open_broker(Path(home))
    library = library_of(broker)
    library.keep_fresh(broker.registry.members)
    return create_app(broker, library, logins_of(broker))
