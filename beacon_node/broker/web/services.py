"""The members as a GA4GH Service Registry 1.0, and the registry's own service-info."""

from flask import Flask, Response

from beacon_node import __version__
from beacon_node.beacon_v2.abilities import api_root
from beacon_node.broker.ask import Desk
from beacon_node.errors import NotFound
from beacon_node.model.federation import Member
from beacon_node.web.responses import json_response

REGISTRY_TYPE = {"group": "org.ga4gh", "artifact": "service-registry", "version": "1.0.0"}
_BEACON = {"group": "org.ga4gh", "artifact": "beacon"}
_USUAL_VERSION = "v2.1.1"  # of a member whose documents are not read yet
_UNKNOWN = "unknown"  # what a required text says of which nothing is known


class Services:
    """Answers from the registry and from what members say of themselves."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def all(self) -> Response:
        return json_response([self._service(member) for member in self._desk.members()])

    def one(self, id: str) -> Response:
        for member in self._desk.members():
            if member.id == id:
                return json_response(self._service(member))
        raise NotFound("there is no service with this id here")

    def types(self) -> Response:
        listed = [self._service(member)["type"] for member in self._desk.members()]
        return json_response([one for n, one in enumerate(listed) if one not in listed[:n]])

    def info(self) -> Response:
        settings = self._desk.broker.settings
        broker, organization = settings.broker, settings.organization
        document = {
            "id": broker.id,
            "name": broker.name,
            "type": REGISTRY_TYPE,
            "organization": {"name": organization.name, "url": organization.url},
            "environment": broker.environment,
            "version": f"v{__version__}",
        }
        optional = {"description": broker.description, "contactUrl": organization.contact_url}
        return json_response(document | {name: one for name, one in optional.items() if one})

    def _service(self, member: Member) -> dict:
        known = self._desk.library.of(member)
        return {
            "id": member.id,
            "name": member.name,
            "type": _BEACON | {"version": known.api_version or _USUAL_VERSION},
            "organization": {
                "name": member.organization or member.name,
                "url": member.organization_url or known.organization_url or member.url,
            },
            "version": known.version or _UNKNOWN,
            "url": api_url(member),
        }


def api_url(member: Member) -> str:
    """Return the address of a member's API root."""
    return f"{member.url}{api_root(member)}"


def add_services(app: Flask, services: Services) -> None:
    """Give `app` `/services`, `/services/types`, `/services/{id}` and `/service-info`."""
    app.add_url_rule("/services", endpoint="services", view_func=services.all)
    app.add_url_rule("/services/types", endpoint="service types", view_func=services.types)
    app.add_url_rule("/services/<id>", endpoint="service", view_func=services.one)
    app.add_url_rule("/service-info", endpoint="registry", view_func=services.info)
