"""Who of a release is answered for at the public tier: who stays, who joins, who waits."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from beacon_node.actions.consent_standings import Rule, standings_at
from beacon_node.actions.diseases import loaded_mondo
from beacon_node.actions.public_basis import table_of
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.data_use import Use
from beacon_node.node import Node
from beacon_node.policy.access import NEEDED_IN_PUBLIC
from beacon_node.policy.consent_profiles import Approval, approved_types
from beacon_node.store.people import individual_count
from beacon_node.store.public import AssayedPeople, Batch, SequencedPeople


@dataclass(frozen=True, slots=True)
class Release:
    """A release that is being made: its index, its terms, and the moment whose consents count."""

    dataset_id: str
    index: Path
    use: Use | None
    at: datetime


@dataclass(frozen=True, slots=True, repr=False)
class Joiners:
    """Who could join as a new batch: individual numbers, ascending, with what each had spent in
    this lifetime of this dataset, and what in other datasets of this node (units).

    Those who had spent nothing hide the others; who comes back hides nobody, and neither does who
    opened anything by her own choice.
    """

    numbers: Sequence[int]
    spent_here: Sequence[int]
    spent_elsewhere: Sequence[int]
    covers: Sequence[bool]

    @property
    def people(self) -> int:
        """How many hide each other."""
        return sum(self.covers)


def who_permits(node: Node, release: Release, *, since: datetime) -> NumberSet:
    """Return who permits public discovery of her variants, without a break from `since` on."""
    people = individual_count(release.index)
    if release.use is None:
        return NumberSet.empty(people)
    rule = Rule(release.dataset_id, since, is_open_data=False)
    standings = standings_at(node.ledger, release.index, rule, release.at)
    mondo = loaded_mondo(node.knowledge)
    approval = Approval(NEEDED_IN_PUBLIC, release.use, mondo, release.at.date())
    wanted = {
        one for one in standings.kinds() if DataType.VARIANTS in approved_types(one, approval)
    }
    return standings.members(wanted, people)


def remaining(
    batches: Sequence[Batch],
    sequenced: SequencedPeople,
    permits: NumberSet,
    hiding_nobody: Collection[str],
) -> tuple[Batch, ...]:
    """Return batches without those who left: who is not in the release any more, or took back what
    she permitted, if only for a while. Whoever left a batch is out of it for good.

    Who opened anything hides the others no longer: for them it is as if she had left."""
    numbers = {id: number for number, id in sequenced.ids.items()}

    def is_now(member) -> int | None:
        number = numbers.get(member.id)
        stays = member.individual is not None and number is not None and number in permits
        return number if stays else None

    return tuple(
        replace(
            batch,
            members=tuple(
                replace(
                    one,
                    individual=is_now(one),
                    covers=one.covers and one.id not in hiding_nobody,
                )
                for one in batch.members
            ),
        )
        for batch in batches
    )


def joiners(
    node: Node,
    dataset_id: str,
    batches: Sequence[Batch],
    permitting: Mapping[int, str],
    hiding_nobody: Collection[str],
) -> Joiners:
    """Return who of those permitting public discovery now (ids by number) is in no batch."""
    members = [one for batch in batches for one in batch.members]
    here = {one.id for one in members if one.individual is not None}
    spent = _most_spent(batches)
    elsewhere = _spent_elsewhere(node, dataset_id)
    ids = permitting
    numbers = [n for n in sorted(ids) if ids[n] not in here]
    spent_before = {*spent, *(id for id, units in elsewhere.items() if units)}
    return Joiners(
        numbers,
        [spent.get(ids[n], 0) for n in numbers],
        [elsewhere.get(ids[n], 0) for n in numbers],
        [ids[n] not in spent_before and ids[n] not in hiding_nobody for n in numbers],
    )


def _most_spent(batches: Sequence[Batch]) -> dict[str, int]:
    """Return what everybody who ever was in one of the batches has spent, by the hospital's id."""
    found: dict[str, int] = {}
    for member in (one for batch in batches for one in batch.members):
        found[member.id] = max(member.spent, found.get(member.id, 0))
    return found


def _spent_elsewhere(node: Node, dataset_id: str) -> dict[str, int]:
    """Return what people spent in other datasets of this node, by the hospital's id."""
    found: dict[str, int] = {}
    for other in node.catalogue.datasets():
        release = node.catalogue.current_release(other.id)
        if other.id == dataset_id or release is None:
            continue
        table = table_of(node, other.id, release.public)
        for id, spent in _most_spent(table.batches if table else ()).items():
            found[id] = found.get(id, 0) + spent
    return found


def assayed_groups(sequenced: SequencedPeople, numbers: Sequence[int]) -> tuple[AssayedPeople, ...]:
    """Return how many of these individuals had the same assays, by sex."""
    groups: dict[frozenset[int], list[int]] = {}
    for number in numbers:
        groups.setdefault(sequenced.assays_of[number], []).append(number)
    return tuple(
        _assayed(sequenced, assays, members)
        for assays, members in sorted(groups.items(), key=lambda item: sorted(item[0]))
    )


def _assayed(
    sequenced: SequencedPeople, assays: frozenset[int], members: Sequence[int]
) -> AssayedPeople:
    """Count them; whose record names two sexes counts as of unknown sex."""
    sexes: Mapping[bool, frozenset[int]] = {
        True: sequenced.women - sequenced.men,
        False: sequenced.men - sequenced.women,
    }
    women, men = (sum(n in sexes[is_woman] for n in members) for is_woman in (True, False))
    regions = tuple(one for assay in sorted(assays) for one in sequenced.regions.get(assay, ()))
    return AssayedPeople(women, men, len(members) - women - men, regions)
