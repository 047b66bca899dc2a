"""When a recorded statement acts, in sentences for whoever recorded it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from beacon_node.actions.known_people import is_in_dataset
from beacon_node.errors import Conflict
from beacon_node.model.consent import (
    EVERY_DATASET,
    Asked,
    ConsentVersion,
    DataType,
    State,
    UseKind,
)
from beacon_node.node import Node
from beacon_node.policy.consent import History, begins, is_replaced, state_at


def when_it_counts(node: Node, version: ConsentVersion) -> tuple[str, ...]:
    """Return sentences on when a recorded statement acts, and on what it still waits for."""
    history = node.ledger.history(version.individual)
    seen = _Seen(version, history, node.ledger.present(node.clock.now()), node.settings.zone)
    return (*_effect(seen), *_waits_for_data(node, version))


@dataclass(frozen=True, slots=True, repr=False)
class _Seen:
    """A statement among all of its person's, at `at`; days are days of `zone`."""

    version: ConsentVersion
    history: History
    at: datetime
    zone: tzinfo

    def day(self, moment: datetime) -> str:
        return moment.astimezone(self.zone).date().isoformat()


def _effect(seen: _Seen) -> Iterator[str]:
    version = seen.version
    if is_replaced(version, seen.history, seen.at):
        yield "It changes nothing: a newer signature of this person is on record, which decides."
    elif version.status.is_no:
        yield "It holds from the next question on."
    else:
        yield from _effect_of_consent(seen)


def _effect_of_consent(seen: _Seen) -> Iterator[str]:
    version, start, had_any = seen.version, begins(seen.version), _permitted_before(seen)
    end = version.effective_until
    if end is not None and end <= max(seen.at, start):
        yield f"It ended on {seen.day(end - timedelta.resolution)}: nobody is counted by it."
    elif start > seen.at:
        yield f"It begins on {seen.day(start)}, and counts from the first release after that on."
    elif not version.scope.uses or not version.scope.data_types:
        yield "It permits nothing: nobody is counted by it."
    else:
        what = "What it permits in addition" if had_any else "What it permits"
        yield f"{what} counts from the next release of the dataset on."
    if had_any:
        when = f"on {seen.day(start)}" if start > seen.at else "with the next question"
        yield f"What was permitted before, and is not by this consent, stops {when}."


def _permitted_before(seen: _Seen) -> bool:
    """Whether anything that the consent is about was permitted without it."""
    before = [one for one in seen.history if one.number != seen.version.number]
    about = {one.scope.dataset for one in seen.history} if _is_about_all(seen.version) else set()
    return any(
        state_at(before, seen.at, Asked(dataset, kind, use)).state is State.PERMITTED
        for dataset in about | {seen.version.scope.dataset}
        for kind in DataType
        for use in UseKind
    )


def _is_about_all(version: ConsentVersion) -> bool:
    return version.scope.dataset == EVERY_DATASET


def _waits_for_data(node: Node, version: ConsentVersion) -> Iterator[str]:
    """Yield what a statement of somebody who is in no data waits for."""
    dataset = version.scope.dataset
    declared = [known.id for known in node.catalogue.datasets()]
    chosen = declared if _is_about_all(version) else [dataset]
    if not set(chosen) <= set(declared):
        yield f"No dataset {dataset!r} is on this node: it waits until there is one."
        return
    try:
        is_here = any(is_in_dataset(node, one, version.individual) for one in chosen)
    except Conflict:  # a command works on the draft: it cannot be told now
        return
    if not is_here:
        where = "any dataset" if _is_about_all(version) else f"dataset {dataset!r}"
        yield f"This id is not in {where}: nobody is counted by it until it is loaded and released."
