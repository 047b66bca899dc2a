"""The one decision: what may a requester be told about each dataset?"""

from collections.abc import Iterable
from functools import lru_cache

from beacon_node.model.decision import DatasetDecision, Decision
from beacon_node.model.query import Granularity
from beacon_node.model.requester import Requester
from beacon_node.ports import Dataset

CLOSED = (
    "this dataset is not open data, and this node holds no consent under which it may answer; "
    "its custodians can say whether access can be applied for"
)


def decide(requester: Requester, datasets: Iterable[Dataset]) -> Decision:
    """Return what `requester` may be told about each of `datasets`.

    Closed by default: only a dataset declared open data, whose recorded licence stands for every
    person's consent, is answered from, and then to anybody up to records.
    """
    return Decision({d.id: _decide_one(d.id, bool(d.is_open_data and d.licence)) for d in datasets})


@lru_cache(maxsize=4_096)  # a pure function, asked for every dataset in every question
def _decide_one(dataset_id: str, is_declared_open: bool) -> DatasetDecision:
    if is_declared_open:
        return DatasetDecision(dataset_id, Granularity.RECORD, may_see_cases=True)
    return DatasetDecision(dataset_id, reason=CLOSED)
