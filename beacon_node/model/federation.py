"""The network's nouns: members, the broker's signed questions, and what came back from each member.

A message between a broker and a node is an ordinary HTTP request with one header, `Beacon-Message`:
a signed statement (`Question`, `Reply`) bound to the body by its digest. Bodies stay plain Beacon.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Tier

MESSAGE_HEADER = "Beacon-Message"
LONGEST_LIFE = timedelta(seconds=60)  # of a message, from its `iat` to its `exp`
LEEWAY = timedelta(seconds=5)  # that two machines' clocks may differ by


class MemberKind(StrEnum):
    """A `node` signs and takes signed questions, a `broker` is one that networks nest by; a
    `beacon` is any Beacon v2 server, asked as anybody may."""

    NODE = "node"
    BROKER = "broker"
    BEACON = "beacon"


@dataclass(frozen=True, slots=True)
class Member:
    """One member of the network. `url` is below which its API lies, without a slash at the end:
    `{url}/api/…` for nodes and brokers; of a third party's beacon the API root itself.

    `keys` are the base64url texts of its Ed25519 public keys (RFC 8037 `x`), two while one replaces
    the other; empty for a third party's beacon, which signs nothing.
    """

    id: str  # reversed domain name, its `beaconId`
    name: str
    url: str
    kind: MemberKind = MemberKind.NODE
    keys: tuple[str, ...] = ()
    organization: str = ""
    datasets: tuple[str, ...] = ()  # values of visas that may travel to it; empty: none do
    timeout_s: float | None = None  # None: the broker's
    organization_url: str = ""
    ca_file: str = ""  # PEM: the only authorities that vouch for its server; empty: the broker's


@dataclass(frozen=True, slots=True)
class PinnedBroker:
    """A broker whose questions a node answers. `ceiling` is the highest tier that is believed of a
    researcher because this broker says so; controlled access is never believed, only proved."""

    id: str
    name: str
    url: str
    keys: tuple[str, ...]  # as a member's
    ceiling: Tier = Tier.PUBLIC


@dataclass(frozen=True, slots=True, repr=False)
class Asserted:
    """What a broker says of whoever asks; a node believes it up to the broker's ceiling.

    `researcher` is the pseudonym under which this one node knows the researcher, empty for nobody
    in particular; `organisation` vouched for their status.
    """

    tier: Tier = Tier.PUBLIC
    researcher: str = ""
    organisation: str = ""
    purpose: ResearchPurpose | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Question:
    """What a broker signs: from whom, to whom, when, once (`number`), and about exactly this.

    `path` lies below the node's url; `digest` is the SHA-256 of the body.
    """

    broker: str
    node: str
    at: datetime
    until: datetime
    number: str  # `jti`
    method: str
    path: str
    digest: bytes
    asserted: Asserted = Asserted()


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """What a node signs: its answer, with this status and body, to exactly that question.

    `tier` is the one at which it answered: below the one asserted where the node believes less,
    above it where visas proved more.
    """

    node: str
    broker: str
    at: datetime
    until: datetime
    number: str  # of the question
    status: int
    digest: bytes
    tier: Tier = Tier.PUBLIC


# ---- what came back ------------------------------------------------------------------------------


class Came(StrEnum):
    """What became of asking one member. Only ANSWERED says anything about data; none is a "no"."""

    WAITING = "waiting"
    ANSWERED = "answered"
    NOT_PERMITTED = "not permitted"
    NOT_ANSWERABLE = "not answerable"
    NOT_SEQUENCED = "not sequenced here"
    WRONG_ASSEMBLY = "wrong assembly"
    BUDGET_SPENT = "privacy budget used up"
    NOT_UNDERSTOOD = "question not understood"  # it has no such entries, terms or parameters
    TIMED_OUT = "timed out"
    OFFLINE = "offline"
    SKIPPED = "skipped"  # it was not asked: left in peace for a moment, or not to be asked this way
    NOT_AUTHENTIC = "not authentic"  # its answer is not signed as it should be
    MALFORMED = "malformed answer"
    FAILED = "failed"  # it answered with an error of its own


@dataclass(frozen=True, slots=True)
class Told:
    """What one dataset of a member said; `exists` None: it did not answer, `status` says why.

    `status` is a word of `Came`, or whatever word the member used. `count` None: no number was
    told. `precision` and `adjusted_to` are as the member wrote them (Beacon 2.2), empty for none.
    `via` are the ids of brokers between, outermost first, and `beacon` of whose dataset it is.
    """

    dataset: str
    beacon: str
    status: str = Came.ANSWERED
    exists: bool | None = None
    count: int | None = None
    precision: str = ""
    adjusted_to: tuple[str, ...] = ()
    completeness: float | None = None
    reason: str = ""
    name: str = ""
    assembly: str = ""
    via: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class MemberRow:
    """One member's line of an answer. `exists` and `count` are over its datasets that answered.

    `result_sets` are the member's own documents with their records, `collections` its datasets or
    cohorts if those were asked for, both at record granularity only; `handovers` its own, checked
    to be of their form. `elapsed_s` is None while it is waited for. `is_missing`: it has not the
    entry or dataset that was named.
    """

    member: str
    name: str
    came: Came
    reason: str = ""
    exists: bool | None = None
    count: int | None = None
    precision: str = ""
    adjusted_to: tuple[str, ...] = ()
    granularity: Granularity | None = None
    datasets: tuple[Told, ...] = ()
    result_sets: tuple[Mapping, ...] = ()
    collections: tuple[Mapping, ...] = ()
    handovers: tuple[Mapping, ...] = ()
    count_of: str = ""  # what `count` counts, in the member's word
    elapsed_s: float | None = None
    rows: tuple["MemberRow", ...] = ()  # of its own members, where it is a broker
    notes: Mapping[str, str] = field(default_factory=dict)
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Totals:
    """What a network's answer says over all members. `exists` None: nobody answered.

    `count` is the sum of the numbers that were told, by the members in `covers` (ids); None: no
    number was told. A number that was not told is in no sum. `answered` of `members` answered.
    """

    exists: bool | None = None
    count: int | None = None
    precision: str = ""
    adjusted_to: tuple[str, ...] = ()
    covers: tuple[str, ...] = ()
    answered: int = 0
    members: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether every number in the sum is; it may still be less than everything."""
        return self.precision == "exact" or bool(self.adjusted_to)
