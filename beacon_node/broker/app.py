"""Wires a broker into a Flask application."""

from flask import Flask, Response

from beacon_node.beacon_v2.render import render_error
from beacon_node.broker.ask import Desk
from beacon_node.broker.broker import Broker
from beacon_node.broker.catalogue import Catalogue
from beacon_node.broker.library import Library
from beacon_node.broker.web.apply_pages import ApplicationPages, add_application_pages
from beacon_node.broker.web.askers import AskerDesk
from beacon_node.broker.web.asking import SearchBox, add_search_box
from beacon_node.broker.web.beacon_api import BrokerApi
from beacon_node.broker.web.dac import DacDesk, add_dac
from beacon_node.broker.web.frame import Frame
from beacon_node.broker.web.login import BrokerLogins
from beacon_node.broker.web.network import add_network
from beacon_node.broker.web.operations import add_operations
from beacon_node.broker.web.pages import TEMPLATES, NetworkPages, add_pages
from beacon_node.broker.web.services import Services, add_services
from beacon_node.broker.web.upper import add_upper, upper_desk
from beacon_node.broker.web.whoami import Whoami, add_whoami
from beacon_node.web.application import Application
from beacon_node.web.beacon_routes import add_beacon
from beacon_node.web.cors import allow_origins
from beacon_node.web.errors import HttpError, handle_errors
from beacon_node.web.login import add_login
from beacon_node.web.pages import Pages
from beacon_node.web.responses import json_response


def library_of(broker: Broker) -> Library:
    """Return what is known of `broker`'s members; `keep_fresh` has it read again aside."""
    return Library(broker.transport, broker.clock, broker.state.learned)


def nobody() -> None:
    """Return who has a session, or for whom a broker above asks, where there are none."""


def create_app(
    broker: Broker, library: Library | None = None, logins: BrokerLogins | None = None
) -> Flask:
    """Return the application that answers for `broker`; `logins` None: nobody can log in."""
    app = Application("beacon_node.broker.web", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = broker.settings.server.max_body_bytes
    app.url_map.strict_slashes = False
    desk = Desk(broker, library or library_of(broker))
    upper = upper_desk(broker)
    askers = AskerDesk(
        broker,
        in_session=logins.proved if logins else nobody,
        from_above=upper.asker if upper else nobody,
    )
    catalogue = Catalogue(broker.registry, desk.library)
    api = BrokerApi(desk, catalogue, askers.who_asks)
    add_beacon(app, api)
    box = SearchBox(desk, api.rules, askers.who_asks)
    add_search_box(app, box)
    frame = Frame(broker, Pages(TEMPLATES), logins.desk.sessions if logins else None)
    add_pages(app, NetworkPages(frame, box, catalogue.terms))
    add_services(app, Services(desk))
    add_whoami(app, Whoami(broker, askers))
    add_dac(app, DacDesk(broker, askers))
    if logins:
        add_login(app, logins.desk)
        add_application_pages(app, ApplicationPages(frame, askers, desk.library))
    if upper:
        add_upper(app, upper)
    add_operations(app, broker)
    add_network(app, broker)

    def render(error: HttpError) -> Response:
        document = render_error(error.status, error.message, api.identity)
        return json_response(document, error.status, error.headers)

    handle_errors(app, render, broker.randomness)
    allow_origins(app, broker.settings.server.allowed_origins)
    return app
