"""1,900 people of the 1000 Genomes Project on chr22 with the CINECA cohort's clinical records: the
store's counts are those of a plain reading of the VCF and of the JSON."""

import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from beacon_node.actions.init_node import NewNode, init_node
from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import NewDataset, add_dataset
from beacon_node.actions.release_dataset import release
from beacon_node.model.entries import LINEAGE, EntryType
from beacon_node.model.genome import Assembly, Region
from beacon_node.model.query import (
    AlleleSet,
    AlphanumericFilter,
    Filter,
    Granularity,
    OntologyFilter,
    RangeQuery,
)
from beacon_node.model.variation import Allele, trim
from beacon_node.node import Node, open_node
from beacon_node.ports import SearchPlan
from tests.shared_data import shared
from tests.store.variants.world import BIOSAMPLE, INDIVIDUAL, OPEN, RUN

HG37 = Assembly.GRCH37
VCF = "data/vcf/grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz"
BFF = "data/bff/cineca_uk1"
FILES = {entry_type: f"{BFF}/{entry_type.path}.json.gz" for entry_type in LINEAGE}


@pytest.fixture(scope="module")
def node(tmp_path_factory) -> Node:
    home = tmp_path_factory.mktemp("cineca") / "home"
    init_node(home, NewNode())
    node = open_node(home, {})
    new = NewDataset("cineca", HG37, is_open_data=True, licence="CC-BY-4.0", keeps_ids=True)
    add_dataset(node, new)
    for path in (VCF, *FILES.values()):
        load(node, "cineca", str(shared(path)))
    release(node, "cineca")
    return node


@pytest.fixture(scope="module")
def count(node) -> Callable[..., int]:
    """Return a function: how many records of a type match lookups and filters?"""
    (dataset,) = node.store.datasets()

    def counting(entry_type: EntryType, *lookups, filters: tuple[Filter, ...] = ()) -> int:
        given = {HG37: lookups} if lookups else None
        key = repr(filters)
        plan = SearchPlan(
            entry_type, given, filters, filters_key=key, granularity=Granularity.COUNT
        )
        return node.store.search(dataset, plan, OPEN).total

    return counting


@dataclass
class Variant:
    allele: Allele
    carriers: set[str]  # samples


@pytest.fixture(scope="module")
def variants() -> list[Variant]:
    """Every allele, with the samples that carry it."""
    with gzip.open(shared(VCF), "rt") as lines:
        return list(_read(lines))


def _read(lines: Iterator[str]) -> Iterator[Variant]:
    samples: list[str] = []
    copies = cache(lambda call: frozenset(call.replace("/", "|").split("|")))
    for line in lines:
        if line.startswith("##"):
            continue
        columns = line.rstrip("\n").split("\t")
        if line.startswith("#"):
            samples = columns[9:]
            continue
        start, ref = int(columns[1]) - 1, columns[3]
        calls = [copies(call) for call in columns[9:]]
        for number, alt in enumerate(columns[4].split(","), 1):
            allele = trim(Allele("22", start, start + len(ref), ref, alt))
            if alt.startswith("<"):  # POS is the base before it
                end = int(columns[7].split(";END=")[1].split(";")[0])
                allele = Allele("22", start + 1, end, "", alt)
            pairs = zip(samples, calls, strict=True)
            yield Variant(allele, {name for name, call in pairs if str(number) in call})


@pytest.fixture(scope="module")
def bodies() -> dict[EntryType, list[dict]]:
    found = {}
    for entry_type, path in FILES.items():
        with gzip.open(shared(path)) as file:
            found[entry_type] = json.load(file)
    return found


def _bmi(body: dict) -> float:
    measures = body.get("measures", [])
    found = [m for m in measures if m["assayCode"]["id"] == "LOINC:35925-4"]
    return found[0]["measurementValue"]["value"] if found else -1


