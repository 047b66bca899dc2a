"""The node's settings as the identity its documents tell."""

from beacon_node import __version__
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.settings import Settings


def identity_of(settings: Settings) -> BeaconIdentity:
    node, organization = settings.node, settings.organization
    return BeaconIdentity(
        id=node.id,
        name=node.name,
        organization_id=organization.id,
        organization_name=organization.name,
        organization_url=organization.url,
        api_url=f"{settings.public_url}/api",
        version=f"v{__version__}",
        environment=node.environment,
        description=node.description,
        organization_description=organization.description,
        contact_url=organization.contact_url,
        welcome_url=node.welcome_url,
        alternative_url=node.alternative_url,
    )
