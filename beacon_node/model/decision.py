"""What a requester may be told about each dataset: the value that opens `privacy.disclose`."""

from collections.abc import Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class DatasetDecision:
    """One dataset's part. `ceiling` None: nothing may be said, and `reason` tells why and what
    would help. `may_see_cases`: records may list which biosamples carry a variation.

    `consent` is what people must have consented to, None where the dataset is declared open data;
    `people` are those who did, None: nobody may be counted. `basis` says in words why anything may
    be said, for the audit. `is_guarded`: only the table of public answers may be asked, never the
    data; then nothing above yes and no may be said.
    """

    dataset_id: str
    ceiling: Granularity | None = None
    may_see_cases: bool = False
    reason: str = ""
    consent: NeededConsent | None = None
    people: People | None = None
    basis: str = ""
    is_guarded: bool = False

    def __post_init__(self) -> None:
        if self.is_guarded and (self.ceiling is not Granularity.BOOLEAN or self.may_see_cases):
            raise ValueError("a guarded dataset is told of by yes and no alone")


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision for one query, by dataset id. A dataset that is not in it is closed."""

    datasets: Mapping[str, DatasetDecision]

    def ceiling(self, dataset_id: str) -> Granularity | None:
        found = self.datasets.get(dataset_id)
        return found.ceiling if found else None

    def is_guarded(self, dataset_id: str) -> bool:
        found = self.datasets.get(dataset_id)
        return found is not None and found.is_guarded

    def lets_search(self, dataset_id: str) -> bool:
        """Say whether the data of a dataset may be looked at for an answer."""
        return self.ceiling(dataset_id) is not None and not self.is_guarded(dataset_id)
