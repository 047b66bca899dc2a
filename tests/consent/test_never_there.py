"""Whoever may not be counted leaves no trace: a node that holds her answers, byte for byte, like
one that never did. She alone carries a variation and has terms of her own."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from pathlib import Path

import pytest

from beacon_node.actions.release_dataset import release
from beacon_node.model.entries import EntryType
from beacon_node.model.query import Granularity
from beacon_node.model.requester import ANONYMOUS, Requester
from beacon_node.node import Node
from tests.actions.homes import open_data
from tests.consent.clinic import (
    BLOOD,
    FEMALE,
    GOUT,
    LEAVER,
    LONG,
    SALIVA,
    SHORT,
    SITES,
    at_site,
    client,
    closed,
    crowd,
    gives,
    granted,
    make_clinic,
    set_clock,
    shown,
    withdraws,
)
from tests.policy.duo import use

PEOPLE = crowd(5)
OTHERS = [person for person in PEOPLE if person.id != LEAVER]
KINDS = ("g_variants", "individuals", "biosamples", "runs", "analyses", "datasets", "cohorts")
WORDS, INCLUDES = ("boolean", "record"), ("ALL", "HIT", "MISS", "NONE")
COMMON, PRIVATE = (FEMALE, BLOOD, SHORT), (GOUT, SALIVA, LONG)
SCOPES = ("individual", "biosample", "run", "analysis", None)
ANCESTRY = use(["DUO:0000011"])
Asking = tuple[str, str, dict | None]
"""How something is asked: method, path, body."""


def two_nodes(folder: Path, dataset) -> tuple[Node, Node]:
    """Return a node with everybody and one without her, with one pseudonym key."""
    nodes = []
    for name, people in (("with", PEOPLE), ("without", OTHERS)):
        node = make_clinic(folder / name, dataset, people=people, cohort=True)
        nodes.append(node)
    one, other = nodes
    return one, replace(other, pseudonym_key=one.pseudonym_key)


# ---- what a stranger can ask ---------------------------------------------------------------------


def conditions(terms: tuple[str, ...]) -> list[str]:
    alone = ["", *(at_site(site) for site in range(len(SITES)))]
    alone += ["assemblyId=GRCh37&referenceName=22&start=0&end=1000"]
    alone += ["assemblyId=GRCh37&referenceName=21&start=0&end=1000"]
    alone += [f"filters={term}" for term in terms]
    return alone + [f"{at_site(2)}&filters={FEMALE}", f"{at_site(0)}&filters={','.join(COMMON)}"]


def lists(terms: tuple[str, ...]) -> Iterator[Asking]:
    """Every list with every condition, at every granularity."""
    for kind, word, condition in product(KINDS, WORDS, conditions(terms)):
        if not (kind in KINDS[5:] and not condition):  # these are compared after a release alone
            yield "GET", f"{kind}?requestedGranularity={word}&limit=100&{condition}", None
    for kind, include, site in product(KINDS[:5], INCLUDES, (0, 2)):
        told = f"requestedGranularity=record&includeResultsetResponses={include}"
        yield "GET", f"{kind}?{told}&{at_site(site)}", None


def posted(terms: tuple[str, ...]) -> Iterator[Asking]:
    """The same by POST, with every scope of a filter."""
    for kind, term, scope in product(KINDS[:5], terms, SCOPES):
        wanted = {"id": term} | ({"scope": scope} if scope else {})
        query = {"filters": [wanted], "requestedGranularity": "record"}
        yield "POST", kind, {"query": query}
    for kind, word, value in product(KINDS[:5], WORDS, (SHORT, LONG)):
        wanted = {"id": "pipelineName", "operator": "=", "value": f"pipeline {value}"}
        yield "POST", kind, {"query": {"filters": [wanted], "requestedGranularity": word}}


def by_id(node: Node, dataset: str) -> Iterator[Asking]:
    """Single records, hers and another's, by public and by own ids, and all that hangs on them."""
    for id, kind in product((LEAVER, "p01"), EntryType):
        if kind in (EntryType.GENOMIC_VARIANT, EntryType.DATASET, EntryType.COHORT):
            continue
        suffix = {"run": "-run", "analysis": "-analysis"}.get(kind.value, "")
        own = id if kind is EntryType.INDIVIDUAL else f"s{id}{suffix}"
        for named in (own, shown(node, dataset, kind, own)):
            yield "GET", f"{kind.path}/{named}?requestedGranularity=record", None
            for part in KINDS[:5]:
                yield "GET", f"{kind.path}/{named}/{part}?requestedGranularity=count", None
    for position, ref, alt in SITES:
        name = f"g_variants/GRCh37.22.{position - 1}.{position}.{ref}.{alt}"
        yield "GET", f"{name}?requestedGranularity=record", None
        for part in KINDS[1:5]:
            yield "GET", f"{name}/{part}?requestedGranularity=record", None


