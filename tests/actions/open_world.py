"""People of a public world who let anybody be told of genes of theirs."""

from collections.abc import Mapping

from beacon_node.actions.release_dataset import release
from beacon_node.model.consent import OpenChoice
from tests.actions.public_naive import naive_answers
from tests.actions.public_world import (
    DATASET,
    World,
    load_genes,
    make_world,
    on_day,
)
from tests.consent.clinic import gives

GENES = {"ONE": (140, 159), "TWO": (100, 139), "OTHER": (160, 171)}  # OTHER is on X


def genes(*names: str) -> OpenChoice:
    return OpenChoice(genes=frozenset(names))


def variants(*names: str) -> OpenChoice:
    return OpenChoice(variants=frozenset(names))


def opening_world(folder, choices: Mapping[int, OpenChoice], *, people: int = 70) -> World:
    """Return a released world in which some, by number, opened something."""
    world = make_world(folder, people=people)
    load_genes(world, **GENES)
    on_day(world, 1)
    for number, choice in choices.items():
        gives(world.node, world.ids[number], open=choice)
    release(world.node, DATASET)
    return world


def carried_in(world: World, who: int, gene: str) -> set[int]:
    first, last = GENES[gene]
    return {v for v in range(first, last + 1) if world.genomes[who, v] > 0}


def rare_of(world: World, who: int, gene: str = "ONE") -> int:
    """Return what only her choice makes a yes."""
    return next(v for v in sorted(carried_in(world, who, gene)) if not _without(world, who)[v])


def _without(world: World, who: int) -> list[bool | None]:
    return naive_answers(world, world.reference, {who: ()})
