"""The plainest way to answer: look at every record and every call, one by one.

Written from the rules alone, without sets of numbers, so that the store can be compared with it.
"""

from collections.abc import Iterable

from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.measures import compare, parse_value
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    BracketQuery,
    Filter,
    OntologyFilter,
    RangeQuery,
)
from beacon_node.model.variation import Allele
from tests.store.variants.world import Calls, World

CALLS = "call set"
LEVELS = (*LINEAGE, CALLS)
Node = tuple[str, int]
"""One record: (level, number)."""


class Scan:
    """Answers questions about a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.nodes = [(level, n) for level in LINEAGE for n in range(self._size(level))]
        self.nodes += [(CALLS, n) for n in range(len(world.call_sets))]
        self.ancestors = {node: self._ancestors(node) for node in self.nodes}

    def _size(self, level: EntryType) -> int:
        return len(self.world.entries.get(level, ()))

    def _parents(self, node: Node) -> dict[EntryType, int]:
        level, number = node
        if level == CALLS:
            return self.world.call_sets[number]
        return self.world.entries[level][number].parents

    def _ancestors(self, node: Node) -> dict[str, int]:
        known = dict(self._parents(node))
        for level in reversed(LINEAGE):
            if level in known:
                known = {**self._ancestors((level, known[level])), **known}
        return known

    def belong_together(self, one: Node, other: Node) -> bool:
        """Say whether one record belongs to the other, as far as is known."""
        upper, lower = sorted((one, other), key=lambda node: LEVELS.index(node[0]))
        if upper[0] == lower[0]:
            return upper == lower
        known = self.ancestors[lower]
        if upper[0] in known:
            return known[upper[0]] == upper[1]
        for level in reversed(LEVELS[: LEVELS.index(upper[0])]):
            if level in known:
                return self.ancestors[upper].get(level) == known[level]
        return False

    # ---- filters ---------------------------------------------------------------------------

    def meets(self, node: Node, wanted: Filter) -> bool:
        """Say whether a record itself meets a filter."""
        level, number = node
        if wanted.scope not in (None, level):
            return False
        if isinstance(wanted, OntologyFilter):
            return any(
                (kind, term) == (level, wanted.id) and number in members
                for kind, term, _, _, members in self.world.terms
            )
        return self._compares(level, number, wanted)

    def _compares(self, level: str, number: int, wanted: AlphanumericFilter) -> bool:
        value = parse_value(wanted.value)
        own = [
            (amount, text)
            for kind, field, owner, amount, text, *_ in self.world.measures
            if (kind, field, owner) == (level, wanted.field, number)
        ]
        if wanted.operator == "!":
            return bool(own) and not any(compare("=", *one, value) for one in own)
        return any(compare(wanted.operator, *one, value) for one in own)

    def eligible(self, node: Node, filters: Iterable[Filter]) -> bool:
        """Say whether a record meets all filters; those of one scope by one and the same record."""
        groups: dict[object, list[Filter]] = {}
        for wanted in filters:
            levels = {level for level in LINEAGE if self._is_used(level, wanted)}
            key = next(iter(levels)) if len(levels) == 1 else wanted
            groups.setdefault(key, []).append(wanted)
        return all(
            any(
                self.belong_together(node, other) and all(self.meets(other, w) for w in group)
                for other in self.nodes
            )
            for group in groups.values()
        )

    def _is_used(self, level: str, wanted: Filter) -> bool:
        if wanted.scope not in (None, level):
            return False
        if isinstance(wanted, OntologyFilter):
            return any(row[:2] == (level, wanted.id) for row in self.world.terms)
        return any(row[:2] == (level, wanted.field) for row in self.world.measures)

    # ---- answers ---------------------------------------------------------------------------

    def variations(self, lookups, filters) -> list[Calls]:
        people = {n for n in range(len(self.world.call_sets)) if self.eligible((CALLS, n), filters)}
        return [c for c in self._found(lookups) if c.carriers & people]

    def entries(self, level: EntryType, lookups, filters) -> list[int]:
        matching = [n for n in range(self._size(level)) if self.eligible((level, n), filters)]
        if lookups is None:
            return matching
        carriers = {n for calls in self.variations(lookups, filters) for n in calls.carriers}
        carriers = {n for n in carriers if self.eligible((CALLS, n), filters)}
        return [
            number
            for number in matching
            if any(self.belong_together((level, number), (CALLS, n)) for n in carriers)
        ]

    def _found(self, lookups) -> list[Calls]:
        if lookups is None:
            return self.world.alleles
        return [
            calls
            for calls in self.world.alleles
            if any(_is_found(calls.allele, lookup) for lookup in lookups)
        ]


def _is_found(allele: Allele, lookup) -> bool:
    if isinstance(lookup, AlleleSet):
        return allele in lookup.alleles
    if isinstance(lookup, BracketQuery):
        return (
            allele.reference_name == lookup.reference_name
            and lookup.start_min <= allele.start < lookup.start_max
            and lookup.end_min <= allele.end < lookup.end_max
        )
    assert isinstance(lookup, RangeQuery)
    region = lookup.region
    if allele.reference_name != region.reference_name:
        return False
    bases = range(region.start, region.end)
    if allele.start == allele.end:
        neighbours = allele.start - 1, allele.start
        gap = region.start == region.end == allele.start
        return gap or any(base in bases for base in neighbours)
    if region.start == region.end:
        return allele.start < region.start < allele.end
    return max(allele.start, region.start) < min(allele.end, region.end)
