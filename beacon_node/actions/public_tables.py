"""Tables of public answers as one process has them open: which batches still answer, and what."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np

from beacon_node.actions.public_copies import CertainCopies
from beacon_node.actions.public_open import OpenCarriers
from beacon_node.errors import StoreUnavailable
from beacon_node.model.carriers import NumberSet, encode
from beacon_node.model.consent import DataType
from beacon_node.model.people import Consented, People
from beacon_node.model.variation import Allele
from beacon_node.node import Node
from beacon_node.ports import Dataset
from beacon_node.privacy.likelihood import cost_of_yes
from beacon_node.privacy.public import Offer, is_yes, least_remaining
from beacon_node.store.panels.layout import Key
from beacon_node.store.public import Batch, PanelLimits, PublicTable

_TABLES = 2  # of one dataset: the current release's, and the one before in questions under way


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Standing:
    """Who of a table's batches still consents; closed batches are not in `consenting`."""

    consenting: Mapping[int, NumberSet]


class OpenTable:
    """One table with the limits of its panels; `limits` None: the panels are gone.

    `openly`: who is told of exactly, by own choice.
    """

    def __init__(self, node: Node, dataset: Dataset) -> None:
        folder = node.catalogue.folder(dataset.id) / "public"
        self.table = PublicTable(folder / dataset.public.table)
        facts = self.table.facts
        path = node.knowledge.folder / facts.panel_set
        self.limits = PanelLimits(path) if facts.panel_set and path.exists() else None
        self.openly = OpenCarriers(self.table)
        self.batches = {batch.number: batch for batch in self.table.batches}
        self._copies = {
            number: CertainCopies(batch.people, batch.assayed, dataset.assembly)
            for number, batch in self.batches.items()
        }
        self._needed = facts.carriers_needed
        self._individuals = {n: _individuals(batch) for n, batch in self.batches.items()}
        self._covers = {n: _covers(batch) for n, batch in self.batches.items()}
        self._somebody = {n: _somebody(batch) for n, batch in self.batches.items()}
        self._standings: WeakKeyDictionary[Consented, Standing] = WeakKeyDictionary()
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return "OpenTable(…)"

    def standing(self, people: People | None) -> Standing:
        """Return which batches are open, and who of them may be counted now."""
        if not isinstance(people, Consented):
            return Standing({})
        with self._lock:
            found = self._standings.get(people)
            if found is None:
                found = self._standings[people] = self._stand(people)
            return found

    def _stand(self, people: Consented) -> Standing:
        variants = people.by_type[DataType.VARIANTS]
        flags = np.zeros(variants.universe + 1, bool)  # the last one stands for who left
        flags[variants.numbers()] = True
        open_now = {}
        for number, batch in self.batches.items():
            is_here = flags[self._individuals[number]]
            if int(is_here[self._covers[number]].sum()) >= least_remaining(batch.people):
                members = NumberSet.of(len(is_here), np.flatnonzero(is_here))
                open_now[number] = members
        return Standing(open_now)

    def is_answerable(self, standing: Standing, allele: Allele, limit: float) -> bool:
        """Say whether any open batch answers for an allele; depends on public facts alone."""
        return any(self._is_answered_by(n, allele, limit) for n in standing.consenting)

    def _is_answered_by(self, number: int, allele: Allele, limit: float) -> bool:
        batch = self.batches[number]
        if not limit or allele.reference_name not in batch.sequences:
            return False
        least = batch.least_limits.get(self._copies[number].at(allele))
        return least is not None and limit >= least

    def is_yes(self, standing: Standing, rows: list[tuple[int, bytes]]) -> bool:
        """Return the answer at an allele from who is counted there, by batch.

        Where nobody is counted as much is done as where somebody is who may not be told of.
        """
        found, counts = dict(rows), []
        for number, members in standing.consenting.items():
            counted = found.get(number)
            count = members.count_in(counted or self._somebody[number])
            counts.append(count if counted else 0)
        return is_yes(counts, carriers_needed=self._needed)

    @cached_property
    def least_limit(self) -> float:
        """The lowest limit of frequency at which any batch answers; 1 if none ever does."""
        limits = [least for batch in self.table.batches for least in batch.least_limits.values()]
        return min((least for least in limits if least is not None), default=1.0)

    def counted_at(self, key: Key) -> list[tuple[int, bytes]]:
        return self.table.counted_at(key)

    def offers(self, standing: Standing, allele: Allele, limit: float) -> list[Offer]:
        """Return what each batch could say of an allele, for the reason why none answers."""
        return [self._offer(standing, number, allele, limit) for number in self.batches]

    def _offer(self, standing: Standing, number: int, allele: Allele, limit: float) -> Offer:
        copies, dearest = self._copies[number], self.batches[number].dearest
        both = [copies.at(allele), copies.if_all_at(allele)]
        cost, if_all = cost_of_yes([limit] * 2, both, carriers_needed=self._needed).tolist()
        if allele.reference_name not in self.batches[number].sequences:
            cost = if_all = float("inf")
        return Offer(cost, if_all, dearest, is_open=number in standing.consenting)


def open_table(node: Node, dataset: Dataset) -> OpenTable | None:
    """Return a release's table, kept open in this process; None if it has none of its own.

    While no panels were named, releases went on without one: the last table has other numbers.
    """
    if dataset.public is None or not dataset.public.table:
        return None
    key = dataset.id, dataset.public.table, os.getpid()
    found = node.public.get(key)
    if found is None or found.limits is None:  # panels may have been loaded again meanwhile
        found = node.public[key] = _opened(node, dataset)
        of_this = [other for other in tuple(node.public) if other[0] == dataset.id]
        for old in of_this[:-_TABLES]:
            node.public.pop(old, None)
    is_its_own = dataset.fingerprint.endswith(f" {found.table.facts.index}")
    return found if is_its_own else None


def _opened(node: Node, dataset: Dataset) -> OpenTable:
    try:
        return OpenTable(node, dataset)
    except StoreUnavailable as error:
        problem = f"the public answers of dataset {dataset.id!r} cannot be read"
        raise StoreUnavailable(problem) from error


def _individuals(batch: Batch) -> np.ndarray:
    """Return the number of each member in the release, -1 for who left."""
    return np.array([-1 if m.individual is None else m.individual for m in batch.members], int)


def _covers(batch: Batch) -> np.ndarray:
    return np.array([member.covers for member in batch.members], bool)


def _somebody(batch: Batch) -> bytes:
    """Return a set of one member as it is stored."""
    people = len(batch.members)
    return encode(np.array([people - 1]), people)