def within_collections(dataset: str) -> Iterator[Asking]:
    for part, kind, site in product((f"datasets/{dataset}", "cohorts/all"), KINDS[:5], (0, 2)):
        yield "GET", f"{part}/{kind}?requestedGranularity=record&{at_site(site)}", None


PUBLISHED: list[Asking] = [
    ("GET", path, None)
    for path in (
        *("", "info", "map", "configuration", "entry_types", "service-info", "filtering_terms"),
        *("individuals/filtering_terms", "cohorts/all/filtering_terms", "datasets", "cohorts"),
        *("datasets?requestedGranularity=record", "cohorts?requestedGranularity=record"),
        *("datasets/d", "datasets/o", "datasets/d/filtering_terms", "datasets/o/filtering_terms"),
    )
]


def check_same(one: Node, other: Node, requester: Requester, asked: list[Asking]) -> None:
    askers = client(one, requester), client(other, requester)
    answered = 0
    for method, path, body in asked:
        said, expected = (asker.open(f"/api/{path}", method=method, json=body) for asker in askers)
        assert said.data == expected.data, (method, path, body)
        assert (said.status_code, said.headers) == (expected.status_code, expected.headers)
        answered += said.status_code == 200
    assert answered > len(asked) / 3  # they do answer


def everything(node: Node, dataset: str) -> list[Asking]:
    terms = COMMON + PRIVATE
    found = [*lists(terms), *posted(terms), *by_id(node, dataset), *within_collections(dataset)]
    return found + PUBLISHED


def about_data(node: Node, dataset: str) -> list[Asking]:
    """All but what a release published, which stays until the next one."""
    shows_sizes = tuple(f"{kind}?requestedGranularity=record" for kind in KINDS[5:])
    found = [asking for asking in lists(COMMON) if not asking[1].startswith(shows_sizes)]
    return [*found, *posted(COMMON), *by_id(node, dataset), *within_collections(dataset)]


# ---- she was never there -------------------------------------------------------------------------


def test_of_open_data_after_her_withdrawal_and_a_release(tmp_path):
    nodes = two_nodes(tmp_path, open_data("o"))
    withdraws(nodes[0], LEAVER)
    for node in nodes:
        set_clock(node, 1)
        release(node, "o")
    check_same(*nodes, ANONYMOUS, everything(nodes[0], "o"))


def test_of_open_data_from_her_withdrawal_on(tmp_path):
    nodes = two_nodes(tmp_path, open_data("o"))
    for node in nodes:
        set_clock(node, 1)
        release(node, "o")
    withdraws(nodes[0], LEAVER)
    check_same(*nodes, ANONYMOUS, about_data(nodes[0], "o"))


@pytest.mark.parametrize("ceiling", [Granularity.COUNT, Granularity.RECORD])
def test_under_a_grant_if_she_said_nothing(tmp_path, ceiling):
    nodes = two_nodes(tmp_path, closed("d"))
    _others_consent(nodes, until_day=1)
    is_all = ceiling is Granularity.RECORD
    asked = (everything if is_all else about_data)(nodes[0], "d")
    check_same(*nodes, granted("d", ceiling=ceiling), asked)
    if is_all:
        _check_closed(nodes, asked)


def _check_closed(nodes: tuple[Node, Node], asked: list[Asking]) -> None:
    """To others the dataset is closed, whoever is in it: nothing of it is told at all."""
    askers = [client(node) for node in nodes]
    for method, path, body in asked:
        said, expected = (asker.open(f"/api/{path}", method=method, json=body) for asker in askers)
        assert said.data == expected.data, (method, path, body)


@pytest.mark.parametrize("how", ["another purpose", "withdrawn since", "ended since"])
def test_under_a_grant_if_she_is_in_the_release_and_may_not_be_counted(tmp_path, how):
    nodes = two_nodes(tmp_path, closed("d"))
    facts = {"another purpose": {"use": ANCESTRY}, "ended since": {"until": 2}}.get(how, {})
    gives(nodes[0], LEAVER, **facts)
    _others_consent(nodes, until_day=1)
    if how == "withdrawn since":
        withdraws(nodes[0], LEAVER)
    for node in nodes:
        set_clock(node, 3)
    check_same(*nodes, granted("d"), about_data(nodes[0], "d"))


def _others_consent(nodes: tuple[Node, Node], *, until_day: float) -> None:
    for node in nodes:
        gives(node, *(person.id for person in OTHERS))
        set_clock(node, until_day)
        release(node, "d")
