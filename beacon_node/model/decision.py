"""What a requester may be told about each dataset: the value that opens `privacy.disclose`."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from beacon_node.model.consent import UseKind
from beacon_node.model.data_use import ResearchPurpose
from beacon_node.model.people import People
from beacon_node.model.query import Granularity


@dataclass(frozen=True, slots=True)
class NeededConsent:
    """What an individual must have consented to in order to be counted.

    `purpose` None: none is stated, and the consent itself must name the use (public discovery).
    `decided`: the open points that a committee decided for this purpose (`Reason.point`).
    """

    use: UseKind
    purpose: ResearchPurpose | None
    decided: frozenset[str] = frozenset()


class Guard(StrEnum):
    """What stands between people's data and an answer about them.

    `NONE`: exact answers (open data, or under a grant). `PUBLIC`: yes and no from the table of
    public answers alone. `REGISTERED`: also counts of individuals with noise, charged to each.
    """

    NONE = ""
    PUBLIC = "public"
    REGISTERED = "registered"


_NO_GUARD = Guard.NONE  # reading a member off its enum is slow
_HIGHEST = {
    Guard.NONE: Granularity.RECORD,
    Guard.PUBLIC: Granularity.BOOLEAN,
    Guard.REGISTERED: Granularity.COUNT,
}


@dataclass(frozen=True, slots=True)
class DatasetDecision:
    """One dataset's part. `ceiling` None: nothing may be said, and `reason` tells why and what
    would help. `may_see_cases`: records may list which biosamples carry a variation.

    `consent` is what people must have consented to, None where the dataset is declared open data;
    `people` are those who did, None: nobody may be counted. `basis` says in words why anything may
    be said, for the audit. Of a guarded dataset never more is said than its `guard` allows.
    """

    dataset_id: str
    ceiling: Granularity | None = None
    may_see_cases: bool = False
    reason: str = ""
    consent: NeededConsent | None = None
    people: People | None = None
    basis: str = ""
    guard: Guard = Guard.NONE

    def __post_init__(self) -> None:
        if self.ceiling is not None and self.ceiling > _HIGHEST[self.guard]:
            raise ValueError(f"a dataset guarded as {self.guard.value} never tells so much")
        if self.is_guarded and self.may_see_cases:
            raise ValueError("no cases of a guarded dataset are shown")

    @property
    def is_guarded(self) -> bool:
        return self.guard is not _NO_GUARD

    def with_people(self, people: People | None) -> "DatasetDecision":
        """Return this decision with who may be counted."""
        return DatasetDecision(
            self.dataset_id,
            self.ceiling,
            self.may_see_cases,
            self.reason,
            self.consent,
            people,
            self.basis,
            self.guard,
        )


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision for one query, by dataset id. A dataset that is not in it is closed."""

    datasets: Mapping[str, DatasetDecision]

    def ceiling(self, dataset_id: str) -> Granularity | None:
        found = self.datasets.get(dataset_id)
        return found.ceiling if found else None

    def guard(self, dataset_id: str) -> Guard:
        found = self.datasets.get(dataset_id)
        return found.guard if found else _NO_GUARD

    def lets_search(self, dataset_id: str) -> bool:
        """Say whether the data of a dataset may be looked at for an answer."""
        found = self.datasets.get(dataset_id)
        return found is not None and found.ceiling is not None and found.guard is _NO_GUARD
