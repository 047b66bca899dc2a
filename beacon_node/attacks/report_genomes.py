"""Many genomes in little memory: what each carries is listed, one at a time is written out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from beacon_node.attacks.target import Genome, Sites


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class ListedGenomes(Sequence[Genome]):
    """Genomes over `variants` variants; person i carries `copies` of those at `sites` from
    `offsets[i]` to `offsets[i + 1]`.

    >>> people, sites, copies = np.array([[1, 0, 1], [2, 0, 0], [1, 2, 1]])
    >>> [genome.tolist() for genome in ListedGenomes.of(people, sites, copies, (2, 3))]
    [[2, 0, 0], [1, 0, 1]]
    """

    offsets: Sites
    sites: Sites
    copies: Genome
    variants: int

    @classmethod
    def of(
        cls, people: Sites, sites: Sites, copies: Genome, shape: tuple[int, int]
    ) -> "ListedGenomes":
        """Return genomes of `shape` (people, variants) from entries in any order."""
        order = np.argsort(people, kind="stable")
        sizes = np.bincount(people, minlength=shape[0])
        offsets = np.concatenate(([0], np.cumsum(sizes)))
        return cls(offsets, sites[order], copies[order].astype(np.int8), shape[1])

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, person: int) -> Genome:
        if not -len(self) <= person < len(self):
            raise IndexError(person)
        person %= len(self)
        part = slice(self.offsets[person], self.offsets[person + 1])
        genome = np.zeros(self.variants, np.int8)
        genome[self.sites[part]] = self.copies[part]
        return genome

    def some(self, people: Sequence[int]) -> "Chosen":
        """Return some of them, in this order."""
        return Chosen(self, tuple(people))

    def block(self, *, start: int, end: int) -> Genome:
        """Return what all carry at the variants [start, end), shape (variants, people)."""
        inside = np.flatnonzero((self.sites >= start) & (self.sites < end))
        people = np.searchsorted(self.offsets, inside, side="right") - 1
        found = np.zeros((end - start, len(self)), np.int8)
        found[self.sites[inside] - start, people] = self.copies[inside]
        return found


@dataclass(frozen=True, slots=True, repr=False)
class Chosen(Sequence[Genome]):
    """Some of many genomes."""

    genomes: ListedGenomes
    people: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.people)

    def __getitem__(self, index: int) -> Genome:
        return self.genomes[self.people[index]]

    def __iter__(self) -> Iterator[Genome]:
        return (self.genomes[person] for person in self.people)
