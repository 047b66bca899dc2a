"""Who asks."""

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity


class Tier(IntEnum):
    """Access tiers, lowest first; `securityLevels` on the wire."""

    PUBLIC = 1
    REGISTERED = 2
    CONTROLLED = 3


@dataclass(frozen=True, slots=True)
class Grant:
    """What a committee lets one researcher do with one dataset, until `until` (exclusive, UTC).

    `ceiling` is the most that may be told. `decided` are the points the committee decided for this
    purpose (`model.verdict.Reason.point`); `reference` names the application.
    """

    dataset_id: str
    purpose: ResearchPurpose
    until: datetime
    reference: str
    ceiling: Granularity = Granularity.RECORD
    decided: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Requester:
    """What is proved about whoever asks. The default has proved nothing.

    `account` is the researcher's id at this node, `organisation` and `broker` through whom they
    come; empty where there is none. `reader` is a broker of a network that reads what they are
    told. `purpose` is the one that is fixed for a registered account.
    """

    tier: Tier = Tier.PUBLIC
    account: str = ""
    organisation: str = ""
    broker: str = ""
    reader: str = ""
    purpose: ResearchPurpose | None = None
    grants: tuple[Grant, ...] = ()


ANONYMOUS = Requester()
