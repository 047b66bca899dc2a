"""Two nodes that differ only in what the guard hides answer every question with the same bytes and
headers: a rare allele, people who said nothing, who withdrew, whose budget is spent."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from beacon_node.actions.load_dataset import WHOLE_GENOME, LoadOptions, load
from beacon_node.actions.manage_datasets import NewDataset
from beacon_node.actions.public_tier import set_panels
from beacon_node.actions.release_dataset import release
from beacon_node.model.entries import EntryType
from beacon_node.node import open_node
from tests.actions.homes import new_node
from tests.actions.public_world import (
    ABSENT,
    DATASET,
    GENOMES,
    GRCH37,
    PANEL,
    World,
    ask_all,
    join,
    load_genomes,
    load_panel,
    on_day,
    population,
    table,
)
from tests.consent.clinic import GRU, client, shown, with_clock, withdraws

PEOPLE, RAREST = 70, 159
ONE = 4  # a woman of the cohort
OWN_TERM = "MONDO:0005147"  # of one person alone
Asking = tuple[str, str, dict | None]
"""How something is asked: method, path, body."""


@pytest.fixture(scope="module")
def hospital(tmp_path_factory) -> World:
    """Panel and reference genomes are there, people are not."""
    folder = tmp_path_factory.mktemp("hospital")
    random, place = np.random.default_rng(1), population()
    node = new_node(folder / "home", NewDataset(DATASET, GRCH37, use=GRU, assayed=WHOLE_GENOME))
    nobody = place.people(0, random)
    world = World(with_clock(node), place, folder, nobody, [], covers=nobody > 0)
    load_panel(world, random)
    load_genomes(world, place.people(GENOMES, random))
    set_panels(world.node, DATASET, [PANEL])
    return world


def copy_of(world: World, folder: Path) -> World:
    shutil.copytree(world.folder, folder)
    node = with_clock(open_node(folder / "home", {}))
    return replace(world, node=node, folder=folder, ids=[])


@pytest.fixture
def worlds(hospital, tmp_path) -> tuple[World, World]:
    return copy_of(hospital, tmp_path / "with"), copy_of(hospital, tmp_path / "without")


def cohort(world: World) -> np.ndarray:
    genomes = world.population.people(PEOPLE, np.random.default_rng(8))
    genomes[:, ABSENT] = 0
    return genomes


# ---- everything an outsider can ask --------------------------------------------------------------

LISTS = ("g_variants", "individuals", "biosamples", "runs", "analyses", "datasets", "cohorts")
GRANULARITIES, INCLUDES = ("boolean", "count", "record"), ("ALL", "HIT", "MISS", "NONE")


def at(world: World, variant: int) -> str:
    name, position = world.population.sequences[variant], world.population.positions[variant]
    place = f"assemblyId=GRCh37&referenceName={name}&start={position - 1}"
    return f"{place}&referenceBases=A&alternateBases=C"


def conditions(world: World) -> list[str]:
    alleles = [at(world, variant) for variant in (0, ABSENT, ABSENT + 1, RAREST - 1, RAREST)]
    first, last = world.population.positions[ABSENT], world.population.positions[RAREST]
    places = [
        f"assemblyId=GRCh37&referenceName=22&start={first - 1}&end={last + 10}",
        f"assemblyId=GRCh37&referenceName=22&start={last - 2}&end={last + 10}",
        f"assemblyId=GRCh37&referenceName=22&start={first - 1}&end={first}&variantType=SNP",
        "assemblyId=GRCh37&referenceName=21&start=0&end=1000",
        "assemblyId=GRCh38&referenceName=22&start=0&end=20000",
    ]
    return ["", *alleles, *places, "filters=NCIT:C16576", f"filters={OWN_TERM}"]


def lists(world: World) -> Iterator[Asking]:
    for kind, word, condition in product(LISTS, GRANULARITIES, conditions(world)):
        yield "GET", f"api/{kind}?requestedGranularity={word}&{condition}", None
    for kind, include in product(LISTS, INCLUDES):
        told = f"requestedGranularity=record&includeResultsetResponses={include}"
        yield "GET", f"api/{kind}?{told}&{at(world, RAREST)}", None
    for kind, page in product(LISTS, ("skip=0&limit=1", "skip=1&limit=0", "skip=7&limit=1000")):
        yield "GET", f"api/{kind}?requestedGranularity=record&{page}&{at(world, 0)}", None
    for kind in LISTS:
        yield "GET", f"api/{kind}?testMode=true&requestedGranularity=record", None
        yield "GET", f"api/datasets/{DATASET}/{kind}?{at(world, RAREST)}", None
        yield "GET", f"api/cohorts/{DATASET}/{kind}?{at(world, RAREST)}", None


def posted(world: World) -> Iterator[Asking]:
    start = world.population.positions[RAREST] - 1
    allele = {
        "g_variant": {
            "assemblyId": "GRCh37",
            "referenceName": "22",
            "start": [start],
            "referenceBases": "A",
            "alternateBases": "C",
        }
    }
    for kind, word, parameters in product(LISTS, GRANULARITIES, ({}, allele)):
        for filters in ([], [{"id": OWN_TERM}], [{"id": OWN_TERM, "scope": "individual"}]):
            query = {"requestParameters": parameters, "filters": filters}
            yield "POST", f"api/{kind}", {"query": query | {"requestedGranularity": word}}


def by_id(world: World) -> Iterator[Asking]:
    """Hers, by her own and by her public id, and a variation's."""
    for id in (f"p0-{ONE:03}", "hidden-000", "nobody"):
        for kind in (EntryType.INDIVIDUAL, EntryType.BIOSAMPLE):
            for named in (id, shown(world.node, DATASET, kind, id)):
                yield "GET", f"api/{kind.path}/{named}", None
                for part in ("g_variants", "biosamples", "individuals"):
                    yield "GET", f"api/{kind.path}/{named}/{part}", None
    for variant in (0, ABSENT, RAREST):
        position = world.population.positions[variant]
        name = f"api/g_variants/GRCh37.22.{position - 1}.{position}.A.C"
        yield from (("GET", name + part, None) for part in ("", "/individuals", "/biosamples"))


