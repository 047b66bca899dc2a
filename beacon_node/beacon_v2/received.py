"""What a request is about, how this node reads it, and what is echoed of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from beacon_node.model.entries import EntryType
from beacon_node.model.genomic_hgvs import ReferenceBases
from beacon_node.model.query import Granularity, Include, Page, Query, Within

API_VERSION = "v2.1.1"


@dataclass(frozen=True, slots=True)
class Rules:
    """How this node reads what a request leaves open."""

    default_granularity: Granularity = Granularity.RECORD
    first_page: Page = Page()  # when no page is asked for
    max_page_size: int = 1_000  # also what `limit=0` means
    bases: ReferenceBases | None = None


DEFAULT_RULES = Rules()


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """What `meta.receivedRequestSummary` tells: only what was understood, never a refused value."""

    api_version: str = API_VERSION
    requested_schemas: tuple[Mapping[str, str], ...] = ()
    filters: tuple[str, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    include: Include = Include.HIT
    page: Page = Page()
    granularity: Granularity = Granularity.BOOLEAN
    is_test: bool = False


NOTHING_RECEIVED = ReceivedRequest()


@dataclass(frozen=True, slots=True)
class Parsed:
    query: Query
    received: ReceivedRequest


@dataclass(frozen=True, slots=True)
class Target:
    """What an endpoint is about: `/individuals/{id}/biosamples` is
    `Target(BIOSAMPLE, within=Within(INDIVIDUAL, id))`."""

    entry_type: EntryType
    entry_id: str = ""
    within: Within | None = None
