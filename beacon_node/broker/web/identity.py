"""The broker's settings as the identity its documents tell."""

from beacon_node import __version__
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.broker.settings import Settings
from beacon_node.model.requester import Tier


def identity_of(settings: Settings) -> BeaconIdentity:
    broker, organization = settings.broker, settings.organization
    return BeaconIdentity(
        id=broker.id,
        name=broker.name,
        organization_id=organization.id,
        organization_name=organization.name,
        organization_url=organization.url,
        api_url=f"{settings.public_url}/api",
        version=f"v{__version__}",
        environment=broker.environment,
        description=broker.description,
        organization_description=organization.description,
        contact_url=organization.contact_url,
        welcome_url=broker.welcome_url,
        alternative_url=broker.alternative_url,
        default_granularity=settings.access.ceiling(Tier.PUBLIC),
        security_levels=("PUBLIC", "REGISTERED") if _knows_people(settings) else ("PUBLIC",),
    )


def _knows_people(settings: Settings) -> bool:
    return settings.access.trusts_somebody
