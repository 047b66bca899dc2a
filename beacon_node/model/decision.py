"""What a requester may be told about each dataset: the value that opens `privacy.disclose`."""

from collections.abc import Mapping
from dataclasses import dataclass

from beacon_node.model.query import Granularity


@dataclass(frozen=True, slots=True)
class DatasetDecision:
    """One dataset's part. `ceiling` None: nothing may be said, and `reason` tells why and what
    would help. `may_see_cases`: records may list which biosamples carry a variation."""

    dataset_id: str
    ceiling: Granularity | None = None
    may_see_cases: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision for one query, by dataset id. A dataset that is not in it is closed."""

    datasets: Mapping[str, DatasetDecision]

    def ceiling(self, dataset_id: str) -> Granularity | None:
        found = self.datasets.get(dataset_id)
        return found.ceiling if found else None