DOCUMENTS = (
    *("api", "api/info", "api/service-info", "api/map", "api/configuration", "api/entry_types"),
    *("api/datasets", f"api/datasets/{DATASET}", "api/cohorts", f"api/cohorts/{DATASET}"),
    *("api/filtering_terms", "api/individuals/filtering_terms", "livez", "readyz"),
    *(f"api/datasets/{DATASET}/filtering_terms", f"api/cohorts/{DATASET}/filtering_terms"),
)
MISTAKES: list[Asking] = [
    ("GET", "api/g_variants?start=x", None),
    ("GET", "api/g_variants?datasetIds=nothing", None),
    ("GET", "api/individuals?filters=NCIT:C1&filters=,", None),
    ("GET", "api/nothing", None),
    ("DELETE", "api/individuals", None),
    ("POST", "api/individuals", {"query": {"filters": [{"id": 5}]}}),
]


def everything(world: World) -> list[Asking]:
    asked = [("GET", path, None) for path in DOCUMENTS]
    asked += [("POST", "api/filtering_terms", {}), ("HEAD", f"api/g_variants?{at(world, 0)}", None)]
    return [*asked, *MISTAKES, *lists(world), *posted(world), *by_id(world)]


def check_same(one: World, other: World) -> None:
    """Every answer is the same; nothing that could be kept, or tells when it was made, is in it."""
    askers, answered = [client(world.node) for world in (one, other)], 0
    for method, path, body in everything(one):
        said, expected = (a.open(f"/{path}", method=method, json=body) for a in askers)
        assert said.data == expected.data, (method, path, body)
        assert said.status == expected.status
        assert list(said.headers) == list(expected.headers)
        assert said.headers["Cache-Control"] == "no-store", path
        assert not {"ETag", "Last-Modified", "Set-Cookie", "Age"} & set(said.headers.keys())
        answered += said.status_code == 200
    assert answered > 300


def publish(*worlds: World, day: float = 1) -> None:
    for world in worlds:
        on_day(world, day)
        release(world.node, DATASET)


# ---- what they may differ in ---------------------------------------------------------------------


def test_a_person_with_a_rare_allele_is_there_or_another_one_is(worlds):
    for world, copies in zip(worlds, (1, 0), strict=True):
        genomes = cohort(world)
        genomes[:, RAREST] = 0
        genomes[ONE, RAREST] = copies
        join(world, genomes)
    publish(*worlds)
    assert ask_all(worlds[0])[RAREST] is None  # or the difference would be told
    check_same(*worlds)


def test_people_who_said_nothing_are_there_or_not(worlds):
    one, _ = worlds
    for world in worlds:
        join(world, cohort(world))
    hidden = one.population.people(4, np.random.default_rng(9))
    hidden[:, [ABSENT, RAREST]] = 1
    _join_silently(one, hidden)
    publish(*worlds)
    assert ask_all(one)[ABSENT] is False
    check_same(*worlds)


def _join_silently(world: World, genomes: np.ndarray) -> None:
    """Load people whom no consent is about, the first with a disease of her own."""
    first, *_ = join(world, genomes, consent=False)
    record = {"id": first, "sex": {"id": "NCIT:C16576", "label": "female"}}
    disease = {"diseaseCode": {"id": OWN_TERM, "label": "a disease of one person"}}
    path = world.folder / "own.json"
    path.write_text(json.dumps([record | {"diseases": [disease]}]))
    load(world.node, DATASET, str(path), LoadOptions(processes=1))


def test_a_person_who_withdrew_had_an_allele_alone_or_had_not(worlds):
    for world, copies in zip(worlds, (1, 0), strict=True):
        genomes = cohort(world)
        genomes[ONE, ABSENT] = copies
        join(world, genomes)
    publish(*worlds)
    for world in worlds:
        withdraws(world.node, world.ids[ONE])
    assert ask_all(worlds[0])[ABSENT] is False
    check_same(*worlds)


def test_a_person_has_spent_her_budget_or_has_not(worlds):
    """She carries what several others carry as well: no answer hinges on her."""
    one, other = worlds
    genomes = cohort(one)
    several = (genomes > 0).sum(axis=0) >= 5
    autosomal = np.array([name == "22" for name in one.population.sequences])
    genomes[ONE, several & autosomal] = 2
    join(one, genomes)
    lean = genomes.copy()
    lean[ONE, autosomal] = 0
    join(other, lean)
    publish(*worlds)
    assert _spent(one) > 2 * _spent(other)
    check_same(*worlds)


def _spent(world: World) -> int:
    return next(m.spent for b in table(world.node).batches for m in b.members if m.id == "p0-004")


def test_what_the_guard_tells_is_told(worlds):
    """Else the comparison above would find nothing."""
    for world, copies in zip(worlds, (1, 0), strict=True):
        genomes = cohort(world)
        genomes[ONE, ABSENT] = copies
        join(world, genomes)
    publish(*worlds)
    with pytest.raises(AssertionError):
        check_same(*worlds)
