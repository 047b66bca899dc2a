"""The dataset that a report is about: its table open, and who of it counts now."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from beacon_node.actions.consented_people import consented
from beacon_node.actions.public_copies import CertainCopies
from beacon_node.actions.public_tables import OpenTable, Standing, open_table
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES
from beacon_node.model.consent import DataType
from beacon_node.model.genome import REFERENCE_NUMBER
from beacon_node.model.panels import FrequencyChunk
from beacon_node.model.people import Consented
from beacon_node.model.public_tier import PublicTier
from beacon_node.node import Node
from beacon_node.policy.access import NEEDED_IN_PUBLIC
from beacon_node.ports import Dataset
from beacon_node.privacy.likelihood import Floats, budget_for, cost_of_yes
from beacon_node.store.panels import ReferenceGenomes, SqlitePanels
from beacon_node.store.panels.layout import Key
from beacon_node.store.public import Batch
from beacon_node.store.public.table import allele_at
from beacon_node.store.records import DatasetRecord, ReleaseRecord, rehearsed
from beacon_node.store.schema import REFERENCE_SHIFT


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Subject:
    """One release. `numbers` gives everybody who permits public discovery a number from 0; `copies`
    are those certain in each open batch."""

    node: Node
    record: DatasetRecord
    release: ReleaseRecord
    dataset: Dataset
    opened: OpenTable
    standing: Standing
    numbers: Mapping[int, int]
    genomes: ReferenceGenomes | None
    copies: Mapping[int, CertainCopies]

    @property
    def tier(self) -> PublicTier:
        return self.release.public

    @property
    def budget(self) -> float:
        """The evidence b that everybody may give away in this lifetime."""
        return budget_for(power=self.tier.power, false_positives=self.tier.false_positives)

    @property
    def index(self) -> Path:
        return self.node.catalogue.folder(self.record.id) / "releases" / self.release.path

    @property
    def panel_set(self) -> Path:
        return self.node.knowledge.folder / self.opened.table.facts.panel_set

    @property
    def open_batches(self) -> list[Batch]:
        return [self.opened.batches[number] for number in self.standing.consenting]

    def members(self, batch: int) -> list[int]:
        """Return the numbers of who is answered for in an open batch."""
        people = self.opened.batches[batch].members
        places = self.standing.consenting[batch].numbers()
        return [self.numbers[people[place].individual] for place in places]

    def costs(self, batch: Batch, chunk: FrequencyChunk) -> Floats:
        """Return what a yes of a batch costs, infinite where it never answers."""
        known = [REFERENCE_NUMBER[name] for name in batch.sequences]
        is_told = np.isin(chunk.places >> REFERENCE_SHIFT, known) & (chunk.limits > 0)
        needed = self.opened.table.facts.carriers_needed
        found = cost_of_yes(
            chunk.limits, self.copies[batch.number].along(chunk), carriers_needed=needed
        )
        return np.where(is_told, found, np.inf)

    def answer(self, key: Key, limit: float) -> int:
        """Return what anybody is told of one allele: YES, NO or NOT_ANSWERABLE."""
        if not self.opened.is_answerable(self.standing, allele_at(*key), limit):
            return NOT_ANSWERABLE
        is_yes = self.opened.is_yes(self.standing, self.opened.counted_at(key))
        return YES if is_yes else NO


def subject_of(node: Node, record: DatasetRecord) -> Subject | None:
    """Return a release to report on; None if it has no table, or nobody is answered for."""
    release = node.catalogue.current_release(record.id)
    if release is None:
        return None
    dataset = rehearsed(record, release)
    opened = open_table(node, dataset)
    if opened is None or opened.limits is None:
        return None
    people = consented(node, dataset, NEEDED_IN_PUBLIC, node.ledger.moment(node.clock.now()))
    standing = opened.standing(people)
    if not isinstance(people, Consented) or not standing.consenting:
        return None
    permitted = people.by_type[DataType.VARIANTS].numbers()
    numbers = {int(individual): number for number, individual in enumerate(permitted)}
    genomes = SqlitePanels(node.knowledge).genomes(record.assembly, record.public.genomes)
    batches = (opened.batches[number] for number in standing.consenting)
    copies = {b.number: CertainCopies(b.people, b.assayed, record.assembly) for b in batches}
    return Subject(node, record, release, dataset, opened, standing, numbers, genomes, copies)


def chunk_of(keys: Sequence[Key], limits: Sequence[float]) -> FrequencyChunk:
    """Return alleles in the form that walks have."""
    places, refs, alts = zip(*keys, strict=True) if keys else ((), (), ())
    return FrequencyChunk(
        np.array(places, np.int64), np.array(refs, object), np.array(alts, object), np.array(limits)
    )


def keys_of(chunk: FrequencyChunk) -> Iterator[Key]:
    return zip(chunk.places.tolist(), chunk.refs, chunk.alts, strict=True)
