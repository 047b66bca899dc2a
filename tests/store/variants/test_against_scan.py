"""Random cohorts, consents and questions: the store finds what looking at everybody finds."""

import json
from dataclasses import asdict, dataclass, replace
from random import Random

import pytest

from beacon_node.model.answer import Case, Matches
from beacon_node.model.carriers import NumberSet
from beacon_node.model.consent import DataType
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.people import EVERYBODY, Consented
from beacon_node.model.query import Granularity, Page
from beacon_node.ports import Dataset, SearchPlan
from beacon_node.store.variants import SqliteVariantStore
from tests.store.variants.chance import (
    HG38,
    some_filters,
    some_lookups,
    some_people,
    some_within,
    some_world,
)
from tests.store.variants.scan import CALLS, Asked, Scan
from tests.store.variants.world import ANALYSIS, BIOSAMPLE, INDIVIDUAL, OPEN, RUN, Calls, World

VARIANT = EntryType.GENOMIC_VARIANT
COLLECTIONS = (EntryType.DATASET, EntryType.COHORT)
By_type = dict[DataType, set[int]] | None


@dataclass
class Asker:
    """Asks a store what a scan is asked; each question is told at all granularities."""

    store: SqliteVariantStore
    dataset: Dataset
    world: World
    asked: Asked
    people: object
    is_kept: bool

    def ask(self, entry_type, granularity, page=Page(0, 1000), entry_id="") -> Matches:
        asked = self.asked
        plan = SearchPlan(
            entry_type,
            None if asked.lookups is None else {HG38: asked.lookups},
            asked.filters,
            filters_key=repr(asked.filters) if self.is_kept else "",
            within=asked.within,
            entry_id=entry_id,
            granularity=granularity,
            page=page,
        )
        ceiling = Granularity.RECORD if asked.may_tell_records else Granularity.COUNT
        decision = replace(OPEN, ceiling=ceiling, people=self.people)
        return self.store.search(self.dataset, plan, decision)

    def check_totals(self, entry_type, expected: int) -> None:
        assert self.ask(entry_type, Granularity.COUNT).total == expected
        assert bool(self.ask(entry_type, Granularity.BOOLEAN).total) is bool(expected)
        page = self.ask(entry_type, Granularity.RECORD, Page(1, 2))
        shown = max(0, min(2, expected - 2)) if self.asked.may_tell_records else 0
        assert (page.total, len(page.page)) == (expected, shown)


def consented(world: World, by_type: By_type):
    if by_type is None:
        return EVERYBODY
    size = len(world.entries[INDIVIDUAL])
    return Consented({one: NumberSet.of(size, numbers) for one, numbers in by_type.items()})


@pytest.mark.parametrize("seed", range(60))
def test_the_store_finds_what_a_scan_finds(shelf, seed):
    random = Random(seed)
    world = some_world(random)
    scan, store = Scan(world), SqliteVariantStore(shelf)
    dataset = shelf.release(world, cohorts=({"id": "c"},))
    groups = [None, some_people(random, world), some_people(random, world)]
    named = [consented(world, by_type) for by_type in groups]
    for _ in range(14):
        which = random.randrange(len(groups))
        asked = Asked(
            some_lookups(random, world),
            some_filters(random),
            some_within(random, world),
            groups[which],
            random.random() < 0.6,
        )
        asker = Asker(store, dataset, world, asked, named[which], random.random() < 0.5)
        for level in LINEAGE:
            _check_entries(asker, scan, level)
        _check_variations(asker, scan)
        for kind in COLLECTIONS:
            assert asker.ask(kind, Granularity.BOOLEAN).total == scan.has_any(kind, asked)


def _check_entries(asker: Asker, scan: Scan, level: EntryType) -> None:
    asked, world = asker.asked, asker.world
    numbers = scan.entries(level, asked)
    asker.check_totals(level, len(numbers))
    for number in range(len(world.entries[level])):
        found = asker.ask(level, Granularity.COUNT, entry_id=world.shown(level, number))
        assert found.total == (number in numbers)
    if asked.may_tell_records:
        page = asker.ask(level, Granularity.RECORD).page
        assert [body["id"] for body in page] == [world.shown(level, n) for n in numbers]
        _check_nobody_else_is_named(scan, json.dumps(page), level, asked)


def _check_variations(asker: Asker, scan: Scan) -> None:
    asked = asker.asked
    variations = scan.variations(asked)
    asker.check_totals(VARIANT, len(variations))
    if asked.may_tell_records:
        page = asker.ask(VARIANT, Granularity.RECORD).page
        assert [record.allele for record in page] == [calls.allele for calls in variations]
        people = scan.call_sets(VARIANT, asked)
        for record, calls in zip(page, variations, strict=True):
            counted = record.allele_count, record.allele_number, record.homozygous
            assert counted == scan.copies(calls, people)
            assert sorted(map(repr, record.cases)) == sorted(_cases(asker.world, calls, people))
        shown = json.dumps([asdict(record) for record in page])
        _check_nobody_else_is_named(scan, shown, VARIANT, asked)


def _cases(world: World, calls: Calls, people: set[int]):
    """Yield each carrying call set of `people` as a record tells of it."""
    for number in calls.carriers & people:
        ids = {
            level: world.shown(level, parent) for level, parent in world.call_sets[number].items()
        }
        zygosity = "hemizygous" if number in calls.single else "heterozygous"
        zygosity = "homozygous" if number in calls.hom else zygosity
        first, *rest = (ids.get(level, "") for level in (BIOSAMPLE, INDIVIDUAL, RUN, ANALYSIS))
        yield repr(Case(first, rest[0], zygosity, *rest[1:]))


def _check_nobody_else_is_named(scan: Scan, text: str, entry_type, asked: Asked) -> None:
    for level, number in scan.nodes:
        if level != CALLS:
            is_counted = asked.counts(scan.owner((level, number)), asked.data(entry_type))
            assert is_counted or f'"{scan.world.shown(level, number)}"' not in text
