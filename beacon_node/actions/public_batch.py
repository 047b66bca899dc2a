"""The walk of one batch: what is answerable, and who of it is counted where (docs/guard.md)."""

from collections import deque
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beacon_node.actions.public_choices import Openings
from beacon_node.actions.public_copies import CertainCopies
from beacon_node.actions.public_people import Joiners, assayed_groups
from beacon_node.model.carriers import encode
from beacon_node.model.genome import REFERENCE_NUMBER, Assembly
from beacon_node.model.panels import FLOOR, CarrierChunk, FrequencyChunk
from beacon_node.model.public_tier import PublicPanels
from beacon_node.privacy.likelihood import budget_for, cost_of_yes, frequency_at
from beacon_node.privacy.public import Block, dearest_answerable, walk
from beacon_node.settings import Privacy
from beacon_node.store.panels import ReferenceGenomes, SqlitePanels
from beacon_node.store.public import (
    AssayedPeople,
    Batch,
    Carriers,
    Member,
    Ordered,
    SequencedPeople,
    Work,
)
from beacon_node.store.schema import REFERENCE_SHIFT

_AT_ONCE = 4_096  # variants of one block
_MOST_CARRIERS = 4_000_000  # of one block: memory, and sums that fit 64 bits
_ABOVE_FLOOR = FLOOR * (1 + 1e-9)
_A_LITTLE_LESS = 1 - 1e-6  # so that rounding leaves out no variant that is affordable


@dataclass(frozen=True, slots=True)
class Reference:
    """The public facts that a walk reads."""

    panels: SqlitePanels
    genomes: ReferenceGenomes
    assembly: Assembly
    declared: PublicPanels
    settings: Privacy

    @property
    def budget(self) -> float:
        told = self.settings
        return budget_for(power=told.public_power, false_positives=told.false_positives)


@dataclass(frozen=True, slots=True, repr=False)
class NewBatch:
    """People who join, and where they are found."""

    number: int
    joiners: Joiners
    sequenced: SequencedPeople
    index: Path
    assayed: tuple[AssayedPeople, ...]
    openings: Openings


def new_batch(
    number: int, joiners: Joiners, sequenced: SequencedPeople, index: Path, openings: Openings
) -> NewBatch:
    """Return a batch of all joiners; those hide each other who spent and opened nothing before."""
    pairs = zip(joiners.numbers, joiners.covers, strict=True)
    hiding = [one for one, covers in pairs if covers]
    assayed = assayed_groups(sequenced, hiding)
    return NewBatch(number, joiners, sequenced, index, assayed, openings)


def make_batch(reference: Reference, new: NewBatch, work: Work) -> Batch | None:
    """Return the batch after its walk, its answers kept in `work`; None if nothing would be
    answerable, so that nobody's budget is spent."""
    copies = CertainCopies(new.joiners.people, new.assayed, reference.assembly)
    _add_panels(reference, copies, work)
    dearest = dearest_answerable(
        _blocks(work, reference.budget, reference.genomes),
        genomes=len(reference.genomes),
        budget=reference.budget,
    )
    limits, answerable = work.least_limits(dearest)
    if not answerable:
        return None
    spent = _walk(reference, new, work, dearest)
    return Batch(
        number=new.number,
        people=new.joiners.people,
        dearest=dearest,
        answerable=answerable,
        assayed=new.assayed,
        least_limits=limits,
        sequences=reference.genomes.references,
        members=tuple(_members(new, spent)),
    )


def _members(new: NewBatch, spent: np.ndarray) -> Iterator[Member]:
    """Yield the members with what they have spent in this dataset."""
    own = spent - np.array(new.joiners.spent_elsewhere, np.int64)
    rows = zip(new.joiners.numbers, own.tolist(), new.joiners.covers, strict=True)
    for individual, units, covers in rows:
        yield Member(new.sequenced.ids[individual], units, covers, individual)


# ---- the variants, by what a yes costs -----------------------------------------------------------


def _add_panels(reference: Reference, copies: CertainCopies, work: Work) -> None:
    """Put every variant that anybody could pay for into the order of costs.

    Only where reference genomes were looked at: elsewhere nothing tells how much people spend.
    """
    needed, budget = reference.settings.carriers_needed, reference.budget
    least = frequency_at(budget, copies.most, carriers_needed=needed) * _A_LITTLE_LESS
    declared, rank = reference.declared.panels, 0
    known = [REFERENCE_NUMBER[name] for name in reference.genomes.references]
    for chunk in reference.panels.walk(declared, reference.assembly, max(least, _ABOVE_FLOOR)):
        sure = copies.along(chunk)
        costs = cost_of_yes(chunk.limits, sure, carriers_needed=needed)
        kept = (costs <= budget) & np.isin(chunk.places >> REFERENCE_SHIFT, known)
        ranks = np.arange(rank, rank + len(chunk))
        work.add(Ordered(costs[kept], ranks[kept], _some(chunk, kept)), sure[kept])
        rank += len(chunk)


def _some(chunk: FrequencyChunk, kept: np.ndarray) -> FrequencyChunk:
    return FrequencyChunk(
        chunk.places[kept], chunk.refs[kept], chunk.alts[kept], chunk.limits[kept]
    )


def _block(ordered: Ordered, carried: CarrierChunk) -> Block:
    return Block(ordered.costs, ordered.ranks, carried.offsets, carried.people)


def _blocks(work: Work, up_to: float, genomes: ReferenceGenomes) -> Iterator[Block]:
    for ordered in work.ordered(up_to, at_once=_at_once(len(genomes))):
        yield _block(ordered, genomes.carriers_of(ordered.variants))


def _at_once(people: int) -> int:
    return max(1, min(_AT_ONCE, _MOST_CARRIERS // max(people, 1)))


# ---- who is counted ------------------------------------------------------------------------------


def _walk(reference: Reference, new: NewBatch, work: Work, dearest: float) -> np.ndarray:
    """Keep who is counted at which variant; return what each had spent afterwards (units)."""
    people = len(new.joiners.numbers)
    numbers = {individual: place for place, individual in enumerate(new.joiners.numbers)}
    spent = np.array(new.joiners.spent_here, np.int64) + new.joiners.spent_elsewhere
    seen: deque[tuple[Ordered, CarrierChunk]] = deque()

    def blocks(carriers: Carriers) -> Iterator[Block]:
        for ordered in work.ordered(dearest, at_once=_at_once(people)):
            found = carriers.of(ordered.variants)
            carried = new.openings.without(ordered.variants, found, numbers)
            seen.append((ordered, carried))
            yield _block(ordered, carried)

    with closing(Carriers(new.index, numbers)) as carriers:
        steps = walk(blocks(carriers), people=people, budget=reference.budget, spent=spent)
        for step in steps:
            ordered, carried = seen.popleft()
            work.keep(_answers(new.number, people, ordered, carried, step.is_counted))
            spent = step.spent
    return spent


def _answers(
    batch: int, people: int, ordered: Ordered, carried: CarrierChunk, is_counted: np.ndarray
) -> Iterator[tuple[int, str, str, int, bytes]]:
    """Yield a row for each variant that anybody is counted at."""
    edges, one = carried.offsets.tolist(), ordered.variants
    for index, place in enumerate(one.places.tolist()):
        part = slice(edges[index], edges[index + 1])
        counted = encode(carried.people[part][is_counted[part]], people)
        if counted:
            yield place, one.refs[index], one.alts[index], batch, counted
