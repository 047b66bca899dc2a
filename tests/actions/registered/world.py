"""A hospital of whom registered researchers may ask: panel, genomes and cohort of one population,
women countable apart from men, and somebody who asks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from beacon_node.actions.consented_people import consented
from beacon_node.actions.load_dataset import WHOLE_GENOME
from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.actions.plan_search import plan_search
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.registered.asked import Asked
from beacon_node.actions.registered.posed import Asker
from beacon_node.actions.registered.questions import prepare
from beacon_node.actions.registered.seats import seats_of
from beacon_node.actions.release_dataset import release
from beacon_node.model.answer import NoisyCount
from beacon_node.model.calls import Interval
from beacon_node.model.carriers import NumberSet
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity, OntologyFilter, Query
from beacon_node.model.requester import Requester, Tier
from beacon_node.policy.access import decide
from beacon_node.ports import Dataset
from beacon_node.store.people import numbers_of
from tests.actions.homes import new_node
from tests.actions.public_world import (
    DATASET,
    GRCH37,
    PANEL,
    World,
    join,
    load_genomes,
    load_panel,
    population,
    variant,
)
from tests.consent.clinic import BIOMEDICAL, FEMALE, GRU, with_clock

INDIVIDUAL = EntryType.INDIVIDUAL
WOMEN = OntologyFilter(FEMALE)
RESEARCHER = Requester(Tier.REGISTERED, account="r", organisation="o", purpose=BIOMEDICAL)
PEOPLE, GENOMES = 150, 240  # of the genomes, half are men: enough of them have a Y


def make_hospital(
    folder: Path,
    *,
    people: int = PEOPLE,
    genomes: int = GENOMES,
    assayed=WHOLE_GENOME,
    joining: Sequence[Interval] | None = None,
    changed: int | None = None,
) -> World:
    """Return a node with everybody consenting in one release.

    `joining`: sixty more people were assayed so. `changed`: one person has quite another genome.
    """
    folder.mkdir(exist_ok=True)
    random, place = np.random.default_rng(1), population()
    node = new_node(folder / "home", NewDataset(DATASET, GRCH37, use=GRU, assayed=assayed))
    nobody = place.people(0, random)
    world = World(with_clock(node), place, folder, nobody, [], covers=nobody > 0)
    load_panel(world, random)
    load_genomes(world, place.people(genomes, random))
    set_panels(world.node, DATASET, [PANEL])
    cohort = place.people(people, random)
    if changed is not None:  # nought for what she had, and the other way round
        cohort[changed] = np.where(cohort[changed] < 0, -1, cohort[changed] == 0)
    join(world, cohort)
    if joining is not None:
        join(world, place.people(60, random), assayed=joining)
    world.node.catalogue.set_declared_filters(DATASET, [FEMALE])
    release(world.node, DATASET)
    return world


def the_dataset(world: World) -> Dataset:
    (dataset,) = world.node.store.datasets()
    return dataset


def ready(
    world: World,
    query: Query,
    requester: Requester = RESEARCHER,
    dataset: Dataset | None = None,
):
    """Return what `prepare` makes of a question, as answering it would ask."""
    node, released = world.node, the_dataset(world)
    moment = node.ledger.moment(node.clock.now())
    own = decide(requester, [released], moment.at).datasets[DATASET]
    own = replace(own, people=consented(node, released, own.consent, moment))
    plan = plan_search(node, query, (released,))
    return prepare(Asker(node, dataset or released, own, requester, moment), plan)


def asks(world: World, number: int, *, filters=(), entry_type=INDIVIDUAL, **told):
    """Return what `prepare` makes of the question who carries a variant."""
    who, dataset = told.pop("requester", RESEARCHER), told.pop("dataset", None)
    told = {"granularity": Granularity.COUNT, **told}
    query = Query(entry_type, variant(world, number), filters=filters, **told)
    return ready(world, query, who, dataset)


def numbers_for_life(world: World) -> Mapping[str, int]:
    """Return everybody's number for life, by the hospital's id."""
    node, dataset = world.node, the_dataset(world)
    numbers = numbers_of(node.catalogue.index_path(DATASET), world.ids)
    seats = seats_of(node, dataset)
    return {id: int(seats.numbers[number]) for id, number in numbers.items()}


def ids_of(world: World, members: NumberSet) -> set[str]:
    """Return the people who have these numbers for life."""
    return {id for id, number in numbers_for_life(world).items() if number in members}


def women_of(world: World) -> set[str]:
    return {id for id in world.ids if int(id.split("-")[1]) % 2 == 0}


def carriers_of(world: World, number: int) -> set[str]:
    """Return who carries a variant, as it was drawn."""
    column = world.genomes[:, number]
    return {id for id, copies in zip(world.ids, column, strict=True) if copies > 0}


def on(world: World, sequence: str, which: int = 0) -> int:
    """Return the number of one of the variants of a sequence, from common to rare."""
    found = [v for v, name in enumerate(world.population.sequences) if name == sequence]
    return found[which]


@dataclass
class Till:
    """What is charged for sizes of groups, drawn without noise unless told otherwise."""

    added: int = 0
    outcome: object = "drawn"
    asked: list[Asked] = field(default_factory=list)

    def __call__(self, node, asked, moment, record):
        assert record is None  # the size of a group has no entry of its own in the audit
        self.asked += asked
        if self.outcome != "drawn":
            return self.outcome
        (one,) = asked
        size = len(one.question.people.matching)
        return {one.dataset_id: NoisyCount(one.dataset_id, size + self.added, 5)}
