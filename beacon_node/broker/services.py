"""The network as a GA4GH Service Registry (1.0.0): its members as services, and their types."""

from collections.abc import Mapping, Sequence

from beacon_node.errors import NotFound
from beacon_node.identity.toml_table import is_address
from beacon_node.model.federation import Member, MemberKind
from beacon_node.model.federation_documents import text

_GROUP, _ARTIFACT, _VERSION = "org.ga4gh", "beacon", "2.0.0"
_UNKNOWN = "unknown"

Learned = Mapping[str, Mapping]
"""What members say of themselves (`response` of their `/info`), by their ids; any may be missing,
and whatever is there was written by others."""


def services_document(members: Sequence[Member], learned: Learned) -> list[dict]:
    """Return `/services`: an ExternalService for each member."""
    return [service_document(member, learned.get(member.id, {})) for member in members]


def service_document(member: Member, info: Mapping) -> dict:
    """Return one member as an ExternalService. Where it is and who runs it is as the registry has
    it; only what nobody is harmed by is taken from its own `info`."""
    told = {
        "description": text(info.get("description")),
        "documentationUrl": _web_address(info.get("welcomeUrl")),
        "environment": text(info.get("environment")),
    }
    return {
        "id": member.id,
        "name": member.name,
        "type": _type(info),
        "organization": {
            "name": member.organization or member.name,
            "url": member.organization_url or member.url,
        },
        "version": text(info.get("version")) or _UNKNOWN,
        "url": f"{member.url}/api" if member.kind is not MemberKind.BEACON else member.url,
        **{key: value for key, value in told.items() if value},
    }


def types_document(members: Sequence[Member], learned: Learned) -> list[dict]:
    """Return `/services/types`: each type that some member has, once."""
    types = [service["type"] for service in services_document(members, learned)]
    return [one for number, one in enumerate(types) if one not in types[:number]]


def find_service(members: Sequence[Member], learned: Learned, service_id: str) -> dict:
    """Return `/services/{id}`; raises NotFound."""
    for member in members:
        if member.id == service_id:
            return service_document(member, learned.get(member.id, {}))
    raise NotFound(f"there is no service {service_id!r} in this registry")


def _type(info: Mapping) -> dict[str, str]:
    told = text(info.get("apiVersion")).removeprefix("v")
    return {"group": _GROUP, "artifact": _ARTIFACT, "version": told or _VERSION}


def _web_address(told: object) -> str:
    address = text(told)
    return address if is_address(address) else ""
