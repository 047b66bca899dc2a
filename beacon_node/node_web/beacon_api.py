"""Every endpoint of the Beacon v2.1.1 framework and default model, under `/api`."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote_plus

import orjson
from flask import Flask, Response, request

from beacon_node.beacon_v2 import documents
from beacon_node.beacon_v2.entry_types import DEFINITIONS
from beacon_node.beacon_v2.parse import parse_get, parse_page_get, parse_page_post, parse_post
from beacon_node.beacon_v2.received import NOTHING_RECEIVED, Rules, Target
from beacon_node.beacon_v2.render import render_error
from beacon_node.errors import BeaconNodeError, InvalidRequest
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Page, Within
from beacon_node.node import Node
from beacon_node.node_web.identity import identity_of
from beacon_node.node_web.network import without_visas
from beacon_node.node_web.questions import Questions, WhoAsks
from beacon_node.node_web.terms import FilteringTerms
from beacon_node.web.errors import http_error
from beacon_node.web.responses import json_response

ROOT = "/api"
MAX_PARAMETERS = 200  # in one URL
_BOTH = ["GET", "POST"]
Handler = Callable[..., Response]


class BeaconApi:
    """The handlers of one node's API."""

    def __init__(self, node: Node, who_asks: WhoAsks) -> None:
        self.node = node
        self.identity = identity_of(node.settings)
        self.questions = Questions(node, self.identity, who_asks)
        self.terms = FilteringTerms(node, who_asks)
        answers = node.settings.answers
        self.rules = Rules(
            default_granularity=self.identity.default_granularity,
            first_page=Page(0, answers.default_page_size),
            max_page_size=answers.max_page_size,
            bases=node.knowledge.bases,
        )

    # ---- entries -------------------------------------------------------------------------------

    def ask(self, target: Target) -> Response:
        """Answer the present request as a question about `target`."""
        received = NOTHING_RECEIVED
        try:
            if request.method == "POST":
                parsed = parse_post(target, _body(), self.rules)
            else:
                parsed = parse_get(target, _arguments(), self.rules)
            received = parsed.received
            return json_response(self.questions.respond(parsed))
        except BeaconNodeError as error:
            told = http_error(error)
            document = render_error(told.status, told.message, self.identity, received)
            return json_response(document, told.status, told.headers)

    def entries(self, entry_type: EntryType) -> Handler:
        target = Target(entry_type)
        return lambda: self.ask(target)

    def entry(self, entry_type: EntryType) -> Handler:
        return lambda id: self.ask(Target(entry_type, entry_id=id))

    def related(self, entry_type: EntryType, part: EntryType) -> Handler:
        return lambda id: self.ask(Target(part, within=Within(entry_type, id)))

    # ---- the framework's documents -------------------------------------------------------------

    def info(self) -> Response:
        datasets = self.node.store.datasets()
        released = [dataset.released_at for dataset in datasets]
        identity = replace(self.identity, updated_at=max(released, default=""))
        return json_response(documents.info_document(identity, datasets))

    def document(self, render: Callable[..., dict]) -> Handler:
        body = render(self.identity)
        return lambda: json_response(body)

    def filtering_terms(
        self, within: EntryType | None = None, *, scope: EntryType | None = None
    ) -> Handler:
        def handle(id: str = "") -> Response:
            is_post = request.method == "POST"
            skip, limit = parse_page_post(_body()) if is_post else parse_page_get(_arguments())
            terms = self.terms.list(Within(within, id) if within else None, scope)
            return json_response(
                documents.filtering_terms_document(
                    self.identity, terms, self.node.knowledge.resources(), skip=skip, limit=limit
                )
            )

        return handle


def _arguments() -> list[tuple[str, str]]:
    """Return the URL's decoded (name, value) pairs; what is plain is not decoded again."""
    written = request.environ.get("QUERY_STRING", "")
    if not written:
        return []
    parts = written.split("&")
    if len(parts) > MAX_PARAMETERS:
        raise InvalidRequest(f"the URL has more than {MAX_PARAMETERS} parameters")
    return [_decoded(part) for part in parts if part]


def _decoded(part: str) -> tuple[str, str]:
    if "%" in part or "+" in part:
        name, _, value = part.partition("=")
        return unquote_plus(name), unquote_plus(value)
    name, _, value = part.partition("=")
    return name, value


def _body() -> object:
    """Return the decoded JSON body; an empty one is an empty object."""
    raw = request.get_data(cache=False)
    if not raw.strip():
        return {}
    try:
        return without_visas(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise InvalidRequest(
            f"the request body is not valid JSON (line {error.lineno}, column {error.colno})"
        ) from error


def add_beacon_api(app: Flask, node: Node, who_asks: WhoAsks) -> BeaconApi:
    """Give `app` the Beacon endpoints of `node` and return their handlers."""
    api = BeaconApi(node, who_asks)
    _add_framework(app, api)
    for entry_type, definition in DEFINITIONS.items():
        root = f"{ROOT}/{entry_type.path}"
        _add(app, root, api.entries(entry_type), _BOTH)
        _add(app, f"{root}/<id>", api.entry(entry_type), _BOTH)
        for part in definition.sub_endpoints:
            _add(app, f"{root}/<id>/{part.path}", api.related(entry_type, part), _BOTH)
    return api


def _add_framework(app: Flask, api: BeaconApi) -> None:
    _add(app, ROOT, api.info)
    _add(app, f"{ROOT}/info", api.info)
    for path, render in (
        ("service-info", documents.service_info_document),
        ("configuration", documents.configuration_document),
        ("entry_types", documents.entry_types_document),
        ("map", documents.map_document),
    ):
        _add(app, f"{ROOT}/{path}", api.document(render))
    individual = EntryType.INDIVIDUAL
    _add(app, f"{ROOT}/filtering_terms", api.filtering_terms(), _BOTH)
    _add(
        app,
        f"{ROOT}/{individual.path}/filtering_terms",
        api.filtering_terms(scope=individual),
        _BOTH,
    )
    for kind in (EntryType.DATASET, EntryType.COHORT):
        _add(app, f"{ROOT}/{kind.path}/<id>/filtering_terms", api.filtering_terms(kind), _BOTH)


def _add(app: Flask, rule: str, handler: Handler, methods: list[str] | None = None) -> None:
    app.add_url_rule(rule, endpoint=rule, view_func=handler, methods=methods or ["GET"])
