"""Random cohorts and questions."""

from random import Random

from beacon_node.model.consent import DataType
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.measures import parse_value
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    BracketQuery,
    OntologyFilter,
    RangeQuery,
    Within,
)
from beacon_node.model.variation import Allele
from tests.store.variants.world import (
    ANALYSIS,
    BIOSAMPLE,
    INDIVIDUAL,
    RUN,
    Calls,
    Record,
    World,
)

HG38 = Assembly.GRCH38
TERMS = ("T:1", "T:2", "T:3")
FIELDS = {"number": ("1", "2.5", "7"), "age": ("P1Y", "P40Y6M"), "text": ("red", "green")}


def some_world(random: Random) -> World:
    people = random.randint(1, 6)
    entries: dict[EntryType, list[Record]] = {
        INDIVIDUAL: [Record(f"i{n}") for n in range(people)],
        BIOSAMPLE: [],
        RUN: [],
        ANALYSIS: [],
    }
    call_sets: list[dict] = []
    is_one_each = random.random() < 0.3
    for person in range(people):
        for _ in range(1 if is_one_each else random.choice((0, 1, 1, 2, 3))):
            _add_biosample(random, entries, call_sets, person, is_one_each)
    if not is_one_each:
        _lose_some(random, entries, call_sets)
    world = World(call_sets=call_sets, entries=entries)
    _refer_to_others(random, world)
    world.properties = {"one_call_set_each": str(int(is_one_each))}
    world.alleles = [_some_calls(random, allele, len(call_sets)) for allele in _alleles(random)]
    world.terms = _some_terms(random, world)
    world.measures = _some_measures(random, world)
    return world


def _add_biosample(random, entries, call_sets, person: int, is_one_each: bool) -> None:
    sample = {INDIVIDUAL: person, BIOSAMPLE: len(entries[BIOSAMPLE])}
    entries[BIOSAMPLE].append(Record(f"b{sample[BIOSAMPLE]}", {INDIVIDUAL: person}))
    lines = [sample]
    for _ in range(random.choice((0, 1, 2))):
        run = {**sample, RUN: len(entries[RUN])}
        entries[RUN].append(
            Record(f"r{run[RUN]}", random.choice((sample, {BIOSAMPLE: sample[BIOSAMPLE]})))
        )
        lines.append(run)
    for line in list(lines):
        if random.random() < 0.5:
            analysis = {**line, ANALYSIS: len(entries[ANALYSIS])}
            entries[ANALYSIS].append(Record(f"a{analysis[ANALYSIS]}", line))
            lines.append(analysis)
    for _ in range(1 if is_one_each else random.choice((0, 1, 1, 2))):
        call_sets.append(random.choice(lines))


def _lose_some(random, entries, call_sets) -> None:
    """Make some records nobody's."""
    for records in (entries[BIOSAMPLE], entries[RUN]):
        if random.random() < 0.3:
            records.append(Record(f"{records is entries[RUN]}-{len(records)}"))
    if random.random() < 0.3:
        call_sets.append({})
    if entries[BIOSAMPLE] and not entries[BIOSAMPLE][-1].parents and random.random() < 0.5:
        call_sets.append({BIOSAMPLE: len(entries[BIOSAMPLE]) - 1})


def _refer_to_others(random: Random, world: World) -> None:
    """Let records name other people's, as families do; the ids of half of the worlds are public."""
    are_public = random.random() < 0.5
    people = [record.id for record in world.entries[INDIVIDUAL]]
    samples = [record.id for record in world.entries[BIOSAMPLE]]
    for level in LINEAGE:
        for record in world.entries[level]:
            members = random.sample(people, random.randint(0, len(people)))
            record.public_id = record.id if are_public else ""
            record.body = {
                "individualId": random.choice(people),
                "phenotypicFeatures": [{"subjectId": random.choice(people)}],
                "pedigrees": [{"id": "family", "members": [{"memberId": id} for id in members]}],
                "biosampleIds": random.sample(samples, random.randint(0, len(samples))),
            }


