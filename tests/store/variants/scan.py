"""The plainest way to answer: look at every person, every record and every call, one by one.

Written from the rules alone, without sets of numbers, so that the store can be compared with it.
"""

from dataclasses import dataclass

from beacon_node.model.consent import DataType
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.measures import compare, parse_value
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    BracketQuery,
    Filter,
    OntologyFilter,
    RangeQuery,
    Within,
)
from beacon_node.model.variation import Allele
from tests.store.variants.world import ANALYSIS, BIOSAMPLE, INDIVIDUAL, RUN, Calls, World

CALLS = "call set"
LEVELS = (*LINEAGE, CALLS)
Node = tuple[str, int]
"""One record: (level, number)."""
DATA = {
    INDIVIDUAL: DataType.PHENOTYPES,
    BIOSAMPLE: DataType.BIOSAMPLES,
    RUN: DataType.RUNS,
    ANALYSIS: DataType.RUNS,
}


@dataclass(frozen=True)
class Asked:
    """A question, and who consented to what: the individuals of each type, None: open to all."""

    lookups: tuple | None = None
    filters: tuple[Filter, ...] = ()
    within: Within | None = None
    people: dict[DataType, set[int]] | None = None
    may_tell_records: bool = True

    def data(self, entry_type: EntryType) -> set[DataType]:
        """Return the types of data that the question uses, but for its filters."""
        used = set()
        if self.lookups is not None or entry_type is EntryType.GENOMIC_VARIANT:
            used.add(DataType.VARIANTS)
        if self.within and self.within.entry_type in (BIOSAMPLE, RUN, ANALYSIS):
            used.add(DATA[self.within.entry_type])
        if entry_type in (BIOSAMPLE, RUN, ANALYSIS):
            used.add(DATA[entry_type])
        if entry_type is INDIVIDUAL and (self.lookups is None or self.may_tell_records):
            used.add(DataType.PHENOTYPES)
        return used

    def counts(self, person: int | None, data: set[DataType]) -> bool:
        """Say whether a person let all of `data` be used, or anything at all if it is none."""
        if self.people is None:
            return True
        consented = [person in self.people[data_type] for data_type in data or DataType]
        return all(consented) if data else any(consented)


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

    def owner(self, node: Node) -> int | None:
        return node[1] if node[0] == INDIVIDUAL else self.ancestors[node].get(INDIVIDUAL)

    # ---- filters ---------------------------------------------------------------------------

    def meets(self, node: Node, wanted: Filter | Within, asked: Asked) -> bool:
        """Say whether a record itself meets a filter that may look at it, or is the one named."""
        level, number = node
        if isinstance(wanted, Within):
            return level == wanted.entry_type and self.world.shown(level, number) == wanted.id
        if level == CALLS or not asked.counts(self.owner(node), {DATA[level]}):
            return False
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

    def is_eligible(self, node: Node, entry_type: EntryType, asked: Asked) -> bool:
        """Say whether a record's person is counted and it meets all conditions; those on one entry
        type by one and the same record."""
        if not asked.counts(self.owner(node), asked.data(entry_type)):
            return False
        groups: dict[object, list[Filter | Within]] = {}
        for wanted in asked.filters:
            levels = {level for level in LINEAGE if self._is_used(level, wanted)}
            key = next(iter(levels)) if len(levels) == 1 else wanted
            groups.setdefault(key, []).append(wanted)
        if asked.within and asked.within.entry_type in LINEAGE:
            groups.setdefault(asked.within.entry_type, []).append(asked.within)
        return all(
            any(
                self.belong_together(node, other) and all(self.meets(other, w, asked) for w in some)
                for other in self.nodes
            )
            for some in groups.values()
        )

    def _is_used(self, level: str, wanted: Filter) -> bool:
        if wanted.scope not in (None, level):
            return False
        if isinstance(wanted, OntologyFilter):
            return any(row[:2] == (level, wanted.id) for row in self.world.terms)
        return any(row[:2] == (level, wanted.field) for row in self.world.measures)

    # ---- answers ---------------------------------------------------------------------------

    def call_sets(self, entry_type: EntryType, asked: Asked) -> set[int]:
        numbers = range(len(self.world.call_sets))
        return {n for n in numbers if self.is_eligible((CALLS, n), entry_type, asked)}

    def variations(self, asked: Asked) -> list[Calls]:
        people = self.call_sets(EntryType.GENOMIC_VARIANT, asked)
        return [calls for calls in self._found(asked.lookups) if calls.carriers & people]

    def entries(self, level: EntryType, asked: Asked) -> list[int]:
        numbers = range(self._size(level))
        matching = [n for n in numbers if self.is_eligible((level, n), level, asked)]
        if asked.lookups is None:
            return matching
        carriers = self._carriers(level, asked)
        return [
            number
            for number in matching
            if any(self.belong_together((level, number), (CALLS, n)) for n in carriers)
        ]

    def has_any(self, entry_type: EntryType, asked: Asked) -> bool:
        """Say whether anything matches in a dataset or cohort."""
        if asked.lookups is not None:
            return bool(self._carriers(entry_type, asked))
        numbers = range(self._size(INDIVIDUAL))
        return any(self.is_eligible((INDIVIDUAL, n), entry_type, asked) for n in numbers)

    def _carriers(self, entry_type: EntryType, asked: Asked) -> set[int]:
        carriers = {n for calls in self._found(asked.lookups) for n in calls.carriers}
        return carriers & self.call_sets(entry_type, asked)

    def copies(self, calls: Calls, call_sets: set[int]) -> tuple[int, int, int]:
        """Return (allele count, allele number, homozygous people), person by person."""
        count = number = homozygous = 0
        incomplete = self._incomplete(calls.allele)
        for person in range(self._size(INDIVIDUAL)):
            own = {n for n in call_sets if self.owner((CALLS, n)) == person}
            is_hom, is_single, is_het = (
                bool(own & found) for found in (calls.hom, calls.single, calls.het)
            )
            count += 2 if is_hom else 1 if is_single or is_het else 0
            homozygous += is_hom
            if own - incomplete or own & calls.carriers:
                is_one = (own & calls.haploid or is_single) and not is_hom
                number += 1 if is_one and (is_single or not is_het) else 2
        return count, number, homozygous

    def _incomplete(self, allele: Allele) -> set[int]:
        record = (allele.reference_name, allele.start, allele.ref)
        return {
            n
            for calls in self.world.alleles
            if (calls.allele.reference_name, calls.allele.start, calls.allele.ref) == record
            for n in calls.no_call
        }

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
