"""A release holds whom it may count, by what was on record when it began, and nobody else."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from beacon_node.actions import release_dataset
from beacon_node.actions.load_dataset import load
from beacon_node.actions.manage_datasets import (
    NewDataset,
    list_datasets,
    remove_dataset,
    remove_people,
)
from beacon_node.actions.release_dataset import release
from beacon_node.errors import StoreUnavailable
from beacon_node.model.consent import Status, UseKind
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.node import Node
from beacon_node.store.database import Catalogue
from tests.actions.homes import carriers, files_of, new_node, open_data, people, vcf
from tests.actions.said import GRU, consents, says, withdraws
from tests.store.alleles import rows

SAMPLES = ("ann", "bob", "cid")
RECORDS = (
    "22 100 . A C . PASS . GT 0/1 1/1 0/0",
    "22 200 . G T . PASS . GT 0/0 0/1 0/0",  # bob's alone
    "22 300 . C G . PASS . GT 0/0 0/0 0/1",  # cid's alone
)
HMB = Use.of(ConsentTerm("DUO:0000006"))


@pytest.fixture
def node(tmp_path) -> Node:
    """`d` is open data, `clinic` is not; both hold ann, bob and cid."""
    clinic = NewDataset("clinic", Assembly.GRCH37, use=HMB)
    node = new_node(tmp_path / "home", open_data(), clinic)
    for dataset in ("d", "clinic"):
        load(node, dataset, vcf(tmp_path / "x.vcf", RECORDS, SAMPLES))
        load(node, dataset, people(tmp_path / "i.json", *SAMPLES))
    return node


def individuals(node: Node, dataset: str) -> set[str]:
    sql = "SELECT id FROM entry WHERE entry_type = 'individual'"
    return {id for (id,) in rows(node.catalogue.index_path(dataset), sql)}


def entries(node: Node, kind: str = "release") -> int:
    return len(list(node.ledger.entries(kind=kind)))


# ---- who is in it --------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [Status.WITHDRAWN, Status.REFUSED])
def test_open_data_are_released_without_those_who_said_no(node, status):
    says(node, status, "bob", uses=frozenset({UseKind.PUBLIC_DISCOVERY}))
    done = release(node, "d")
    assert (done.people, done.left_out) == (2, 1)
    assert individuals(node, "d") == {"ann", "cid"}
    assert carriers(node, "d") == {
        ("22", 99, "A", "C"): {"het": {"ann"}},
        ("22", 299, "C", "G"): {"het": {"cid"}},
    }


def test_other_data_are_released_with_those_alone_who_permit_something(node):
    consents(node, "bob", dataset="clinic")
    consents(node, "cid", dataset="d")
    done = release(node, "clinic")
    assert (done.people, done.left_out, done.people_added) == (1, 2, 1)
    assert individuals(node, "clinic") == {"bob"}
    assert set(carriers(node, "clinic")) == {("22", 99, "A", "C"), ("22", 199, "G", "T")}


def test_nothing_of_who_is_left_out_is_in_the_file_nor_in_what_is_published(node, tmp_path):
    consents(node, "ann", dataset="*")
    withdraws(node, "cid", dataset="*")
    for dataset in ("d", "clinic"):
        release(node, dataset)
        assert b"cid" not in node.catalogue.index_path(dataset).read_bytes()
    d = next(found for found in node.store.datasets() if found.id == "d")
    assert d.sizes[EntryType.INDIVIDUAL] == 2 and d.sizes[EntryType.GENOMIC_VARIANT] == 2


def test_a_consent_that_has_ended_or_not_begun_lets_nobody_in(node):
    now = datetime.now(UTC)
    consents(node, "ann", dataset="clinic", effective_until=now - timedelta(milliseconds=500))
    consents(node, "bob", dataset="clinic", effective_from=now + timedelta(days=1))
    assert release(node, "clinic").people == 0


def test_what_is_recorded_after_a_release_began_does_not_count_in_it(node, monkeypatch):
    """Else whoever withdraws while an index is built would be missed or counted by chance."""
    consents(node, "ann", dataset="clinic")
    begin = type(node.ledger).record_release

    def meanwhile(ledger, dataset_id, *, now):
        moment = begin(ledger, dataset_id, now=now)
        consents(node, "bob", dataset="clinic")
        return moment

    monkeypatch.setattr(type(node.ledger), "record_release", meanwhile)
    assert release(node, "clinic").people == 1
    monkeypatch.undo()
    assert list_datasets(node)[0].is_changed
    assert release(node, "clinic").people == 2


def test_a_dataset_from_which_everybody_is_left_out_is_released_empty(node):
    consents(node, *SAMPLES, dataset="clinic")
    assert release(node, "clinic").people == 3
    withdraws(node, *SAMPLES)
    withdraws(node, *SAMPLES, dataset="clinic")
    done = release(node, "clinic")
    assert (done.is_new, done.people, done.people_removed, done.left_out) == (True, 0, 3, 3)
    assert any("everybody is left out" in words for words in done.warnings)
    assert carriers(node, "clinic") == {} and individuals(node, "clinic") == set()
    clinic = node.store.datasets()[0]
    assert clinic.has_individuals, "it is no dataset of sites without people"


def test_whoever_the_operator_took_out_does_not_count_as_left_out_for_lack_of_consent(node):
    remove_people(node, "clinic", ["ann"])
    assert release(node, "clinic").left_out == 2


def test_a_file_of_which_nobody_is_in_does_not_tell_where_it_was_sequenced(node, tmp_path):
    withdraws(node, "dan")
    load(node, "d", vcf(tmp_path / "dan.vcf", ["21 50 . A C . PASS . GT 0/1"], ["dan"]))
    done = release(node, "d")
    found = rows(node.catalogue.index_path("d"), "SELECT DISTINCT reference FROM assay_region")
    assert found == [(22,)] and not any("21" in words for words in done.warnings)


# ---- when there is a new one ---------------------------------------------------------------------


def test_a_release_says_which_consents_it_was_made_from(node):
    withdraws(node, "bob")
    release(node, "d")
    (d,) = node.store.datasets()
    (entry,) = node.ledger.entries(kind="release")
    assert d.consented_at.isoformat(timespec="microseconds") == entry.recorded_at.replace(
        "Z", "+00:00"
    )
    assert d.consent_version == node.ledger.consent_version() > 0


def test_without_a_change_nothing_is_recorded(node):
    release(node, "d")
    done = release(node, "d")
    assert (done.is_new, done.number, entries(node)) == (False, 1, 1)


def test_consents_about_the_same_people_give_a_new_release_of_the_same_file(node):
    consents(node, *SAMPLES, dataset="clinic")
    release(node, "clinic")
    path, before = node.catalogue.index_path("clinic"), node.store.datasets()[0]
    consents(node, "ann", dataset="clinic", use=HMB)
    assert list_datasets(node)[0].is_changed
    done = release(node, "clinic")
    assert (done.is_new, done.is_consent_only, done.number, done.people) == (True, True, 2, 3)
    after = node.store.datasets()[0]
    assert after.fingerprint != before.fingerprint and after.consented_at > before.consented_at
    assert node.catalogue.index_path("clinic") == path and path.exists()
    assert not list_datasets(node)[0].is_changed


def test_a_file_stays_as_long_as_a_release_names_it(node, tmp_path):
    paths = []
    for _ in range(4):
        consents(node, "ann", dataset="clinic")
        release(node, "clinic")
        paths.append(node.catalogue.index_path("clinic"))
    assert len(set(paths)) == 1 and paths[0].exists()
    withdraws(node, "ann", dataset="clinic")
    release(node, "clinic")
    assert paths[0].exists(), "a reader may just be opening the release before"
    consents(node, "ann", dataset="clinic")
    release(node, "clinic")
    assert not paths[0].exists()


def test_a_date_that_passed_asks_for_a_release(node):
    begins = datetime.now(UTC) + timedelta(hours=1)
    consents(node, "ann", dataset="clinic", effective_from=begins)
    release(node, "clinic")
    assert not list_datasets(node)[0].is_changed
    later = replace(node, clock=_At(begins + timedelta(minutes=1)))
    assert list_datasets(later)[0].is_changed
    assert release(later, "clinic").people == 1
    assert not list_datasets(later)[0].is_changed


class _At:
    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


def test_statements_about_another_dataset_ask_for_nothing(node):
    release(node, "d")
    consents(node, "ann", dataset="clinic")
    assert not list_datasets(node)[1].is_changed
    assert not release(node, "d").is_new


def test_a_date_in_a_statement_about_another_dataset_asks_for_nothing(node):
    ends = datetime.now(UTC) + timedelta(hours=1)
    consents(node, "ann", dataset="clinic", effective_until=ends)
    for dataset in ("d", "clinic"):
        release(node, dataset)
    later = replace(node, clock=_At(ends + timedelta(minutes=1)))
    changed = {one.id: one.is_changed for one in list_datasets(later)}
    assert changed == {"clinic": True, "d": False}


def test_a_no_about_every_dataset_asks_every_dataset_for_a_release(node):
    for dataset in ("d", "clinic"):
        release(node, dataset)
    withdraws(node, "ann", dataset="*")
    assert all(one.is_changed for one in list_datasets(node))


def test_a_release_from_before_consents_counted_is_made_anew(node):
    release(node, "d")
    catalogue = node.catalogue
    old = replace(catalogue.current_release("d"), number=2, consented_at="", consent_version=0)
    catalogue.make_current("d", old)
    assert list_datasets(node)[1].is_changed
    assert release(node, "d").is_consent_only


def test_what_people_permit_lies_beside_the_index_as_long_as_its_release(node):
    consents(node, "ann", dataset="clinic")
    names = []
    for use in (GRU, HMB, GRU):
        consents(node, "ann", dataset="clinic", use=use)
        release(node, "clinic")
        names.append(f"releases/{node.catalogue.current_release('clinic').consents}")
    found = files_of(node, "clinic")
    assert [name in found for name in names] == [False, True, True] and len(set(names)) == 3


# ---- terms ---------------------------------------------------------------------------------------


def test_terms_take_effect_with_a_release_of_the_same_file(node):
    consents(node, "ann", dataset="clinic")
    release(node, "clinic")
    node.catalogue.set_use("clinic", GRU)
    assert node.store.datasets()[0].use == HMB and list_datasets(node)[0].is_changed
    assert release(node, "clinic").is_consent_only
    assert node.store.datasets()[0].use == GRU


def test_terms_of_the_loaded_entry_hold_beside_the_declared_ones(node, tmp_path):
    _load_entry(node, tmp_path, '{"id": "DUO:0000045", "label": "NPU", "version": "1"}')
    release(node, "clinic")
    assert node.store.datasets()[0].use == Use(HMB.terms | {ConsentTerm("DUO:0000045")})


def test_terms_that_cannot_be_read_close_a_dataset(node, tmp_path):
    bad = '{"id": "DUO:0000022", "modifiers": [{"id": "Atlantis"}]}'
    _load_entry(node, tmp_path, bad)
    warnings = release(node, "clinic").warnings
    assert node.store.datasets()[0].use is None
    assert any("cannot be read" in words and "Atlantis" in words for words in warnings)
    assert any("dataset terms clinic" in words for words in warnings)
    assert not list_datasets(node)[0].is_changed


def _load_entry(node: Node, tmp_path, term: str) -> None:
    path = tmp_path / "datasets.json"
    path.write_text(
        f'[{{"id": "x", "name": "X", "dataUseConditions": {{"duoDataUse": [{term}]}}}}]'
    )
    load(node, "clinic", str(path))


# ---- what goes wrong -----------------------------------------------------------------------------


def test_a_new_release_answers_even_if_old_files_cannot_be_removed(node, monkeypatch):
    release(node, "d")
    withdraws(node, "bob")

    def full(*_):
        raise StoreUnavailable("catalogue.sqlite: there is no room left on the disk")

    monkeypatch.setattr(Catalogue, "forget_release", full)
    monkeypatch.setattr(release_dataset, "_KEPT", 1)
    done = release(node, "d")
    assert (done.is_new, done.number) == (True, 2)
    assert any("still on disk" in words and "no room" in words for words in done.warnings)
    assert node.store.datasets()[0].release == 2
    monkeypatch.undo()
    withdraws(node, "ann")
    release(node, "d")
    assert [name for name in files_of(node, "d") if name.startswith("releases/1-")] == []


def test_a_dataset_declared_while_leftovers_are_swept_keeps_its_files(node, tmp_path, monkeypatch):
    """Between looking which folders belong to no dataset and removing them."""
    (node.catalogue.folder("new") / "parts").mkdir(parents=True)
    lock = Catalogue.only_me

    def declared_meanwhile(catalogue, dataset_id):
        if dataset_id == "new":
            monkeypatch.undo()
            catalogue.add_dataset(replace(catalogue.dataset("d"), id="new"))
            load(node, "new", vcf(tmp_path / "y.vcf", RECORDS, SAMPLES))
        return lock(catalogue, dataset_id)

    monkeypatch.setattr(Catalogue, "only_me", declared_meanwhile)
    remove_dataset(node, "clinic")
    assert node.catalogue.folder("new").exists()
    assert release(node, "new").people == 3