def _alleles(random: Random) -> list[Allele]:
    found = set()
    for _ in range(random.randint(1, 25)):
        start = random.randint(0, 40)
        name = random.choice(("1", "17", "17"))
        kind = random.choice("SSIDL")
        if kind == "S":
            found.add(Allele(name, start, start + 1, "A", random.choice("CGT")))
        elif kind == "I":
            found.add(Allele(name, start, start, "", random.choice(("C", "GG"))))
        elif kind == "D":
            length = random.randint(1, 9)
            found.add(Allele(name, start, start + length, "A" * length, ""))
        else:
            found.add(Allele(name, start, start + random.randint(0, 4_000), "", "<DUP>"))
    return sorted(found, key=lambda a: (a.reference_name, a.start))


def _some_calls(random: Random, allele: Allele, universe: int) -> Calls:
    calls = Calls(allele)
    for number in range(universe):
        where = random.choice(("", "", "", "het", "hom", "single", "no_call"))
        if where:
            getattr(calls, where).add(number)
        if random.random() < 0.2:
            calls.haploid.add(number)
    return calls


def _some_terms(random: Random, world: World) -> list[tuple]:
    rows = []
    for level in LINEAGE:
        count = len(world.entries[level])
        for term in TERMS:
            members = {n for n in range(count) if random.random() < 0.5}
            if members and random.random() < 0.6:
                rows.append((level, term, "path", "", members))
    return rows


def _some_measures(random: Random, world: World) -> list[tuple]:
    rows = []
    for level in LINEAGE:
        for number in range(len(world.entries[level])):
            for field, texts in FIELDS.items():
                if random.random() < 0.4:
                    text = random.choice(texts)
                    amount = parse_value(text).amount
                    rows.append((level, field, number, amount, text, "", "", ""))
    return rows


def some_filters(random: Random) -> tuple:
    filters = []
    scopes = random.choice([(None, *LINEAGE), (BIOSAMPLE,), (RUN,)])
    for _ in range(random.choice((0, 0, 1, 1, 2, 3))):
        scope = random.choice(scopes)
        if random.random() < 0.6:
            filters.append(OntologyFilter(random.choice(TERMS), scope))
            continue
        field = random.choice(list(FIELDS))
        operator = random.choice(
            ("=", "!") if field == "text" else ("=", "!", "<", ">", "<=", ">=")
        )
        filters.append(AlphanumericFilter(field, operator, random.choice(FIELDS[field]), scope))
    return tuple(filters)


def some_lookups(random: Random, world: World) -> tuple | None:
    if random.random() < 0.2:
        return None
    return tuple(_some_lookup(random, world) for _ in range(random.choice((1, 1, 2))))


def _some_lookup(random: Random, world: World):
    kind = random.choice("AARRB")
    if kind == "A":
        alleles = [calls.allele for calls in world.alleles]
        return AlleleSet(tuple(random.sample(alleles, random.randint(1, min(3, len(alleles))))))
    start = random.choice((random.randint(0, 45), random.randint(0, 4_000)))
    if kind == "R":
        return RangeQuery(HG38, Region("17", start, start + random.choice((0, 1, 2, 10, 2_000))))
    end = start + random.randint(0, 20)
    return BracketQuery(HG38, "17", start, start + 20, end, end + random.randint(1, 3_000))


def some_within(random: Random, world: World) -> Within | None:
    level = random.choice((None, None, EntryType.DATASET, *LINEAGE))
    if level is None:
        return None
    if level is EntryType.DATASET or not world.entries[level] or random.random() < 0.1:
        return Within(level, "d")
    return Within(level, world.shown(level, random.randrange(len(world.entries[level]))))


def some_people(random: Random, world: World) -> dict[DataType, set[int]]:
    """Return who let data of each type be used: some, nobody or everybody."""
    share = random.choice((0.3, 0.7, 0.9, 1))
    numbers = range(len(world.entries[INDIVIDUAL]))
    return {one: {n for n in numbers if random.random() < share} for one in DataType}
