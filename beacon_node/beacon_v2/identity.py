"""Who a beacon is, as its documents tell it."""

from dataclasses import dataclass

from beacon_node.model.query import Granularity


@dataclass(frozen=True, slots=True)
class BeaconIdentity:
    """What the framework's documents say of a beacon; `api_url` is absolute, without a slash.

    `environment` is prod, test, dev or staging. `security_levels`: the tiers that get answers.
    `registered_counts`: what they give away at most, in words; empty: nobody is told of them.
    """

    id: str
    name: str
    organization_id: str
    organization_name: str
    organization_url: str
    api_url: str
    version: str
    environment: str = "prod"
    description: str = ""
    organization_description: str = ""
    contact_url: str = ""
    welcome_url: str = ""
    alternative_url: str = ""
    created_at: str = ""
    updated_at: str = ""
    default_granularity: Granularity = Granularity.RECORD
    security_levels: tuple[str, ...] = ("PUBLIC",)
    registered_counts: str = ""

    def dataset_url(self, dataset_id: str) -> str:
        return f"{self.api_url}/datasets/{dataset_id}"
