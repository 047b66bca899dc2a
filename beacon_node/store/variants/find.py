"""Finds the alleles that lookups ask for.

Overlap: an allele [start, end) overlaps a range if they share a base. An insertion lies in the gap
between two bases and overlaps a range that has either of the two (so that VCF's POS, the base
before it, finds it); a range of length zero is a gap too and is overlapped by what spans it and by
an insertion in that very gap. A breakend is found by its own place.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import partial

import orjson

from beacon_node.model.carriers import NumberSet
from beacon_node.model.genome import REFERENCE_NAMES, REFERENCE_NUMBER, Region
from beacon_node.model.query import (
    EVERYTHING,
    AlleleSet,
    BracketQuery,
    Lookup,
    RangeQuery,
    Selection,
    SequenceQuery,
    VariationIdQuery,
)
from beacon_node.model.variation import Allele
from beacon_node.store.alleles import read_extent
from beacon_node.store.schema import LONG_ALLELE, ORDINALS, REFERENCE_SHIFT, START_SHIFT
from beacon_node.store.variants.index import Index
from beacon_node.store.variants.spelling import is_selected, is_spelled
from beacon_node.store.variants.statements import LAST_START

Row = tuple[int, bytes | None, bytes | None, bytes | None]
"""(allele id, het, hom, single); the sets as stored."""


def find(index: Index, lookups: tuple[Lookup, ...]) -> Iterable[Row]:
    """Return the alleles that any of the lookups asks for, each once, by place."""
    if len(lookups) == 1:
        return _FINDERS[type(lookups[0])](index, lookups[0])
    return _merged(iter(find_one(index, lookup)) for lookup in lookups)


def _merged(found: Iterable[Iterator[Row]]) -> Iterator[Row]:
    last = -1
    for row in heapq.merge(*found, key=lambda row: row[0]):
        if row[0] != last:
            last = row[0]
            yield row


def find_one(index: Index, lookup: Lookup) -> Iterable[Row]:
    """Return the alleles that one lookup asks for, each once, by place."""
    return _FINDERS[type(lookup)](index, lookup)


def carried(rows: Iterable[Row], people: NumberSet | None) -> Iterator[int]:
    """Yield the ids of the alleles that anybody of `people` (None: anybody) carries."""
    if people is None:
        for id, het, hom, single in rows:
            if het or single or hom:
                yield id
        return
    meets = people.meets
    for id, het, hom, single in rows:
        if (het and meets(het)) or (hom and meets(hom)) or (single and meets(single)):
            yield id


def count_carried(rows: Iterable[Row], people: NumberSet | None) -> int:
    """Return how many of the alleles anybody of `people` carries."""
    total = 0
    if people is None:
        for _, het, hom, single in rows:
            if het or hom or single:
                total += 1
        return total
    meets = people.meets
    for _, het, hom, single in rows:
        if (het and meets(het)) or (hom and meets(hom)) or (single and meets(single)):
            total += 1
    return total


def is_any_carried(rows: Iterable[Row], people: NumberSet | None) -> bool:
    """Say whether anybody of `people` carries any of the alleles."""
    return next(carried(rows, people), None) is not None


# ---- exact alleles -----------------------------------------------------------------------------


def _named(index: Index, lookup: AlleleSet) -> list[Row]:
    if len(lookup.alleles) == 1:
        return _exact(index, lookup.alleles[0], lookup.selection)
    found = {
        row[0]: row for allele in lookup.alleles for row in _exact(index, allele, lookup.selection)
    }
    return [found[id] for id in sorted(found)]


def _exact(index: Index, allele: Allele, selection: Selection) -> list[Row]:
    ref, alt = allele.ref, allele.alt
    first = REFERENCE_NUMBER[allele.reference_name] << REFERENCE_SHIFT
    first |= allele.start << START_SHIFT
    values = (first, first + ORDINALS - 1, ref, alt)
    if selection is not EVERYTHING and selection != EVERYTHING:
        rows = index.execute(index.sql.exact_wide, values)
        passes = partial(_passes, index, selection)
        return list(
            _selected(
                rows,
                allele.reference_name,
                lambda id, found: found == allele and passes(id, found),
            )
        )
    if not ref and allele.is_symbolic:
        return index.fetch(index.sql.exact_symbolic, (*values, allele.end))
    return index.fetch(index.sql.exact, values)


# ---- places ------------------------------------------------------------------------------------


def _by_sequence(index: Index, lookup: SequenceQuery) -> Iterator[Row]:
    """An allele starts at most as far behind the query's start as that has bases to spare."""
    spare = 1 if lookup.ref is None else min(len(lookup.ref), len(lookup.alt))
    rows = index.execute(
        index.sql.between,
        _ids(lookup.reference_name, lookup.start, lookup.start + spare),
    )

    def is_it(id: int, allele: Allele) -> bool:
        shift = allele.start - lookup.start
        return is_spelled(allele.ref, allele.alt, as_ref=lookup.ref, as_alt=lookup.alt, shift=shift)

    return _selected(rows, lookup.reference_name, is_it)


