"""Small cohorts of a simulated population, behind the guard and before it."""

import pytest

from benchmarks.attacks.nodes import Settings
from benchmarks.attacks.plans import Arena, Plan, arenas, three_assays
from benchmarks.attacks.population import Contig, Place

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
        people=300, cohorts=1, contigs=EVERYWHERE, outsiders=400, panel=4_100, assays=three_assays
    ),
}


@pytest.fixture(scope="package", params=PLANS)
def plan_name(request) -> str:
    return request.param


@pytest.fixture(scope="package")
def plan(plan_name: str) -> Plan:
    return PLANS[plan_name]


@pytest.fixture(scope="package")
def cohorts(plan: Plan) -> list[Arena]:
    return list(arenas(plan))


@pytest.fixture(scope="package")
def hospital() -> Arena:
    return next(arenas(PLANS["300 people"]))
