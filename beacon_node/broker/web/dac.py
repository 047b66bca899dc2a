"""`/dac/applications` of a broker: access to several members' data, applied for at once."""

from collections.abc import Mapping

from flask import Flask, Response, request

from beacon_node.broker.applying import Clerk, bundle_document
from beacon_node.broker.broker import Broker
from beacon_node.broker.web.askers import AskerDesk
from beacon_node.errors import InvalidRequest, NotAuthenticated
from beacon_node.web.requests import json_body
from beacon_node.web.responses import json_response

_NOBODY = "applications are for people who bring a passport; see /whoami"


class DacDesk:
    """The handlers; each asks first who is there."""

    def __init__(self, broker: Broker, askers: AskerDesk) -> None:
        self._broker, self._askers = broker, askers

    def applications(self) -> Response:
        """GET: one's own; POST `{"form": …, "sites": {MEMBER: [DATASET, …], …}}`: open drafts."""
        clerk = self._clerk()
        if request.method == "GET":
            found = [bundle_document(one) for one in clerk.bundles()]
            return json_response({"applications": found})
        body = _body({"form", "sites"})
        opened = clerk.open(_object(body, "form"), _sites(body))
        return json_response(bundle_document(opened), 201 if opened.id else 200)

    def application(self, id: str) -> Response:
        return json_response(bundle_document(self._clerk().bundle(id)))

    def commands(self, id: str) -> Response:
        """POST `{"command": {"do": …}}`, with `"sites": [MEMBER, …]` for some of them alone."""
        clerk, body = self._clerk(), _body({"command", "sites"})
        sites = body.get("sites", [])
        if not isinstance(sites, list) or not all(isinstance(one, str) for one in sites):
            raise InvalidRequest("sites: a list of members is expected")
        return json_response(bundle_document(clerk.act(id, _object(body, "command"), sites)))

    def _clerk(self) -> Clerk:
        known = self._askers.known()
        if known is None:
            raise NotAuthenticated(_NOBODY)
        return Clerk(self._broker, known.asker, known.account)


def add_dac(app: Flask, desk: DacDesk) -> None:
    one = "/dac/applications/<id>"
    for path, handler, methods in (
        ("/dac/applications", desk.applications, ["GET", "POST"]),
        (one, desk.application, ["GET"]),
        (f"{one}/commands", desk.commands, ["POST"]),
    ):
        app.add_url_rule(path, f"dac {path}", handler, methods=methods)


def _body(expected: set[str]) -> Mapping:
    """Return the JSON object of the present request. Its type must say that it is JSON: no other
    site's form can send that."""
    if not request.is_json:
        raise InvalidRequest("Content-Type: application/json is expected")
    body = json_body(keep=True)
    if not isinstance(body, dict):
        raise InvalidRequest("the request body: an object is expected")
    known = expected | {"passports"}
    if strange := sorted(body.keys() - known):
        raise InvalidRequest(f"{strange[0]}: not known here; expected are: {', '.join(expected)}")
    return body


def _object(body: Mapping, name: str) -> Mapping:
    found = body.get(name)
    if not isinstance(found, dict):
        raise InvalidRequest(f"{name}: an object is expected")
    return found


def _sites(body: Mapping) -> Mapping[str, list[str]]:
    sites = _object(body, "sites")
    for member, datasets in sites.items():
        if not isinstance(datasets, list) or not all(isinstance(one, str) for one in datasets):
            raise InvalidRequest(f"sites.{member}: a list of datasets is expected")
    return sites
