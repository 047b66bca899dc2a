"""What the small and the full measurement simulate."""

from dataclasses import replace

from benchmarks.attacks.ancestries import both_named, one_named
from benchmarks.attacks.jobs import Job
from benchmarks.attacks.plans import Plan, three_assays
from benchmarks.attacks.population import Contig, Place

_STRETCH = (Contig(Place.AUTOSOME, 2_000_000),)
_LONG = (Contig(Place.AUTOSOME, 5_000_000),)
_EVERYWHERE = (
    Contig(Place.AUTOSOME, 1_000_000),
    Contig(Place.X, 500_000),
    Contig(Place.Y, 200_000),
    Contig(Place.MITOCHONDRIAL, 16_569),
)
_SIXTY_FIVE = Plan(people=65, cohorts=4, contigs=_STRETCH, outsiders=60, victims=33)
_THOUSAND = Plan(people=1_000, cohorts=1, contigs=_LONG, outsiders=520, victims=330)
_MIXED = Plan(
    people=300,
    cohorts=1,
    contigs=_EVERYWHERE,
    panel=4_100,
    outsiders=240,
    victims=150,
    assays=three_assays,
)
_TWO = Plan(people=200, cohorts=2, contigs=_STRETCH, outsiders=150, victims=100)
_FAMILIES = Plan(
    people=65, cohorts=1, contigs=(Contig(Place.AUTOSOME, 200_000),) * 20, outsiders=200
)
_OF_65, _OF_1000, _OF_MIXED = "65 people", "1,000 people", "300 people, X, Y, MT, three assays"


def _jobs(setting: str, plan: Plan, count: int, **more) -> list[Job]:
    """Return so many jobs, each with a population of its own."""
    plans = [replace(plan, seed=plan.seed + 1_000 * number) for number in range(count)]
    return [Job(setting, one, begins=one is plans[0], **more) for one in plans]


SMALL = tuple(_jobs(_OF_65, replace(_SIXTY_FIVE, cohorts=2), 2, is_useful=True))
_ONE_PANEL = "200 people of two ancestries, one panel named: outside the assumptions"
FULL = (  # each setting is written as soon as its jobs are done
    *_jobs(_OF_65, _SIXTY_FIVE, 10, is_useful=True),
    *_jobs(_OF_1000, _THOUSAND, 4, is_useful=True),
    *_jobs(_OF_MIXED, _MIXED, 9),
    *_jobs("200 people of two ancestries, both panels named", _TWO, 7, arenas_of=both_named),
    *_jobs(_ONE_PANEL, _TWO, 2, arenas_of=one_named, is_bounded=False),
    *_jobs("65 people, a relative's genome: not bounded", _FAMILIES, 7, arenas_of=None),
)
