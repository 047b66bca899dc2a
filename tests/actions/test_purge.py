"""Of whom withdrew nothing stays in a node but what they said, wherever a purge is killed."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from beacon_node.actions import purge as purging
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import (
    NewDataset,
    list_datasets,
    remove_people,
    show_dataset,
)
from beacon_node.actions.purge import WITHHELD, purge
from beacon_node.actions.release_dataset import release
from beacon_node.model.consent import Status, UseKind
from beacon_node.model.genome import Assembly
from beacon_node.node import Node, open_node
from beacon_node.store.database import Catalogue
from tests.actions.homes import carriers, files_of, new_node, open_data, vcf
from tests.actions.said import consents, says, withdraws
from tests.store.alleles import alleles_of, rows
from tests.store.alleles import carriers as sets_of

GONE = ("PAT-bob", "SMP-bob", "bob-vcf")  # an individual's id, a biosample's, a sample's name
RECORDS = (
    "22 100 . A C . PASS . GT 0/1 1/1 0/0",
    "22 200 . G T . PASS . GT 0/0 0/1 ./.",  # bob's alone
    "22 300 . C G . PASS . GT 0/0 ./. 0/1",
    "22 400 . T G . PASS . GT ./. 0/0 0/0",  # nobody's
)
SAMPLES = {"ann-vcf": "SMP-ann", "bob-vcf": "SMP-bob", "cid-vcf": "SMP-cid"}
SEX = {"id": "NCIT:C16576", "label": "female"}


@pytest.fixture
def node(tmp_path) -> Node:
    """An open dataset with genotypes, records, relatives and a cohort, released twice."""
    node = new_node(tmp_path / "home", open_data())
    load(node, "d", _vcf(tmp_path), LoadOptions(sample_table=SAMPLES))
    names = ("ann", "bob", "cid")
    relative = {"memberId": "PAT-bob", "affected": True, "role": {"id": "NCIT:C96570"}}
    pedigree = {"id": "FAM1", "disease": {"diseaseCode": SEX}, "members": [relative]}
    _load_json(node, tmp_path, [{"id": f"PAT-{n}", "sex": SEX} for n in names[:2]])
    _load_json(node, tmp_path, [{"id": "PAT-cid", "sex": SEX, "pedigrees": [pedigree]}])
    status = {"biosampleStatus": SEX, "sampleOriginType": SEX}
    samples = [{"id": f"SMP-{n}", "individualId": f"PAT-{n}", **status} for n in names]
    _load_json(node, tmp_path, samples)
    cohort = {"id": "coh", "name": "C", "cohortType": "study-defined", "ids": ["PAT-bob", "PAT-x"]}
    _load_json(node, tmp_path, [cohort])
    release(node, "d")
    remove_people(node, "d", ["PAT-ann"])
    release(node, "d")
    return node


def _vcf(folder: Path) -> str:
    return vcf(folder / "PAT-bob.vcf", RECORDS, tuple(SAMPLES))


def _load_json(node: Node, folder: Path, records: list) -> None:
    path = folder / f"{len(list(folder.iterdir()))}.json"
    path.write_text(json.dumps(records))
    load(node, "d", str(path))


def traces(node: Node) -> list[tuple[str, str]]:
    """Return (file, name) for each name that stands anywhere in the home but in the ledger."""
    files = [path for path in node.home.rglob("*") if path.is_file()]
    kept = [path for path in files if not path.name.startswith("ledger.sqlite")]
    return [
        (path.name, name)
        for path in kept
        for name in GONE
        if name.encode() in path.read_bytes() or name in path.name
    ]


def part_file(node: Node) -> Path:
    (part,) = [part for part in node.catalogue.parts("d") if not part.is_clinical]
    return node.catalogue.folder("d") / "parts" / part.path


def parts_tell(node: Node) -> bool:
    return any(name.startswith("parts/") for name in files_of(node, "d")) and any(
        name.encode() in path.read_bytes()
        for path in (node.catalogue.folder("d") / "parts").iterdir()
        for name in GONE
    )


# ---- what is removed -----------------------------------------------------------------------------


def test_nothing_of_who_withdrew_is_in_any_file_after_purge_and_release(node):
    withdraws(node, "PAT-bob")
    assert traces(node)
    (done,) = purge(node)
    # genotypes, individuals, a relative, biosamples, a cohort; two releases
    assert (done.people, done.files, done.waits_for_release) == (1, 7, True)
    assert not parts_tell(node)
    release(node, "d")
    assert traces(node) == []
    assert list(carriers(node, "d")) == [("22", 299, "C", "G")]
    assert carriers(node, "d")["22", 299, "C", "G"] == {"het": {"cid-vcf"}}


def test_a_rewritten_part_holds_what_the_others_carry_and_no_allele_of_who_left(node):
    withdraws(node, "PAT-bob")
    purge(node)
    names = [name for (name,) in rows(part_file(node), "SELECT name FROM call_set ORDER BY number")]
    assert names == ["ann-vcf", "cid-vcf"]
    found = {allele.start: sets_of(allele) for allele in alleles_of(part_file(node))}
    # 199 was carried by who left alone, and cid's missing call does not keep it
    assert found == {99: {"het": [0]}, 299: {"het": [1]}, 399: {"no_call": [0]}}


def test_what_stays_is_what_a_load_without_them_would_have_brought(node, tmp_path):
    withdraws(node, "PAT-bob")
    purge(node)
    release(node, "d")
    purged = alleles_of(node.catalogue.index_path("d"))
    other = new_node(tmp_path / "other", open_data())
    records = [" ".join(c for i, c in enumerate(r.split()) if i != 10) for r in RECORDS]
    load(other, "d", vcf(tmp_path / "x.vcf", records, ("ann-vcf", "cid-vcf")))
    remove_people(other, "d", ["ann-vcf"])
    release(other, "d")
    assert purged == alleles_of(other.catalogue.index_path("d"))


def test_a_part_of_which_nobody_is_left_holds_no_allele(tmp_path):
    node = new_node(tmp_path / "home", open_data())
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS[:2], ("a", "b", "c")))
    withdraws(node, "a", "b", "c")
    (done,) = purge(node)
    assert (done.people, done.waits_for_release) == (3, False), "nothing was ever released"
    assert alleles_of(part_file(node)) == []
    assert release(node, "d").people == 0


def test_relatives_and_cohorts_stay_but_do_not_name_who_left(node):
    withdraws(node, "PAT-bob")
    purge(node)
    release(node, "d")
    index = node.catalogue.index_path("d")
    ((body,),) = rows(index, "SELECT body FROM entry WHERE id = 'PAT-cid'")
    assert json.loads(body)["pedigrees"][0]["members"] == []
    (d,) = node.store.datasets()
    assert d.cohorts[0]["ids"] == ["PAT-x"]


def test_a_file_named_after_somebody_is_not_called_so_any_more(node):
    withdraws(node, "PAT-bob")
    purge(node)
    assert WITHHELD in {part.source for part in show_dataset(node, "d").parts}


# ---- whose ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.REFUSED])
def test_a_no_to_every_use_is_purged(node, status):
    says(node, status, "PAT-bob", dataset="*")
    assert purge(node, is_dry=True)[0].people == 1


@pytest.mark.parametrize(
    "uses", [frozenset({use}) for use in UseKind] + [frozenset(UseKind) - {UseKind.RECORD_LEVEL}]
)
def test_a_no_to_some_uses_is_not(node, uses):
    withdraws(node, "PAT-bob", uses=uses)
    assert purge(node)[0].people == 0 and parts_tell(node)


def test_who_consented_again_is_not(node):
    withdraws(node, "PAT-bob")
    consents(node, "PAT-bob")
    assert purge(node)[0].people == 0


def test_a_no_about_another_dataset_is_none_about_this(node):
    withdraws(node, "PAT-bob", dataset="other")
    assert [(one.people, one.files) for one in purge(node)] == [(0, 0)]


def test_a_dry_run_tells_and_changes_nothing(node):
    withdraws(node, "PAT-bob")
    files, entries = files_of(node, "d"), node.ledger.head()
    (done,) = purge(node, "d", is_dry=True)
    assert (done.people, done.files, done.waits_for_release) == (1, 7, True)
    assert (files_of(node, "d"), node.ledger.head()) == (files, entries)


# ---- afterwards ----------------------------------------------------------------------------------


def test_the_ledger_says_how_many_and_not_who(node):
    withdraws(node, "PAT-bob")
    purge(node)
    (entry,) = node.ledger.entries(kind="purge")
    assert json.loads(entry.body) == {"dataset": "d", "people": 1}
    (again,) = purge(node)
    assert (again.people, again.files, again.waits_for_release) == (0, 0, True)
    assert len(list(node.ledger.entries(kind="purge"))) == 1, "there was nothing left to purge"
    assert node.ledger.verify().is_whole


def test_the_same_file_again_is_known_and_brings_nobody_back(node, tmp_path):
    withdraws(node, "PAT-bob")
    purge(node)
    options = LoadOptions(sample_table=SAMPLES)
    assert load(node, "d", _vcf(tmp_path), options).already_loaded
    assert not parts_tell(node)
    again = LoadOptions(sample_table=SAMPLES, assayed="whole-genome")
    assert load(node, "d", _vcf(tmp_path), again).replaced
    assert release(node, "d").left_out == 1
    assert b"bob" not in node.catalogue.index_path("d").read_bytes()
    load(node, "d", _vcf(tmp_path))  # without the table a sample is a person of its name
    release(node, "d")
    assert b"bob" not in node.catalogue.index_path("d").read_bytes()
    assert purge(node)[0].people == 1
    release(node, "d")
    assert traces(node) == []


def test_a_purge_waits_for_its_release(node):
    withdraws(node, "PAT-bob")
    release(node, "d")  # who withdrew is out already, but not out of the release before
    assert not list_datasets(node)[0].is_changed
    purge(node)
    (summary,) = list_datasets(node)
    assert summary.is_changed and summary.has_unfinished_purge
    release(node, "d")
    assert traces(node) == [] and not list_datasets(node)[0].is_changed


def test_who_is_only_in_an_old_release_goes_with_the_next(tmp_path):
    node = new_node(tmp_path / "home", NewDataset("d", Assembly.GRCH37))
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS, ("PAT-ann", "PAT-bob", "PAT-cid")))
    consents(node, "PAT-ann", "PAT-bob")
    release(node, "d")
    withdraws(node, "PAT-bob")
    purge(node)
    release(node, "d")
    assert traces(node) == [] and len(node.catalogue.releases("d")) == 1


# ---- killed anywhere -----------------------------------------------------------------------------


class _Killed(BaseException):
    """The end of a process: nothing after it is done, nothing is caught."""


def _kill(*_, **__):
    raise _Killed


@pytest.mark.parametrize("step", ["_rewritten", "writing", "purge", "sweep", "compact"])
def test_a_purge_that_is_killed_is_done_by_the_next(node, monkeypatch, step):
    withdraws(node, "PAT-bob")
    calls = iter([False, True])  # files are swept before and after
    at = {
        "_rewritten": (purging, "_rewritten", _kill),
        "writing": (type(node.ledger), "writing", _kill),
        "purge": (Catalogue, "purge", _kill),
        "sweep": (purging, "sweep", lambda *_: next(calls) and _kill()),
        "compact": (Catalogue, "compact", _kill),
    }
    monkeypatch.setattr(*at[step])
    with pytest.raises(_Killed):
        purge(node)
    monkeypatch.undo()
    again = open_node(node.home, {})
    carried = carriers(again, "d")  # what is released answers still
    assert carried["22", 99, "A", "C"] == {"hom": {"bob-vcf"}}
    purge(again)
    assert not parts_tell(again)
    release(again, "d")
    assert traces(again) == [] and len(again.catalogue.releases("d")) == 1


@pytest.mark.parametrize("step", ["make_current", "forget_release", "finish_purge", "compact"])
def test_a_release_that_is_killed_after_a_purge_is_finished_by_the_next(node, monkeypatch, step):
    withdraws(node, "PAT-bob")
    purge(node)
    monkeypatch.setattr(Catalogue, step, _kill)
    with pytest.raises(_Killed):
        release(node, "d")
    monkeypatch.undo()
    again = open_node(node.home, {})
    release(again, "d")
    purge(again)
    assert traces(again) == []


def test_a_catalogue_keeps_no_deleted_rows(node):
    """SQLite leaves deleted rows in a file's free pages."""
    many = [f"PAT-{number}" for number in range(3_000)]
    node.catalogue.remove_people("d", many)
    node.catalogue.restore_people("d", many)
    withdraws(node, "PAT-ann")  # whom the operator had taken out
    purge(node)
    release(node, "d")
    found = (node.home / "data" / "catalogue.sqlite").read_bytes()
    assert b"PAT-ann" not in found
    with closing(sqlite3.connect(node.home / "data" / "catalogue.sqlite")) as db:
        assert db.execute("PRAGMA freelist_count").fetchone() == (0,)


def test_the_clock_of_the_node_is_asked(node):
    """A withdrawal that a faster clock recorded is not forgotten by a slower one."""
    withdraws(node, "PAT-bob")

    class Behind:
        def now(self):
            return node.clock.now().replace(year=2001)

    assert purge(replace(node, clock=Behind()), is_dry=True)[0].people == 1
