"""Ways around a question, tried on a real node that answers anybody: each tells what the plain
question tells, and no more."""

from dataclasses import replace

import numpy as np
import pytest

from beacon_node.actions.release_dataset import release
from beacon_node.attacks.membership import RareFirst
from beacon_node.attacks.ranges import Bisection
from beacon_node.attacks.target import NO, NOT_ANSWERABLE, YES, Table
from beacon_node.model.genome import Region
from beacon_node.model.query import Granularity, RangeQuery
from tests.actions.public_world import DATASET, GRCH37, World, ask, ask_all, make_world, variant

AUTOSOMAL = 160  # the first variants of the world, all on one chromosome
TOLD = {True: YES, False: NO, None: NOT_ANSWERABLE}


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    made = make_world(tmp_path_factory.mktemp("world"), seed=21)
    release(made.node, DATASET)
    return made


@pytest.fixture(scope="module")
def table(world) -> Table:
    return Table(np.array([TOLD[one] for one in ask_all(world)[:AUTOSOMAL]], np.int8))


class ThroughTheNode:
    """A node whose ranges are asked over the wire of questions, one by one."""

    def __init__(self, world: World) -> None:
        self.world = world

    def ask(self, sites: np.ndarray) -> np.ndarray:
        told = [ask(self.world, variant(self.world, int(site))).exists for site in sites]
        return np.array([TOLD[one] for one in told], np.int8)

    def ask_range(self, *, start: int, end: int) -> bool:
        positions = self.world.population.positions
        region = Region("22", positions[start] - 1, positions[end - 1])
        return bool(ask(self.world, RangeQuery(GRCH37, region)).exists)


def test_bisecting_ranges_tells_what_points_tell(world, table):
    frequencies = world.population.frequencies[:AUTOSOMAL]
    never = table.answers == NOT_ANSWERABLE
    assert never.any() and not never.all()
    attack = Bisection(frequencies, len(world.ids), never)
    victim = np.maximum(world.genomes[0, :AUTOSOMAL], 0)
    heard = [
        attack.evidence(victim, target, limit=10**6, random=np.random.default_rng(1))
        for target in (ThroughTheNode(world), table)
    ]
    assert len(heard[0]) > 10 and np.array_equal(*heard)


def test_a_victim_is_attacked_through_the_node_as_through_its_table(world, table):
    attack = RareFirst(world.population.frequencies[:AUTOSOMAL], len(world.ids))
    victim = np.maximum(world.genomes[1, :AUTOSOMAL], 0)
    heard = [
        attack.evidence(victim, target, limit=50, random=np.random.default_rng(1))
        for target in (ThroughTheNode(world), table)
    ]
    assert np.array_equal(*heard)


@pytest.mark.parametrize("granularity", [Granularity.COUNT, Granularity.RECORD])
def test_asking_for_more_granularity_tells_no_number(world, granularity):
    for number in range(0, AUTOSOMAL, 20):
        plain = ask(world, variant(world, number))
        more = ask(world, variant(world, number), granularity=granularity)
        assert (more.exists, more.count, len(more.records)) == (plain.exists, None, 0)


def test_equivalent_spellings_of_an_allele_have_one_answer(world):
    """No reference bases, or any base in their place: the same allele here."""
    answers = set()
    for number in range(0, AUTOSOMAL, 20):
        plain = variant(world, number)
        spellings = [replace(plain, ref=ref) for ref in (plain.ref, None, "N")]
        told = {ask(world, spelling).exists for spelling in spellings}
        assert len(told) == 1
        answers |= told
    assert {True, None} <= answers