def _by_range(index: Index, lookup: RangeQuery) -> Iterable[Row]:
    region, selection = lookup.region, lookup.selection
    everything = selection == EVERYTHING
    rows = index.execute(index.sql.overlapping(wide=not everything), overlap_values(region))
    long_ones = long_overlapping(index, region)
    if not everything:
        rows = _selected(rows, region.reference_name, partial(_passes, index, selection))
    if not long_ones:
        return rows
    reach = _selected(long_ones, region.reference_name, partial(_passes, index, selection))
    return _chained(reach, rows)


def _chained(long_ones: Iterator[Row], others: Iterator[Row]) -> Iterator[Row]:
    """Long ones start before everything else that a scan sees."""
    yield from long_ones
    yield from others


def overlap_values(region: Region) -> tuple[int, ...]:
    """Return what `Statements.overlapping` takes for a region."""
    start, end = min(region.start, LAST_START), min(region.end, LAST_START)
    first, last = _ids(region.reference_name, _scan_start(region), end)
    inside, _ = _ids(region.reference_name, start, start)
    behind, _ = _ids(region.reference_name, end, end)
    return first, last, inside, behind, start, end


def _scan_start(region: Region) -> int:
    return max(0, min(region.start, LAST_START) - LONG_ALLELE)


def long_overlapping(index: Index, region: Region) -> list[tuple]:
    """Return wide rows of the long alleles that start before a scan would see them."""
    reference = REFERENCE_NUMBER[region.reference_name]
    values = (reference, reference, _scan_start(region), min(region.start, LAST_START))
    return index.execute(index.sql.long_overlapping, values).fetchall()


def _by_bracket(index: Index, lookup: BracketQuery) -> Iterator[Row]:
    ids = _ids(lookup.reference_name, lookup.start_min, lookup.start_max - 1)
    rows = index.execute(index.sql.bracketed, (*ids, lookup.end_min, lookup.end_max))
    passes = partial(_passes, index, lookup.selection)
    return _selected(rows, lookup.reference_name, passes)


def _by_id(index: Index, lookup: VariationIdQuery) -> Iterator[Row]:
    region = lookup.id.region
    rows = index.execute(index.sql.between, _ids(region.reference_name, region.start, region.start))
    return _selected(rows, region.reference_name, lambda id, allele: lookup.id.matches(allele))


_FINDERS: dict[type, Callable[[Index, Lookup], Iterable[Row]]] = {
    AlleleSet: _named,
    SequenceQuery: _by_sequence,
    RangeQuery: _by_range,
    BracketQuery: _by_bracket,
    VariationIdQuery: _by_id,
}


def _ids(reference_name: str, first_start: int, last_start: int) -> tuple[int, int]:
    """Return the first and the last id of alleles that start so; positions past the end are cut."""
    reference = REFERENCE_NUMBER[reference_name] << REFERENCE_SHIFT
    if first_start > LAST_START:
        return 1, 0
    first = reference | max(0, first_start) << START_SHIFT
    return first, (reference | min(last_start, LAST_START) << START_SHIFT) + ORDINALS - 1


# ---- conditions on what was found --------------------------------------------------------------


def _selected(
    rows: Iterable[tuple], reference_name: str, is_it: Callable[[int, Allele], bool]
) -> Iterator[Row]:
    for id, het, hom, single, ref, alt, end in rows:
        if is_it(id, _allele(reference_name, id, ref, alt, end)):
            yield id, het, hom, single


def _allele(reference_name: str, id: int, ref: str, alt: str, end: int | None) -> Allele:
    start = id >> START_SHIFT & LAST_START
    return Allele(reference_name, start, start + len(ref) if end is None else end, ref, alt)


def read_allele(id: int, ref: str, alt: str, end: int | None) -> Allele:
    """Return the allele of a stored row."""
    return _allele(REFERENCE_NAMES[(id >> REFERENCE_SHIFT) - 1], id, ref, alt, end)


def _passes(index: Index, selection: Selection, id: int, allele: Allele) -> bool:
    return is_selected(selection, allele, partial(_annotation, index, id))


def _annotation(index: Index, id: int) -> dict:
    sql = "SELECT effects, extent FROM annotation WHERE allele = ?"
    effects, extent = index.execute(sql, (id,)).fetchone() or (None, None)
    return {"effects": read_json(effects), "extent": read_extent(extent)}


def read_json(text: str | None) -> list:
    """Return a stored list, empty where nothing is stored."""
    return orjson.loads(text) if text else []
