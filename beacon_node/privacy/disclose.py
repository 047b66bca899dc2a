"""The only way out: turns private matches into what may be said of them."""

from beacon_node.model.answer import (
    Answer,
    DatasetAnswer,
    Matches,
    NoisyCount,
    Precision,
    Refused,
    Status,
)
from beacon_node.model.decision import Decision, Guard
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity
from beacon_node.privacy.registered.groups import told_size, too_few

_BOOLEAN, _COUNT, _RECORD = Granularity  # reading them off the enum is slow
_ANSWERED = Status.ANSWERED
_NO_GUARD = Guard.NONE


def disclose(matches: Matches, decision: Decision, *, asked: Granularity) -> DatasetAnswer:
    """Return one dataset's answer: never more than `decision` allows nor than was asked."""
    ceiling = decision.ceiling(matches.dataset_id)
    if ceiling is None:
        return _closed(matches.dataset_id, decision)
    status, total = matches.status, matches.total
    if status is not _ANSWERED:
        return DatasetAnswer(matches.dataset_id, status, reason=matches.reason)
    if decision.guard(matches.dataset_id) is not _NO_GUARD:
        ceiling = _BOOLEAN
    told = ceiling if ceiling < asked else asked
    count = total if told >= _COUNT else None
    records = matches.page if told >= _RECORD else ()
    return DatasetAnswer(
        matches.dataset_id, status, told, total > 0, count, records, reason=matches.reason
    )


def disclose_noisy(
    found: NoisyCount | Refused, decision: Decision, *, entry_type: EntryType, asked: Granularity
) -> DatasetAnswer:
    """Return a registered dataset's answer to a question about entries of `entry_type`.

    A count below its threshold is told as no, without a number. Only individuals have numbers;
    other entries of theirs have the yes or no of the same count. The size of a group is rounded.
    """
    if decision.guard(found.dataset_id) is not Guard.REGISTERED:
        return _closed(found.dataset_id, decision)
    if isinstance(found, Refused):
        return DatasetAnswer(found.dataset_id, found.status, reason=found.reason)
    is_of_people = entry_type is EntryType.INDIVIDUAL
    if found.size_floor is not None:
        return _size(found, found.size_floor, is_number=asked >= _COUNT and is_of_people)
    exists = found.noisy >= found.threshold
    is_number = exists and asked >= _COUNT and is_of_people
    return DatasetAnswer(
        found.dataset_id,
        _ANSWERED,
        _COUNT if is_number else _BOOLEAN,
        exists,
        found.noisy if is_number else None,
        reason="" if exists else f"a count with noise below {found.threshold} is told as no",
        precision=Precision.IMPRECISE,
        adjusted_to=found.threshold,
        completeness=found.completeness,
    )


def _size(found: NoisyCount, floor: int, *, is_number: bool) -> DatasetAnswer:
    """Return how many people filters select, rounded; a group that is too small is not counted."""
    if found.noisy < floor:
        return DatasetAnswer(found.dataset_id, Status.NOT_ANSWERABLE, reason=too_few(floor))
    return DatasetAnswer(
        found.dataset_id,
        _ANSWERED,
        _COUNT if is_number else _BOOLEAN,
        True,
        told_size(found.noisy) if is_number else None,
        reason="a number of people with noise, rounded down to two digits" if is_number else "",
        precision=Precision.IMPRECISE,
        adjusted_to=told_size(floor),
        completeness=found.completeness,
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
    if asked is _BOOLEAN or total is None:
        return Answer(entry_type, granularity, exists, None, parts)
    precision, adjusted_to = _precision([part for part in parts if part.granularity is not None])
    return Answer(
        entry_type, granularity, exists, total, parts, precision=precision, adjusted_to=adjusted_to
    )


def _precision(told: list[DatasetAnswer]) -> tuple[Precision, int | None]:
    """Return the precision of the sum of these counts, and what it is never below."""
    if all(part.precision is Precision.EXACT for part in told):
        return Precision.EXACT, None
    least = [part.adjusted_to for part in told]
    return Precision.IMPRECISE, None if None in least else min(least)
