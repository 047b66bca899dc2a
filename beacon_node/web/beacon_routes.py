"""Where a Beacon v2.1.1 answers: the framework's documents and the default model's endpoints."""

from collections.abc import Callable
from typing import Protocol

from flask import Flask, Response

from beacon_node.beacon_v2.entry_types import DEFINITIONS
from beacon_node.beacon_v2.received import Target
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Within

ROOT = "/api"
_BOTH = ["GET", "POST"]
Handler = Callable[..., Response]


class Beacon(Protocol):
    """What answers the requests of a Beacon."""

    def ask(self, target: Target) -> Response:
        """Answer the present request as a question about `target`."""

    def info(self) -> Response: ...

    def document(self, name: str) -> Response:
        """Return `service-info`, `configuration`, `entry_types` or `map`."""

    def filtering_terms(self, within: Within | None, scope: EntryType | None) -> Response:
        """Return the page asked for of the terms, of one dataset or cohort, or of one type."""


def add_beacon(app: Flask, beacon: Beacon) -> None:
    """Give `app` every endpoint of the framework and the default model, under `/api`."""
    _add_framework(app, beacon)
    _add_terms(app, beacon)
    for entry_type, definition in DEFINITIONS.items():
        root = f"{ROOT}/{entry_type.path}"
        _add(app, root, _entries(beacon, entry_type), _BOTH)
        _add(app, f"{root}/<id>", _entry(beacon, entry_type), _BOTH)
        for part in definition.sub_endpoints:
            _add(app, f"{root}/<id>/{part.path}", _related(beacon, entry_type, part), _BOTH)


def _add_framework(app: Flask, beacon: Beacon) -> None:
    _add(app, ROOT, beacon.info)
    _add(app, f"{ROOT}/info", beacon.info)
    for name in ("service-info", "configuration", "entry_types", "map"):
        _add(app, f"{ROOT}/{name}", _document(beacon, name))


def _add_terms(app: Flask, beacon: Beacon) -> None:
    individual = EntryType.INDIVIDUAL
    everything = f"{ROOT}/filtering_terms"
    _add(app, everything, lambda: beacon.filtering_terms(None, None), _BOTH)
    of_people = f"{ROOT}/{individual.path}/filtering_terms"
    _add(app, of_people, lambda: beacon.filtering_terms(None, individual), _BOTH)
    for kind in (EntryType.DATASET, EntryType.COHORT):
        _add(app, f"{ROOT}/{kind.path}/<id>/filtering_terms", _terms_of(beacon, kind), _BOTH)


def _document(beacon: Beacon, name: str) -> Handler:
    return lambda: beacon.document(name)


def _terms_of(beacon: Beacon, kind: EntryType) -> Handler:
    return lambda id: beacon.filtering_terms(Within(kind, id), None)


def _entries(beacon: Beacon, entry_type: EntryType) -> Handler:
    target = Target(entry_type)
    return lambda: beacon.ask(target)


def _entry(beacon: Beacon, entry_type: EntryType) -> Handler:
    return lambda id: beacon.ask(Target(entry_type, entry_id=id))


def _related(beacon: Beacon, entry_type: EntryType, part: EntryType) -> Handler:
    return lambda id: beacon.ask(Target(part, within=Within(entry_type, id)))


def _add(app: Flask, rule: str, handler: Handler, methods: list[str] | None = None) -> None:
    app.add_url_rule(rule, endpoint=rule, view_func=handler, methods=methods or ["GET"])
