"""Ontologies as graphs of is_a: what lies below a term, and what is like it."""

from collections.abc import Callable, Collection, Iterable, Mapping
from math import log
from typing import Protocol

from beacon_node.model.query import Similarity

# Least similarity of Lin (1998) that each word asks for. On the Human Phenotype Ontology HIGH keeps
# to a term's siblings and near relatives, MEDIUM to the group above them, LOW to the organ system.
LEAST_SIMILARITY = {Similarity.HIGH: 0.85, Similarity.MEDIUM: 0.7, Similarity.LOW: 0.55}


class Hierarchy(Protocol):
    """One ontology. `size` counts its current terms."""

    size: int

    def parents(self, terms: Collection[str]) -> Iterable[str]:
        """Return the direct parents of any of `terms`, repeats allowed."""

    def children(self, terms: Collection[str]) -> Iterable[str]:
        """Return the direct children of any of `terms`, repeats allowed."""

    def counts_below(self, terms: Collection[str]) -> Mapping[str, int]:
        """Return how many terms lie below each of `terms`, itself not counted."""


def reach(start: str, step: Callable[[Collection[str]], Iterable[str]]) -> set[str]:
    """Return everything that `step(terms) -> neighbours` reaches from `start`, itself included.

    Safe on graphs with cycles, which some published files have.
    """
    seen, edge = {start}, {start}
    while edge:
        edge = set(step(edge)) - seen
        seen |= edge
    return seen


def counts_below(parents: Mapping[str, Collection[str]]) -> dict[str, int]:
    """Return for each term how many others lie below it, given each term's parents."""
    counts = dict.fromkeys(parents, 0)
    for term in parents:
        seen, waiting = {term}, [term]
        while waiting:
            for parent in parents.get(waiting.pop(), ()):
                if parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        for above in seen - {term}:
            counts[above] = counts.get(above, 0) + 1
    return counts


def information(below: int, size: int) -> float:
    """Return a term's information content between 0 (root) and 1 (leaf).

    1 − log(below + 1) / log(size), from the shape of the ontology alone (Seco, Veale & Hayes 2004):
    a corpus of annotations would make answers depend on who is in it.

    >>> information(below=0, size=100), information(below=99, size=100)
    (1.0, 0.0)
    """
    return 1 - log(below + 1) / log(size) if size > 1 else 1.0


def lin(shared: float, one: float, other: float) -> float:
    """Return the similarity of two terms, 0 to 1, from their information and that of their most
    informative common ancestor: 2·shared / (one + other) (Lin 1998)."""
    return 2 * shared / (one + other) if one + other else 0.0


def similar_terms(term: str, least: float, hierarchy: Hierarchy) -> set[str]:
    """Return the terms whose similarity to `term` is at least `least` > 0, itself included."""
    own = information(hierarchy.counts_below([term]).get(term, 0), hierarchy.size)
    found, judged = {term}, {term}
    for ancestor, shared in _informative_ancestors(term, own, least, hierarchy):
        fresh = reach(ancestor, hierarchy.children) - judged
        judged |= fresh
        for other, below in hierarchy.counts_below(fresh).items():
            if lin(shared, own, information(below, hierarchy.size)) >= least:
                found.add(other)
    return found


def _informative_ancestors(
    term: str, own: float, least: float, hierarchy: Hierarchy
) -> list[tuple[str, float]]:
    """Return (ancestor, information), most informative first, of those that can still matter.

    Whatever lies below an ancestor has at least its information, so that its similarity to `term`
    is at most 2·shared / (own + shared).
    """
    counts = hierarchy.counts_below(reach(term, hierarchy.parents))
    known = [(above, information(below, hierarchy.size)) for above, below in counts.items()]
    useful = [(above, shared) for above, shared in known if lin(shared, own, shared) >= least]
    return sorted(useful, key=lambda pair: (-pair[1], pair[0]))
