"""A release swaps what answers in one step, and only when something has changed."""

import pytest

from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.manage_datasets import (
    NewDataset,
    list_datasets,
    remove_part,
    remove_people,
    restore_people,
)
from beacon_node.actions.release_dataset import release
from beacon_node.errors import Conflict, NotFound
from beacon_node.model.calls import FilterPolicy
from beacon_node.model.carriers import decode
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from tests.actions.homes import carriers, files_of, new_node, open_data, people, vcf
from tests.shared_data import shared
from tests.store.alleles import alleles_of, rows

ONE = ("22 100 . A C . PASS . GT 0/1 1/1",)
TWO = ("22 100 . A C . PASS . GT 0/1", "22 300 . G T . PASS . GT 1/1")


@pytest.fixture
def node(tmp_path):
    return new_node(tmp_path / "home", open_data())


def test_nothing_answers_before_the_first_release(node, tmp_path):
    with pytest.raises(Conflict, match="nothing is loaded"):
        release(node, "d")
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    assert node.catalogue.released_datasets() == ()
    done = release(node, "d")
    assert (done.number, done.is_new, done.people_added) == (1, True, 2)
    assert node.catalogue.released_datasets()[0].release == 1


def test_what_is_loaded_later_waits_for_the_next_release(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    release(node, "d")
    load(node, "d", vcf(tmp_path / "y.vcf", TWO, samples=["c"]))
    assert list(carriers(node, "d")) == [("22", 99, "A", "C")]
    done = release(node, "d")
    assert (done.number, done.people_added, done.people_removed) == (2, 1, 0)
    assert carriers(node, "d") == {
        ("22", 99, "A", "C"): {"het": {"a", "c"}, "hom": {"b"}},
        ("22", 299, "G", "T"): {"hom": {"c"}},
    }


def test_without_a_change_there_is_no_new_release(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    release(node, "d")
    files = files_of(node, "d")
    done = release(node, "d")
    assert (done.number, done.is_new) == (1, False)
    assert files_of(node, "d") == files


def test_people_are_taken_out_and_come_back_with_releases(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    load(node, "d", people(tmp_path / "i.json", "a", "b", "without genotypes"))
    release(node, "d")
    assert remove_people(node, "d", ["b"]) == 1
    assert carriers(node, "d")["22", 99, "A", "C"] == {"het": {"a"}, "hom": {"b"}}
    done = release(node, "d")
    assert (done.people_removed, done.sizes[EntryType.INDIVIDUAL]) == (1, 2)
    assert carriers(node, "d")["22", 99, "A", "C"] == {"het": {"a"}}
    assert restore_people(node, "d", ["b"]) == 0
    assert release(node, "d").people_added == 1


def test_a_file_taken_out_is_gone_with_the_next_release(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    part = load(node, "d", vcf(tmp_path / "y.vcf", TWO, samples=["c"])).part
    release(node, "d")
    remove_part(node, "d", part)
    assert len(carriers(node, "d")) == 2
    release(node, "d")
    assert list(carriers(node, "d")) == [("22", 99, "A", "C")]
    with pytest.raises(NotFound, match=f"no part {part}"):
        remove_part(node, "d", part)


def test_the_release_before_stays_for_readers_that_are_opening_it(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    load(node, "d", people(tmp_path / "i.json", "c", "e"))
    paths = []
    for person in ("a", "b", "c"):
        remove_people(node, "d", [person])
        release(node, "d")
        paths.append(node.catalogue.index_path("d"))
    assert [path.exists() for path in paths] == [False, True, True]


def test_a_dataset_that_is_not_open_is_released_with_a_word_of_warning(tmp_path):
    node = new_node(tmp_path / "home", NewDataset("closed", Assembly.GRCH37))
    load(node, "closed", vcf(tmp_path / "x.vcf", ONE))
    done = release(node, "closed")
    assert (done.people, done.left_out, done.is_open) == (0, 2, False)
    warnings = done.warnings
    assert any("no data use terms hold" in words for words in warnings)
    assert any("everybody is left out" in words for words in warnings)


def test_sites_without_people_are_released_as_such(node, tmp_path):
    records = ["22 100 . A C . PASS AC=3;AN=20", "22 200 . A C . PASS AC=1;AN=20"]
    load(node, "d", vcf(tmp_path / "sites.vcf", records, samples=()))
    release(node, "d")
    (dataset,) = node.catalogue.released_datasets()
    assert not dataset.has_individuals
    assert dataset.sizes[EntryType.GENOMIC_VARIANT] == 2


def test_cohorts_and_the_dataset_s_own_entry_are_published(node, tmp_path):
    for name in ("cohorts", "datasets"):
        load(node, "d", str(shared(f"data/bff/cineca_uk1/{name}.json")))
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    release(node, "d")
    (dataset,) = node.catalogue.released_datasets()
    assert dataset.document["name"] and len(dataset.cohorts) == 1


def test_real_files_of_one_cohort_and_single_people_become_one_dataset(tmp_path):
    """Two files by chromosome of 1,126 people, then the own files of two more or the same."""
    node = new_node(tmp_path / "home", open_data(filters=FilterPolicy(None)))
    folder = shared("data/vcf/grch37")
    for name in ("1kg_p3_subset1126_chr_odd_and_22", "1kg_p3_subset1126_chrX_p"):
        load(node, "d", str(folder / f"{name}.vcf.gz"))
    release(node, "d")
    before = _carriers_by_number(node)
    for name in ("NA20787_chr21_single", "HG00096_1kg_sv_odd"):
        load(node, "d", str(folder / f"{name}.vcf.gz"))
    release(node, "d")
    after = _carriers_by_number(node)
    assert len(after) > len(before) + 50_000
    newcomers = _numbers(node, "NA20787", "HG00096")
    for allele, numbers in before.items():
        assert after[allele] - newcomers == numbers - newcomers
    remove_people(node, "d", ["NA20787", "HG00096"])
    release(node, "d")
    assert not _numbers(node, "NA20787", "HG00096")
    left = {allele for allele, numbers in after.items() if numbers - newcomers}
    assert set(_carriers_by_number(node)) == left


def _carriers_by_number(node) -> dict[tuple, frozenset[int]]:
    return {
        (a.reference, a.start, a.end, a.ref, a.alt): frozenset(
            number for blob in (a.het, a.hom, a.single) for number in decode(blob).tolist()
        )
        for a in alleles_of(node.catalogue.index_path("d"))
    }


def _numbers(node, *names: str) -> set[int]:
    found = rows(node.catalogue.index_path("d"), "SELECT name, number FROM call_set")
    return {number for name, number in found if name in names}


def test_two_people_whose_samples_have_one_name_are_never_taken_for_one(node, tmp_path):
    a, b = (vcf(tmp_path / name, TWO, samples=["SAMPLE"]) for name in ("a.vcf", "b.vcf"))
    (tmp_path / "b.vcf").write_text(
        (tmp_path / "b.vcf").read_text() + "22\t400\t.\tA\tT\t.\tPASS\t.\tGT\t0/1\n"
    )
    load(node, "d", a, LoadOptions(sample_table={"SAMPLE": "patientA"}))
    release(node, "d")
    part = load(node, "d", b, LoadOptions(sample_table={"SAMPLE": "patientB"})).part
    files = files_of(node, "d")
    with pytest.raises(Conflict, match=r"'SAMPLE' of a\.vcf and sample 'SAMPLE' of b\.vcf"):
        release(node, "d")
    assert (files_of(node, "d"), node.catalogue.current_release("d").number) == (files, 1)
    remove_part(node, "d", part)
    load(node, "d", b, LoadOptions(sample_table={"SAMPLE": "patientA"}))
    assert release(node, "d").sizes[EntryType.INDIVIDUAL] == 1


def test_the_last_file_taken_out_leaves_a_release_that_holds_nobody(node, tmp_path):
    part = load(node, "d", vcf(tmp_path / "x.vcf", ONE)).part
    release(node, "d")
    remove_part(node, "d", part)
    assert list_datasets(node)[0].is_changed
    done = release(node, "d")
    assert (done.number, done.is_new, done.people_removed) == (2, True, 2)
    assert not any(done.sizes.values()) and carriers(node, "d") == {}
    assert not list_datasets(node)[0].is_changed
    assert not release(node, "d").is_new
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    assert release(node, "d").people_added == 2


def test_samples_that_match_no_loaded_record_are_told(node, tmp_path):
    load(node, "d", vcf(tmp_path / "x.vcf", ONE))
    assert not any("match no" in words for words in release(node, "d").warnings)
    load(node, "d", people(tmp_path / "i.json", "a", "P2"))
    words = "1 of 2 samples match no individual or biosample that was loaded"
    assert any(warning.startswith(words) for warning in release(node, "d").warnings)
    load(node, "d", vcf(tmp_path / "x.vcf", ONE), LoadOptions(sample_table={"b": "P2"}))
    assert not any("match no" in words for words in release(node, "d").warnings)