FILTERS: list[tuple[EntryType, Filter, Callable[[dict], bool]]] = [
    (INDIVIDUAL, OntologyFilter("NCIT:C16576"), lambda b: b["sex"]["id"] == "NCIT:C16576"),
    (
        INDIVIDUAL,
        OntologyFilter("NCIT:C41261"),
        lambda b: b.get("ethnicity", {}).get("id") == "NCIT:C41261",
    ),
    (
        INDIVIDUAL,
        OntologyFilter("GAZ:00002641", INDIVIDUAL),
        lambda b: b.get("geographicOrigin", {}).get("id") == "GAZ:00002641",
    ),
    (INDIVIDUAL, AlphanumericFilter("LOINC:35925-4", ">", "27"), lambda b: _bmi(b) > 27),
    (INDIVIDUAL, AlphanumericFilter("bmi", "<=", "24.5"), lambda b: 0 <= _bmi(b) <= 24.5),
    (
        INDIVIDUAL,
        AlphanumericFilter("sex", "!", "fem%"),
        lambda b: not b["sex"]["label"].startswith("fem"),
    ),
    (
        BIOSAMPLE,
        OntologyFilter("UBERON:0000178"),
        lambda b: b["sampleOriginType"]["id"] == "UBERON:0000178",
    ),
    (
        BIOSAMPLE,
        AlphanumericFilter("collectionDate", ">=", "2020-09-11"),
        lambda b: b["collectionDate"] >= "2020-09-11",
    ),
    (
        RUN,
        AlphanumericFilter("platform", "=", "Illumina"),
        lambda b: b.get("platform") == "Illumina",
    ),
]


def _people(bodies, entry_type: EntryType, is_met: Callable[[dict], bool]) -> set[str]:
    name = "id" if entry_type is INDIVIDUAL else "individualId"
    return {body[name] for body in bodies[entry_type] if is_met(body)}


def test_each_entry_type_is_there_whole(count, bodies):
    assert {e: count(e) for e in LINEAGE} == {e: len(bodies[e]) for e in LINEAGE}


def test_each_filter_finds_what_the_json_says(count, bodies):
    for entry_type, wanted, is_met in FILTERS:
        expected = _people(bodies, entry_type, is_met)
        assert count(INDIVIDUAL, filters=(wanted,)) == len(expected), wanted
    assert 0 < len(_people(bodies, *FILTERS[3][::2])) < 1900


@pytest.mark.parametrize("entry_type", [INDIVIDUAL, BIOSAMPLE])
def test_each_allele_is_carried_by_whom_the_vcf_says(count, variants, bodies, entry_type):
    female, heavy = (_people(bodies, INDIVIDUAL, FILTERS[n][2]) for n in (0, 3))
    filters = (FILTERS[0][1], FILTERS[3][1])
    assert len(variants) > 6_000
    for variant in variants:
        lookup = AlleleSet((variant.allele,))
        assert count(entry_type, lookup) == len(variant.carriers), variant.allele
        expected = variant.carriers & female & heavy
        assert count(entry_type, lookup, filters=filters) == len(expected), variant.allele


@pytest.mark.parametrize("width", [1, 100, 5_000, 100_000])
def test_a_range_finds_the_alleles_and_people_the_vcf_has_in_it(count, variants, bodies, width):
    female = _people(bodies, INDIVIDUAL, FILTERS[0][2])
    for variant in variants[:: 600 if width > 5_000 else 97]:
        region = Region("22", variant.allele.start, variant.allele.start + width)
        inside = [v for v in variants if _overlaps(v.allele, region)]
        carried = [v for v in inside if v.carriers]
        assert count(EntryType.GENOMIC_VARIANT, RangeQuery(HG37, region)) == len(carried)
        among = [v for v in inside if v.carriers & female]
        filters = (FILTERS[0][1],)
        asked = RangeQuery(HG37, region)
        assert count(EntryType.GENOMIC_VARIANT, asked, filters=filters) == len(among)
        people = set().union(*(v.carriers for v in among)) & female
        assert count(INDIVIDUAL, asked, filters=filters) == len(people)


def _overlaps(allele: Allele, region: Region) -> bool:
    if allele.start == allele.end:
        return region.start <= allele.start <= region.end
    return allele.start < region.end and allele.end > region.start
