"""The network as one Beacon v2.1.1, under `/api`: what is asked here is asked of every member."""

from collections.abc import Callable, Mapping

from flask import Response, request

from beacon_node.beacon_v2 import documents
from beacon_node.beacon_v2.parse import parse_get, parse_page_get, parse_page_post, parse_post
from beacon_node.beacon_v2.received import NOTHING_RECEIVED, Parsed, Rules, Target
from beacon_node.beacon_v2.render import render_error
from beacon_node.broker.ask import Desk
from beacon_node.broker.catalogue import Catalogue
from beacon_node.broker.merge import beacon_document
from beacon_node.broker.web.askers import WhoAsks
from beacon_node.broker.web.identity import identity_of
from beacon_node.errors import BeaconNodeError, NotFound
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Page, Within
from beacon_node.web.errors import http_error
from beacon_node.web.requests import arguments, json_body
from beacon_node.web.responses import json_response

_EXTRA = "visas"  # a member of a body that a broker above puts there


class BrokerApi:
    """The handlers of one broker's API; `web.beacon_routes` says where they stand."""

    def __init__(self, desk: Desk, catalogue: Catalogue, who_asks: WhoAsks) -> None:
        self.desk, self.catalogue, self.who_asks = desk, catalogue, who_asks
        settings = desk.broker.settings
        self.identity = identity_of(settings)
        self.rules = Rules(
            default_granularity=self.identity.default_granularity,
            first_page=Page(0, settings.answers.default_page_size),
            max_page_size=settings.answers.max_page_size,
        )

    def ask(self, target: Target) -> Response:
        """Answer the present request with what all members say about `target`."""
        received = NOTHING_RECEIVED
        try:
            parsed = self._parsed(target)
            received = parsed.received
            asker = self.who_asks()
            rows = sorted(self.desk.ask(parsed, asker), key=self._place())
            return json_response(beacon_document(rows, parsed, self.identity))
        except BeaconNodeError as error:
            told = http_error(error)
            document = render_error(told.status, told.message, self.identity, received)
            return json_response(document, told.status, told.headers)

    def _parsed(self, target: Target) -> Parsed:
        if request.method != "POST":
            return parse_get(target, arguments(), self.rules)
        body = json_body(keep=True)
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if name != _EXTRA}
        return parse_post(target, body, self.rules)

    def _place(self) -> Callable:
        """Return what sorts rows as the registry lists their members: not by who was quicker."""
        order = {member.id: number for number, member in enumerate(self.desk.members())}
        return lambda row: order.get(row.member, len(order))

    # ---- the framework's documents ---------------------------------------------------------------

    def info(self) -> Response:
        document = documents.info_document(self.identity)
        told = [{"id": one.id, "name": one.name, "kind": one.kind} for one in self.desk.members()]
        document["response"]["info"] = {"members": told}
        return json_response(document)

    def document(self, name: str) -> Response:
        if name == "service-info":
            return json_response(documents.service_info_document(self.identity))
        return json_response(_RENDERERS[name](self.identity, self.catalogue.entry_types()))

    def filtering_terms(self, within: Within | None, scope: EntryType | None) -> Response:
        is_post = request.method == "POST"
        skip, limit = parse_page_post(json_body()) if is_post else parse_page_get(arguments())
        terms: list[Mapping] = list(self._terms_of(within) if within else self.catalogue.terms())
        if scope:
            terms = documents.restrict_terms(terms, scope)
        resources = self.catalogue.resources()
        return json_response(
            documents.filtering_terms_document(
                self.identity, terms, resources, skip=skip, limit=limit
            )
        )

    def _terms_of(self, within: Within) -> list[dict]:
        """Return the terms of one dataset or cohort, as those members say who have it."""
        found = [row.collections for row in self.desk.terms(within) if row.exists]
        if not found:
            raise NotFound(f"there is no {within.entry_type} with this id at any member")
        return documents.merge_terms(found)


_RENDERERS = {
    "configuration": documents.configuration_document,
    "entry_types": documents.entry_types_document,
    "map": documents.map_document,
}
