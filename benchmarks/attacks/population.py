"""A simulated population to attack: cohorts, a disjoint panel and outsiders from the same people.

Genotypes come from msprime (Baumdicker et al. 2022), with growth in the last 300 generations, as
real rare variants need. Men have one copy of X and Y, everybody one of the mitochondrial genome.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msprime
import numpy as np

from beacon_node.privacy.public import Place

_MUTATION, _RECOMBINATION = 1.25e-8, 1.2e-8  # per base and generation
_MITOCHONDRIAL_MUTATION = 5e-7
_GROWTH, _APART = 300, 2_000  # generations ago


@dataclass(frozen=True, slots=True)
class Contig:
    """A stretch to simulate. What does not recombine is one linked block."""

    place: Place
    bases: int


@dataclass(frozen=True, slots=True, repr=False)
class Population:
    """`genomes` are alternate alleles, shape (people, variants); haplotypes (variants, 2 people).

    `places` say of each variant where it lies and `contigs` on which stretch, `is_woman` of each
    person how many copies she has.
    """

    genomes: np.ndarray
    haplotypes: np.ndarray
    places: np.ndarray
    is_woman: np.ndarray
    contigs: np.ndarray

    def with_children(
        self, mothers: np.ndarray, fathers: np.ndarray, random: np.random.Generator
    ) -> "Population":
        """Return the population with one more child of each couple behind the others.

        Autosomes alone: each stretch is handed down whole, by lot one of the parent's two.
        """
        handed = [self._handed_down(parents, random) for parents in (mothers, fathers)]
        both = np.stack(handed, axis=2).reshape(len(self.haplotypes), -1)
        return Population(
            np.concatenate([self.genomes, (handed[0] + handed[1]).T]),
            np.concatenate([self.haplotypes, both], axis=1),
            self.places,
            np.concatenate([self.is_woman, np.arange(len(mothers)) % 2 == 0]),
            self.contigs,
        )

    def _handed_down(self, parents: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return one haplotype per child, shape (variants, children)."""
        lots = random.integers(2, size=(self.contigs.max() + 1, len(parents)))
        return np.take_along_axis(self.haplotypes, 2 * parents + lots[self.contigs], axis=1)

    def numbers(self, people: np.ndarray) -> np.ndarray:
        """Return AN: the copies that these people have, per variant."""
        women = int(self.is_woman[people].sum())
        men = len(people) - women
        by_place = {
            Place.AUTOSOME: 2 * len(people),
            Place.PSEUDOAUTOSOMAL: 2 * len(people),
            Place.X: 2 * women + men,
            Place.Y: men,
            Place.MITOCHONDRIAL: len(people),
        }
        return np.array([by_place[place] for place in Place])[self.places]


def simulated(
    people: int, contigs: Sequence[Contig], *, seed: int, ancestries: int = 1
) -> Population:
    """Return a population; every second person is a woman. Of two ancestries, the first half of the
    people are of the one."""
    is_woman = np.arange(people) % 2 == 0
    parts = [
        _haplotypes(people, c, seed=seed + 101 * i, ancestries=ancestries)
        for i, c in enumerate(contigs)
    ]
    places = np.concatenate([np.full(len(p), c.place) for p, c in zip(parts, contigs, strict=True)])
    haplotypes = np.concatenate(parts)
    copies = haplotypes.copy()
    second = copies[:, 1::2]
    second[np.isin(places, (Place.Y, Place.MITOCHONDRIAL))] = 0
    second[np.ix_(places == Place.X, ~is_woman)] = 0
    genomes = copies[:, ::2] + second
    genomes[np.ix_(places == Place.Y, is_woman)] = 0
    of = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    return Population(np.ascontiguousarray(genomes.T), haplotypes, places, is_woman, of)


def _haplotypes(people: int, contig: Contig, *, seed: int, ancestries: int) -> np.ndarray:
    is_linked = contig.place in (Place.Y, Place.MITOCHONDRIAL)
    trees = msprime.sim_ancestry(
        {f"P{number}": people // ancestries for number in range(ancestries)},
        sequence_length=contig.bases,
        recombination_rate=0 if is_linked else _RECOMBINATION,
        demography=_demography(ancestries),
        random_seed=seed,
    )
    rate = _MITOCHONDRIAL_MUTATION if contig.place is Place.MITOCHONDRIAL else _MUTATION
    mutated = msprime.sim_mutations(
        trees, rate, random_seed=seed + 1, model=msprime.BinaryMutationModel()
    )
    return (mutated.genotype_matrix() > 0).astype(np.int8)


def _demography(ancestries: int) -> msprime.Demography:
    """Return populations that grow and, if there are two, have been apart for 2,000 generations."""
    demography, names = msprime.Demography(), [f"P{number}" for number in range(ancestries)]
    for name in names:
        demography.add_population(name=name, initial_size=30_000, growth_rate=0.004)
        demography.add_population_parameters_change(
            time=_GROWTH, population=name, initial_size=10_000, growth_rate=0
        )
    if ancestries > 1:
        demography.add_population(name="all", initial_size=10_000)
        demography.add_population_split(time=_APART, derived=names, ancestral="all")
    return demography
