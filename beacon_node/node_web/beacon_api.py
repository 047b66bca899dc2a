"""What a node answers as a Beacon v2.1.1, under `/api`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from flask import Flask, Response, request

from beacon_node.actions.join_network import brokers_file
from beacon_node.beacon_v2 import documents
from beacon_node.beacon_v2.entry_types import DEFINITIONS
from beacon_node.beacon_v2.parse import parse_get, parse_page_get, parse_page_post, parse_post
from beacon_node.beacon_v2.received import NOTHING_RECEIVED, Parsed, Rules, Target
from beacon_node.beacon_v2.render import render_error
from beacon_node.errors import BeaconNodeError
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Page, Query, SequenceQuery, VariationIdQuery, Within
from beacon_node.node import Node
from beacon_node.node_web.identity import identity_of
from beacon_node.node_web.network import without_visas
from beacon_node.node_web.pace import PLACE_TICK_S, Pace
from beacon_node.node_web.questions import Questions, WhoAsks, anybody
from beacon_node.node_web.terms import FilteringTerms
from beacon_node.web.application import WsgiAnswer
from beacon_node.web.beacon_routes import ROOT, add_beacon
from beacon_node.web.errors import http_error
from beacon_node.web.requests import arguments, json_body, pairs_of
from beacon_node.web.responses import json_response, send_json


class BeaconApi:
    """The handlers of one node's API; `web.beacon_routes` says where they stand."""

    def __init__(self, node: Node, who_asks: WhoAsks, pace: Pace = Pace()) -> None:
        self.node, self._pace = node, replace(pace, tick_s=PLACE_TICK_S)
        self.identity = identity_of(node.settings, has_brokers=brokers_file(node).exists())
        self.questions, self.who_asks = Questions(node, self.identity), who_asks
        self.terms = FilteringTerms(node, who_asks)
        answers = node.settings.answers
        self.rules = Rules(
            default_granularity=self.identity.default_granularity,
            first_page=Page(0, answers.default_page_size),
            max_page_size=answers.max_page_size,
            bases=node.knowledge.bases,
        )
        self._documents = {
            "service-info": documents.service_info_document(self.identity),
            "configuration": documents.configuration_document(self.identity),
            "entry_types": documents.entry_types_document(self.identity),
            "map": documents.map_document(self.identity),
        }

    # ---- entries -------------------------------------------------------------------------------

    def ask(self, target: Target) -> Response:
        """Answer the present request as a question about `target`."""
        return json_response(*self._told(partial(self._parsed, target), self.who_asks))

    def ask_as_anybody(
        self, target: Target, environ: Mapping, start_response: Callable
    ) -> Iterable[bytes]:
        """Answer a WSGI request that proves nothing as `ask` does; it is no other request's."""
        asked = environ.get("QUERY_STRING", "")
        told = self._told(lambda: parse_get(target, pairs_of(asked), self.rules), anybody)
        if told.status == 200:
            return send_json(told.document, start_response)
        return json_response(*told)(environ, start_response)

    def _parsed(self, target: Target) -> Parsed:
        if request.method == "POST":
            return parse_post(target, _body(), self.rules)
        return parse_get(target, arguments(), self.rules)

    def _told(self, read: Callable[[], Parsed], who_asks: WhoAsks) -> "_Told":
        received, begun = NOTHING_RECEIVED, self._pace.clock()
        try:
            parsed = read()
            received = parsed.received
            told = _Told(self.questions.respond(parsed, who_asks()))
            if self._is_of_a_place(parsed.query):
                self._pace.wait(begun)
            return told
        except BeaconNodeError as error:
            told = http_error(error)
            document = render_error(told.status, told.message, self.identity, received)
            return _Told(document, told.status, told.headers)

    def _is_of_a_place(self, query: Query) -> bool:
        """Say whether a table of public answers may be asked for many variants: how long that takes
        depends a little on what is in the data, and the question alone says that it is held."""
        if query.variation is None or isinstance(query.variation, SequenceQuery | VariationIdQuery):
            return False
        return any(dataset.public is not None for dataset in self.node.store.datasets())

    def direct(self) -> dict[str, WsgiAnswer]:
        """Return what answers questions about all entries of a type, by its path."""
        return {
            f"{ROOT}/{one.path}": partial(self.ask_as_anybody, Target(one)) for one in DEFINITIONS
        }

    # ---- the framework's documents -------------------------------------------------------------

    def info(self) -> Response:
        datasets = self.node.store.datasets()
        released = [dataset.released_at for dataset in datasets]
        identity = replace(self.identity, updated_at=max(released, default=""))
        return json_response(documents.info_document(identity, datasets))

    def document(self, name: str) -> Response:
        return json_response(self._documents[name])

    def filtering_terms(self, within: Within | None, scope: EntryType | None) -> Response:
        is_post = request.method == "POST"
        skip, limit = parse_page_post(_body()) if is_post else parse_page_get(arguments())
        terms = self.terms.list(within, scope)
        return json_response(
            documents.filtering_terms_document(
                self.identity, terms, self.node.knowledge.resources(), skip=skip, limit=limit
            )
        )


class _Told(NamedTuple):
    """What is answered: a document, the status, and headers beside those of every answer."""

    document: dict
    status: int = 200
    headers: Mapping[str, str] = MappingProxyType({})


def _body() -> object:
    return without_visas(json_body())


def add_beacon_api(app: Flask, node: Node, who_asks: WhoAsks, pace: Pace) -> BeaconApi:
    """Give `app` the Beacon endpoints of `node` and return their handlers."""
    api = BeaconApi(node, who_asks, pace)
    add_beacon(app, api)
    return api
