"""Of whom in a release anybody may be told exactly, by their own choice, and where (docs/guard.md).

Names in consents are understood when a release is made: genes by the gene table, variants by what
they are called (public_names).
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np

from beacon_node.actions.public_names import Unclear, lookups_of
from beacon_node.actions.public_people import Release
from beacon_node.actions.public_places import Spot, spots_of
from beacon_node.model.carriers import NumberSet, encode
from beacon_node.model.consent import Asked, ConsentVersion, DataType, OpenChoice, Status, UseKind
from beacon_node.model.genome import Assembly
from beacon_node.model.panels import CarrierChunk, FrequencyChunk
from beacon_node.node import Node
from beacon_node.policy.consent import visible
from beacon_node.ports import Knowledge
from beacon_node.store.public import (
    Carriers,
    Choice,
    ChoiceKind,
    Opened,
    OpenedCarriers,
    Opener,
    SequencedPeople,
)
from beacon_node.store.public.table import allele_at


@dataclass(frozen=True, slots=True, repr=False)
class Openings:
    """Who of a release opened what. Private.

    `spots` say where each of `choices` lies, `chosen_by` which openers made it. `digest` names all
    of it, empty: nobody opened anything. `hiding_nobody` are the ids of all who ever opened.
    `unclear` counts, by why, the consents with names that open nothing.
    """

    openers: tuple[Opener, ...]
    choices: tuple[Choice, ...]
    spots: tuple[tuple[Spot, ...], ...]
    chosen_by: tuple[np.ndarray, ...]
    digest: str
    hiding_nobody: frozenset[str]
    unclear: Mapping[Unclear, int]

    def rows(self, index: Path) -> Opened:
        """Return what a table has of them; its rows are read from the index one by one."""
        return Opened(self.openers, self.choices, self._rows(index))

    def _rows(self, index: Path) -> Iterator[OpenedCarriers]:
        if not self.openers:
            return
        numbers = {one.individual: number for number, one in enumerate(self.openers)}
        with closing(Carriers(index, numbers)) as carriers:
            for choice, spots in enumerate(self.spots):
                for spot in spots:
                    yield from self._in_spot(carriers, choice, spot)

    def _in_spot(self, carriers: Carriers, choice: int, spot: Spot) -> Iterator[OpenedCarriers]:
        reaching = carriers.reaching(*spot.before) if spot.is_wide else ()
        for allele, people in chain(reaching, carriers.between(spot.first, spot.last)):
            if spot.fits(allele):
                both = np.intersect1d(people, self.chosen_by[choice])
                if stored := encode(both, len(self.openers)):
                    yield OpenedCarriers(allele, choice, stored)

    def without(
        self, variants: FrequencyChunk, carried: CarrierChunk, numbers: Mapping[int, int]
    ) -> CarrierChunk:
        """Return who carries variants, but each where she opened; `numbers` are those of
        individuals in `carried`."""
        is_out = np.zeros(len(carried.people), bool)
        for index, choice in self._inside(variants):
            members = [numbers.get(self.openers[n].individual, -1) for n in self.chosen_by[choice]]
            part = slice(carried.offsets[index], carried.offsets[index + 1])
            is_out[part] |= np.isin(carried.people[part], members)
        if not is_out.any():
            return carried
        offsets = np.concatenate([[0], np.cumsum(~is_out)])[carried.offsets]
        return CarrierChunk(offsets, carried.people[~is_out], carried.copies[~is_out])

    def _inside(self, variants: FrequencyChunk) -> Iterator[tuple[int, int]]:
        """Yield (variant, choice) of the variants that lie in a choice."""
        for choice, spot in ((c, spot) for c, spots in enumerate(self.spots) for spot in spots):
            is_near = (variants.places >= spot.first) & (variants.places <= spot.last)
            for index in np.flatnonzero(is_near).tolist():
                key = int(variants.places[index]), variants.refs[index], variants.alts[index]
                if spot.fits(allele_at(*key)):
                    yield index, choice


def openings_of(
    node: Node,
    release: Release,
    assembly: Assembly,
    sequenced: SequencedPeople,
    permits: NumberSet,
) -> Openings:
    """Return who of those who permit public discovery opened what, as on record at the release."""
    numbers = {id: number for number, id in sequenced.ids.items() if number in permits}
    chosen: dict[Opener, OpenChoice] = {}
    hiding_nobody = set()
    for id, history in node.ledger.histories(release.dataset_id):
        if not _has_opened(history):
            continue
        hiding_nobody.add(id)
        permission = visible(
            history, release.at, asked_of(release.dataset_id), released_at=release.at
        )
        if id in numbers and permission is not None and permission.open:
            chosen[Opener(id, numbers[id])] = permission.open
    return _openings(node.knowledge, assembly, chosen, frozenset(hiding_nobody))


def ever_opened(node: Node, dataset_id: str) -> frozenset[str]:
    """Return the ids of all who ever opened anything: they hide nobody else."""
    histories = node.ledger.histories(dataset_id)
    return frozenset(id for id, history in histories if _has_opened(history))


def _has_opened(history: Iterable[ConsentVersion]) -> bool:
    return any(one.open for one in history if one.status is Status.GIVEN)


def asked_of(dataset_id: str) -> Asked:
    """Return what somebody must permit to be told of at the public tier."""
    return Asked(dataset_id, DataType.VARIANTS, UseKind.PUBLIC_DISCOVERY)


def choices_in(choice: OpenChoice) -> frozenset[Choice]:
    """Return what an open choice names, one by one."""
    genes = {Choice(ChoiceKind.GENE, name) for name in choice.genes}
    return frozenset(genes | {Choice(ChoiceKind.VARIANT, name) for name in choice.variants})


def _openings(
    knowledge: Knowledge,
    assembly: Assembly,
    chosen: Mapping[Opener, OpenChoice],
    hiding_nobody: frozenset[str],
) -> Openings:
    named = {opener: choices_in(choice) for opener, choice in chosen.items()}
    all_named = sorted({one for some in named.values() for one in some}, key=_order)
    found = {one: lookups_of(knowledge, one, assembly) for one in all_named}
    choices = tuple(one for one in all_named if not isinstance(found[one], Unclear))
    openers = tuple(one for one in named if named[one].intersection(choices))
    chosen_by = tuple(
        np.flatnonzero([choice in named[opener] for opener in openers]) for choice in choices
    )
    told = [
        [[one.id, one.individual] for one in openers],
        [[*_order(one), repr(found[one])] for one in choices],
        [some.tolist() for some in chosen_by],
    ]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest() if openers else ""
    spots = tuple(tuple(spots_of(found[one])) for one in choices)
    why = [
        {found[one] for one in some if isinstance(found[one], Unclear)} for some in named.values()
    ]
    unclear = Counter(chain.from_iterable(why))
    return Openings(openers, choices, spots, chosen_by, digest, hiding_nobody, unclear)


def _order(choice: Choice) -> tuple[str, str]:
    return choice.kind.value, choice.name
