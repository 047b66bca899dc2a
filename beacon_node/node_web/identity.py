"""The node's settings as the identity its documents tell."""

from beacon_node import __version__
from beacon_node.beacon_v2.identity import BeaconIdentity
from beacon_node.model.requester import Tier
from beacon_node.privacy.registered.bounds import Bounds
from beacon_node.settings import Settings


def identity_of(settings: Settings, *, has_brokers: bool = False) -> BeaconIdentity:
    """Return who the node is; `has_brokers`: those of a network may ask it for researchers."""
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
        security_levels=_security_levels(settings, has_brokers),
        registered_counts=_registered_counts(settings, has_brokers),
    )


def _security_levels(settings: Settings, has_brokers: bool) -> tuple[str, ...]:
    """Return the tiers that anybody can reach: where nobody can show who they are, only one."""
    if has_brokers or settings.access.trusts_somebody or settings.login.are_possible:
        return tuple(tier.name for tier in Tier)
    return (Tier.PUBLIC.name,)


def _registered_counts(settings: Settings, has_brokers: bool) -> str:
    """Return nothing where nobody could have an account."""
    if not (has_brokers or settings.access.trusts_somebody):
        return ""
    return registered_words(settings.registered.bounds)


def registered_words(bounds: Bounds) -> str:
    """Return in a sentence what registered counts tell, and what they give away at most."""
    institution = bounds.power(bounds.institution * bounds.budget)
    all_accounts = bounds.power(bounds.pool * bounds.budget)
    return (
        "Registered researchers with a purpose are told counts of individuals with noise, none "
        f"below {bounds.threshold}. Whatever one account asks, a test that takes "
        f"{bounds.alpha:.0%} of strangers for members finds at most {bounds.beta:.0%} of the "
        "members; whatever all of one organisation ask, or all who come through one broker, at "
        f"most {institution:.0%}; however many accounts collude, at most {all_accounts:.0%}. What "
        "the public tier tells adds to all of these. This holds under the assumptions that "
        "docs/guard-registered.md names."
    )
