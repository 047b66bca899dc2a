"""Made-up people who are in no cohort: a panel of frequencies and some genomes, of the population
that `demo.synthetic` draws a cohort from with the same numbers."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from beacon_node.demo.genotypes import Site, counts, draw, make_sites, write_vcf
from beacon_node.demo.references import write_panel

PANEL_PEOPLE, GENOMES = 5_000, 400
_PANEL, _GENOMES = 1, 2  # tell these people from any cohort's


def make_reference_people(folder: Path, *, people: int, variants: int, seed: int) -> None:
    """Write `panel.vcf.gz` and `genomes.vcf.gz` into `folder`.

    `people`, `variants` and `seed` are those of the cohort they belong to; nobody is in both.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sites = _sites(people, variants, seed)
    write_panel(folder / "panel.vcf.gz", _counted(sites, np.random.default_rng([seed, 0, _PANEL])))
    random = np.random.default_rng([seed, 0, _GENOMES])
    is_male = random.random(GENOMES) < 0.5
    names = [f"REF{number:05d}" for number in range(1, GENOMES + 1)]
    calls = (draw(site, is_male, random) for site in sites)
    write_vcf(folder / "genomes.vcf.gz", names, sites, calls)


def _sites(people: int, variants: int, seed: int) -> list[Site]:
    """Return the sites of the cohort with these numbers."""
    random = np.random.default_rng(seed)
    random.random(people)  # who is a man is drawn first
    return make_sites(variants, people, random)


def _counted(
    sites: Sequence[Site], random: np.random.Generator
) -> Iterator[tuple[Site, list[int], int]]:
    is_male = random.random(PANEL_PEOPLE) < 0.5
    for site in sites:
        yield site, *counts(draw(site, is_male, random), len(site.alts))
