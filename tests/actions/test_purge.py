"""Of whom withdrew nothing stays in a node but what they said, wherever a purge is killed."""

import json

import pytest

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
from beacon_node.node import Node
from tests.actions.homes import carriers, files_of, new_node, open_data, vcf
from tests.actions.purge_world import (
    RECORDS,
    SAMPLES,
    SEX,
    load_json,
    part_file,
    parts_tell,
    purge_home,
    traces,
    vcf_of_bob,
)
from tests.actions.said import consents, says, withdraws
from tests.store.alleles import alleles_of, rows
from tests.store.alleles import carriers as sets_of


@pytest.fixture
def node(tmp_path) -> Node:
    return purge_home(tmp_path)


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
    told = {"dataset": "d", "people": 1, "consent_version": node.ledger.consent_version()}
    assert json.loads(entry.body) == told
    (again,) = purge(node)
    assert (again.people, again.files, again.waits_for_release) == (0, 0, True)
    assert len(list(node.ledger.entries(kind="purge"))) == 1, "there was nothing left to purge"
    assert node.ledger.verify().is_whole


def test_the_same_file_again_is_known_and_brings_nobody_back(node, tmp_path):
    withdraws(node, "PAT-bob")
    purge(node)
    options = LoadOptions(sample_table=SAMPLES)
    assert load(node, "d", vcf_of_bob(tmp_path), options).already_loaded
    assert not parts_tell(node)
    again = LoadOptions(sample_table=SAMPLES, assayed="whole-genome")
    assert load(node, "d", vcf_of_bob(tmp_path), again).replaced
    assert release(node, "d").left_out == 1
    assert b"bob" not in node.catalogue.index_path("d").read_bytes()
    load(node, "d", vcf_of_bob(tmp_path))  # without the table a sample is a person of its name
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


# ---- whose ids are like those of others ----------------------------------------------------------

STATUS = {"biosampleStatus": SEX, "sampleOriginType": SEX}


@pytest.fixture
def numbered(tmp_path) -> Node:
    """Individuals 1, 2, 3, of whom 1 has the biosamples 21, 2 and 3x and 2 has 22; released."""
    node = new_node(tmp_path / "home", open_data())
    table = {"1": "21", "22": "22", "s3": "3"}
    load(node, "d", vcf(tmp_path / "x.vcf", RECORDS, tuple(table)), LoadOptions(sample_table=table))
    relatives = {"2": ["1", "3"], "3": ["2", "3"]}
    described = [
        {"id": id, "sex": SEX, "pedigrees": [{"members": [{"memberId": m} for m in members]}]}
        for id, members in {"1": ["2"], **relatives}.items()
    ]
    load_json(node, tmp_path, described)
    of = {"21": "1", "2": "1", "22": "2", "1": "3"}
    load_json(node, tmp_path, [{"id": s, "individualId": i, **STATUS} for s, i in of.items()])
    runs = [{"id": "3", "biosampleId": "2", "individualId": "1", "runDate": "2020-01-01"}]
    runs += [{"id": "1", "biosampleId": "22", "individualId": "2", "runDate": "2020-01-01"}]
    load_json(node, tmp_path, runs)
    cohort = {"id": "1", "name": "C", "cohortType": "study-defined", "ids": ["1", "2", "3"]}
    load_json(node, tmp_path, [cohort])
    release(node, "d")
    return node


def _entries(node: Node) -> dict[tuple[str, str], dict]:
    found = rows(node.catalogue.index_path("d"), "SELECT entry_type, id, body FROM entry")
    return {(kind, id): json.loads(body) if body else {} for kind, id, body in found}


def test_ids_of_one_type_are_not_those_of_another(numbered):
    withdraws(numbered, "1")
    for _ in range(2):  # whom a first purge leaves, a second one does not take for the purged
        purge(numbered)
        release(numbered, "d")
    entries = _entries(numbered)
    assert {kind_id for kind_id in entries if kind_id[0] != "biosample"} == {
        ("individual", "2"),
        ("individual", "3"),
        ("run", "1"),
    }
    assert {id for kind, id in entries if kind == "biosample"} == {"22", "1"}
    assert entries["biosample", "22"]["individualId"] == "2"
    assert entries["run", "1"]["biosampleId"] == "22"
    members = {
        id: [m["memberId"] for p in entries["individual", id]["pedigrees"] for m in p["members"]]
        for id in ("2", "3")
    }
    assert members == {"2": ["3"], "3": ["2", "3"]}
    (part,) = [part for part in numbered.catalogue.parts("d") if not part.is_clinical]
    assert part.sample_table == {"22": "22", "s3": "3"}
    assert carriers(numbered, "d")["22", 99, "A", "C"] == {"hom": {"22"}}
    (dataset,) = numbered.store.datasets()
    assert [(one["id"], one["ids"]) for one in dataset.cohorts] == [("1", ["2", "3"])]


def test_a_second_purge_finds_nothing_where_ids_are_alike(numbered):
    withdraws(numbered, "1")
    assert purge(numbered)[0].people == 1
    files = files_of(numbered, "d")
    assert (purge(numbered)[0].people, files_of(numbered, "d")) == (0, files)


def test_who_has_an_id_like_a_purged_sample_and_consents_stays(numbered, tmp_path):
    withdraws(numbered, "1")
    purge(numbered)
    release(numbered, "d")
    load_json(numbered, tmp_path, [{"id": "21", "sex": SEX}])
    assert release(numbered, "d").left_out == 1, "nobody knows that it is somebody else"
    consents(numbered, "21")
    assert purge(numbered, is_dry=True)[0].people == 0
    release(numbered, "d")
    assert ("individual", "21") in _entries(numbered)


def test_a_file_is_named_after_nobody_once_its_name_is_withheld(tmp_path):
    """The words that stand for the name are not taken for somebody's id."""
    node = new_node(tmp_path / "home", open_data())
    load(node, "d", vcf(tmp_path / "a.vcf", RECORDS[:2], ("a", "b", "c")))
    withdraws(node, "a")
    assert [purge(node)[0].files, purge(node)[0].files] == [1, 0]
