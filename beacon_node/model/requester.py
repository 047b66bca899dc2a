"""Who asks."""

from dataclasses import dataclass
from enum import IntEnum


class Tier(IntEnum):
    """Access tiers, lowest first; `securityLevels` on the wire."""

    PUBLIC = 1
    REGISTERED = 2
    CONTROLLED = 3


@dataclass(frozen=True, slots=True)
class Requester:
    """What is proved about whoever asks. The default has proved nothing."""

    tier: Tier = Tier.PUBLIC


ANONYMOUS = Requester()
