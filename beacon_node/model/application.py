"""An application to a data access committee: what was asked for, and what everybody did about it.

An application is the list of its events, in their order; `policy.applications` says who may do what
and when. People are named by their account at this node. All moments are aware and in UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.query import Granularity


class State(StrEnum):
    """Where an application stands. That a grant has ended is no state: it follows from its end."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    REJECTED = "rejected"
    CLOSED = "closed"
    REVOKED = "revoked"


class Role(StrEnum):
    """What somebody is to one application."""

    APPLICANT = "applicant"
    MEMBER = "member"
    REVIEWER = "reviewer"
    COMMITTEE = "committee"


class Opinion(StrEnum):
    """What a reviewer advises, or a committee member votes for."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Form:
    """What is applied for. `granularity` is the most that answers shall tell; `until` the end that
    is wished for, exclusive, None for as long as the committee gives."""

    title: str
    description: str
    purpose: ResearchPurpose
    datasets: frozenset[str]
    granularity: Granularity = Granularity.RECORD
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Award:
    """What a committee grants: never more than was applied for, until `until` (exclusive).

    `decided` are the open points of data use that the committee decided (`model.verdict`'s
    `Reason.point`); `conditions` are in its own words.
    """

    datasets: frozenset[str]
    granularity: Granularity
    until: datetime
    decided: frozenset[str] = frozenset()
    conditions: str = ""


# ---- what can be done ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SaveDraft:
    """The first event of every application, and each later change of its form."""

    form: Form


@dataclass(frozen=True, slots=True)
class Submit:
    pass


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The applicant takes it back."""

    comment: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """Back to the applicant, for changes; votes and reviews begin anew."""

    comment: str


@dataclass(frozen=True, slots=True)
class RequestReview:
    reviewers: frozenset[str]
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """Advice; it decides nothing."""

    opinion: Opinion
    comment: str


@dataclass(frozen=True, slots=True)
class Vote:
    """A later vote replaces one's earlier one. For an approved application: about extending it."""

    opinion: Opinion
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Approve:
    """Counts as a vote for it too."""

    award: Award
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Reject:
    comment: str


@dataclass(frozen=True, slots=True)
class Extend:
    """A new end, decided like the approval."""

    until: datetime
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Ends it without blame."""

    comment: str


@dataclass(frozen=True, slots=True)
class Revoke:
    """Ends it for misuse, and blocks its people for its datasets."""

    reason: str


@dataclass(frozen=True, slots=True)
class AddMember:
    account: str


@dataclass(frozen=True, slots=True)
class RemoveMember:
    account: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class AcceptTerms:
    """Everybody accepts the terms for themselves; a new version must be accepted anew."""

    version: str


@dataclass(frozen=True, slots=True)
class Remark:
    """A note; `is_public`: the applicant and members see it."""

    text: str
    is_public: bool = False


Command = (
    SaveDraft
    | Submit
    | Withdraw
    | Return
    | RequestReview
    | Review
    | Vote
    | Approve
    | Reject
    | Extend
    | Close
    | Revoke
    | AddMember
    | RemoveMember
    | AcceptTerms
    | Remark
)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done to one application, and is on record."""

    at: datetime
    by: str
    did: Command


@dataclass(frozen=True, slots=True)
class Application:
    """What a list of events amounts to.

    `reviewers` are those who were asked since it was submitted last; `votes` and `reviews` are of
    that time, or since the last decision. `terms` is the newest version each person accepted.
    `judges` were for the present award when it was decided; `is_short`: some of them turned out to
    be one person, or to be of its people.
    """

    id: str
    applicant: str
    form: Form
    state: State = State.DRAFT
    members: frozenset[str] = frozenset()
    reviewers: frozenset[str] = frozenset()
    reviews: tuple[tuple[str, Review], ...] = ()
    votes: tuple[tuple[str, Opinion], ...] = ()
    terms: tuple[tuple[str, str], ...] = ()
    award: Award | None = None
    changed_at: datetime | None = None
    judges: tuple[str, ...] = ()
    is_short: bool = False

    @property
    def people(self) -> frozenset[str]:
        """The applicant and the members."""
        return self.members | {self.applicant}

    def accepted(self, account: str) -> str:
        """Return the version of the terms somebody accepted last, empty for none."""
        return dict(self.terms).get(account, "")

    def votes_for(self, opinion: Opinion) -> frozenset[str]:
        return frozenset(who for who, voted in self.votes if voted is opinion)


@dataclass(frozen=True, slots=True)
class Committee:
    """Who decides about which datasets, and how.

    `votes_needed` members must be for an approval or extension; two make it four eyes.
    `longest_days` is the longest a grant may last from the decision on; `terms_version` the version
    of the terms of use that everybody must have accepted.
    """

    members: frozenset[str]
    datasets: frozenset[str]
    votes_needed: int = 1
    longest_days: int = 365
    terms_version: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody who gets nothing of a dataset, or of none at all (`*`), whatever was granted."""

    account: str
    dataset: str
    reason: str
