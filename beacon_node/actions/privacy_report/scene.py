"""What the attacks of a report are made on: genomes of members and of others, and the answers."""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np

from beacon_node.actions.privacy_report.sites import Chosen
from beacon_node.actions.privacy_report.subject import Subject, chunk_of
from beacon_node.actions.privacy_report.utility import frequencies
from beacon_node.attacks.report_genomes import ListedGenomes
from beacon_node.attacks.target import NO, YES, Floats, Table
from beacon_node.model.carriers import decode
from beacon_node.model.panels import CarrierChunk, FrequencyChunk
from beacon_node.ports import Progress
from beacon_node.privacy.public.walks import UNITS
from beacon_node.store.panels.layout import Key
from beacon_node.store.public.sample import CarriedCopies, PanelCounts

_AT_ONCE = 4_096
_LEAST_FREQUENCY = 1e-7  # of what no panel has seen


@dataclass(frozen=True, slots=True, repr=False)
class Cast:
    """Who plays in the attacks, by number: `victims` of each batch, reference genomes as
    `controls`, and who is among the half of the people (`is_known`) that some attackers know."""

    victims: Mapping[int, np.ndarray]
    controls: np.ndarray
    is_known: np.ndarray

    @property
    def everybody(self) -> np.ndarray:
        return np.concatenate([*self.victims.values(), np.empty(0, int)]).astype(int)


@dataclass(frozen=True, slots=True, repr=False)
class Scene:
    """The chosen variants in the order of the genome, as attackers and the node know them.

    `told` is what anybody is answered, `all` the same people's data without a guard. `explained`
    marks where one of the known half is counted, `carried` where one of them carries. `genomes` are
    those of `Cast.everybody`, `outsiders` the controls'. `evidence` is the share of all that people
    have spent which was spent on these variants.
    """

    chunk: FrequencyChunk
    points: Floats
    told: Table
    all: Table
    explained: np.ndarray
    carried: np.ndarray
    genomes: ListedGenomes
    outsiders: ListedGenomes
    evidence: float


@dataclass(slots=True, repr=False)
class _Read:
    """What was read of the variants so far, a block at a time."""

    limits: list[float] = field(default_factory=list)
    counted: list[tuple[int, int]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    explained: list[bool] = field(default_factory=list)
    carriers: list[np.ndarray] = field(default_factory=list)
    carried: list[np.ndarray] = field(default_factory=list)
    members: list[np.ndarray] = field(default_factory=list)
    others: list[np.ndarray] = field(default_factory=list)
    spent: float = 0.0


def scene_of(subject: Subject, chosen: Chosen, cast: Cast, progress: Progress) -> Scene:
    """Return what the attacks are made on; memory grows with the people who play alone."""
    read = _Read()
    progress.start("genomes and answers", len(chosen.keys), "variants")
    with (
        closing(PanelCounts(subject.panel_set)) as counts,
        closing(CarriedCopies(subject.index, subject.numbers)) as carried,
    ):
        for start in range(0, len(chosen.keys), _AT_ONCE):
            keys = chosen.keys[start : start + _AT_ONCE]
            read.counted += [counts.of(key) for key in keys]
            chunk = _read_answers(read, subject, cast, keys)
            _read_members(read, cast, carried.of(keys), start)
            of_others = subject.genomes.carriers_of(chunk)
            read.others.append(_entries(of_others, cast.controls, start))
            progress.advance(len(keys))
    progress.finish()
    return _put_together(read, subject, chosen.keys, cast)


def _read_answers(read: _Read, subject: Subject, cast: Cast, keys: Sequence[Key]) -> FrequencyChunk:
    """Read what the node says, where the known half is counted, what people paid for it."""
    limits = [subject.opened.limits.limit(key) for key in keys]
    chunk = chunk_of(keys, limits)
    costs = {batch.number: subject.costs(batch, chunk) for batch in subject.open_batches}
    numbers = {batch: _numbers(subject, batch) for batch in costs}
    for index, (key, limit) in enumerate(zip(keys, limits, strict=True)):
        read.answers.append(subject.answer(key, limit))
        is_explained = False
        for batch, blob in subject.opened.counted_at(key):
            if batch in costs:
                people = numbers[batch][decode(blob)]
                is_explained |= bool(cast.is_known[people[people >= 0]].any())
                read.spent += len(people) * float(costs[batch][index])
        read.explained.append(is_explained)
    read.limits += limits
    return chunk


def _numbers(subject: Subject, batch: int) -> np.ndarray:
    """Return the number of each member of a batch, -1 for who is not answered for any more."""
    members = subject.opened.batches[batch].members
    return np.array([subject.numbers.get(member.individual, -1) for member in members], int)


def _read_members(read: _Read, cast: Cast, carried: CarrierChunk, start: int) -> None:
    sizes = np.diff(carried.offsets)
    sites = np.repeat(np.arange(len(sizes)), sizes)
    by_known = np.zeros(len(sizes), bool)
    by_known[sites[cast.is_known[carried.people]]] = True
    read.carriers.append(sizes)
    read.carried.append(by_known)
    read.members.append(_entries(carried, cast.everybody, start))


def _entries(carried: CarrierChunk, chosen: np.ndarray, start: int) -> np.ndarray:
    """Return rows of person, variant, copies, of those chosen alone: shape (3, entries)."""
    sites = np.repeat(np.arange(len(carried.offsets) - 1), np.diff(carried.offsets)) + start
    place = np.full(int(max(carried.people.max(initial=0), chosen.max(initial=0))) + 1, -1)
    place[chosen] = np.arange(len(chosen))
    people = place[carried.people]
    is_in = people >= 0
    return np.array([people[is_in], sites[is_in], carried.copies[is_in]], np.int32)


def _put_together(read: _Read, subject: Subject, keys: Sequence[Key], cast: Cast) -> Scene:
    counts = np.concatenate([*read.carriers, np.empty(0, int)])
    variants, players = len(keys), len(cast.everybody)
    return Scene(
        chunk=chunk_of(keys, read.limits),
        points=np.maximum(frequencies(read.counted), _LEAST_FREQUENCY),
        told=Table(np.array(read.answers, np.int8)),
        all=Table(np.where(counts > 0, YES, NO).astype(np.int8), counts),
        explained=np.array(read.explained, bool),
        carried=np.concatenate([*read.carried, np.empty(0, bool)]),
        genomes=_listed(read.members, (players, variants)),
        outsiders=_listed(read.others, (len(cast.controls), variants)),
        evidence=_share(read.spent, subject),
    )


def _listed(entries: list[np.ndarray], shape: tuple[int, int]) -> ListedGenomes:
    rows = np.concatenate([*entries, np.empty((3, 0), np.int32)], axis=1)
    return ListedGenomes.of(*rows, shape)


def _share(spent: float, subject: Subject) -> float:
    """Return the share of what the members of open batches have spent."""
    members = (one for batch in subject.open_batches for one in batch.members)
    whole = sum(one.spent for one in members if one.individual is not None) / UNITS
    return min(1.0, spent / whole) if whole else 1.0
