"""The only way out: turns private matches into what may be said of them."""

from beacon_node.model.answer import Answer, DatasetAnswer, Matches, Status
from beacon_node.model.decision import Decision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity

_BOOLEAN, _COUNT, _RECORD = Granularity  # reading them off the enum is slow
_ANSWERED = Status.ANSWERED


def disclose(matches: Matches, decision: Decision, *, asked: Granularity) -> DatasetAnswer:
    """Return one dataset's answer: never more than `decision` allows nor than was asked."""
    ceiling = decision.ceiling(matches.dataset_id)
    if ceiling is None:
        return _closed(matches.dataset_id, decision)
    status, total = matches.status, matches.total
    if status is not _ANSWERED:
        return DatasetAnswer(matches.dataset_id, status, reason=matches.reason)
    if decision.guard(matches.dataset_id) is not Guard.NONE:
        ceiling = _BOOLEAN
    told = ceiling if ceiling < asked else asked
    count = total if told >= _COUNT else None
    records = matches.page if told >= _RECORD else ()
    return DatasetAnswer(
        matches.dataset_id, status, told, total > 0, count, records, reason=matches.reason
    )


def _closed(dataset_id: str, decision: Decision) -> DatasetAnswer:
    found = decision.datasets.get(dataset_id)
    reason = found.reason if found else ""
    return DatasetAnswer(dataset_id, Status.NOT_PERMITTED, reason=reason)


def combine(
    entry_type: EntryType, parts: tuple[DatasetAnswer, ...], *, asked: Granularity
) -> Answer:
    """Return the whole answer; its precision is that of the least precise part that answered."""
    granularity, total, exists = None, 0, False
    for part in parts:
        if part.granularity is None:
            continue
        if granularity is None or part.granularity < granularity:
            granularity = part.granularity
        total = None if total is None or part.count is None else total + part.count
        exists = exists or bool(part.exists)
    if granularity is None:
        return Answer(entry_type, _BOOLEAN, False, None, parts)
    told = None if asked is _BOOLEAN else total
    return Answer(entry_type, granularity, exists, told, parts)
