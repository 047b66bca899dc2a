"""Small cohorts of a simulated population, behind the guard and before it."""

import numpy as np
import pytest

from benchmarks.attack_population import Contig, Place
from benchmarks.attacked import Assays, Scene, Settings
from benchmarks.attacks import Arena, Plan, arenas

AUTOSOME = (Contig(Place.AUTOSOME, 1_000_000),)
LONGER = (Contig(Place.AUTOSOME, 2_000_000),)
EVERYWHERE = (
    Contig(Place.AUTOSOME, 500_000),
    Contig(Place.X, 300_000),
    Contig(Place.Y, 100_000),
    Contig(Place.MITOCHONDRIAL, 16_569),
)

PLANS = {
    "65 people": Plan(people=65, cohorts=6, contigs=AUTOSOME, outsiders=200),
    "300 people": Plan(people=300, cohorts=1, contigs=LONGER, outsiders=400),
    "two carriers": Plan(
        people=300,
        cohorts=1,
        contigs=LONGER,
        outsiders=400,
        victims=150,
        settings=Settings(carriers_needed=2),
    ),
    "X, Y, MT and three assays": Plan(
        people=300, cohorts=1, contigs=EVERYWHERE, outsiders=400, panel=4_100
    ),
}


def three_assays(scene: Scene) -> Assays:
    """A third of the people each: whole genome, an array of common variants, an exome."""
    variants = len(scene.points)
    array = (scene.points > 0.01) & (np.arange(variants) % 7 == 0)
    exome = np.arange(variants) % 500 < 40
    covers = np.stack([np.ones(variants, bool), array, exome])
    return Assays(np.arange(300) % 3, covers)


@pytest.fixture(scope="package", params=PLANS)
def plan_name(request) -> str:
    return request.param


@pytest.fixture(scope="package")
def plan(plan_name: str) -> Plan:
    return PLANS[plan_name]


@pytest.fixture(scope="package")
def cohorts(plan: Plan) -> list[Arena]:
    return list(arenas(plan, three_assays if plan.panel == 4_100 else None))


@pytest.fixture(scope="package")
def hospital() -> Arena:
    return next(arenas(PLANS["300 people"]))
