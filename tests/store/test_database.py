"""The catalogue remembers what is declared, loaded and released, and tells when that changes."""

import multiprocessing
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlite_utils import Database

from beacon_node.errors import ConfigurationError, Conflict, NotFound, StoreUnavailable
from beacon_node.model.calls import FilterPolicy, Interval
from beacon_node.model.data_use import ConsentTerm, Use
from beacon_node.model.entries import EntryType
from beacon_node.model.genome import Assembly
from beacon_node.model.public_tier import PublicPanels, PublicTier
from beacon_node.store.database import Catalogue
from beacon_node.store.migrations import CATALOGUE, STEPS
from beacon_node.store.records import (
    DatasetRecord,
    PartRecord,
    ReleaseRecord,
    public_text,
    terms_text,
)

UK1 = DatasetRecord(
    id="uk1",
    name="UK 1",
    assembly=Assembly.GRCH37,
    is_open_data=True,
    licence="CC-BY-4.0",
    filters=FilterPolicy(frozenset({"q10"})),
    assay=(Interval(22, 0, 100),),
    document={"id": "uk1", "name": "UK 1"},
    created_at="2030-01-01T00:00:00+00:00",
)
PART = PartRecord(0, "c1", "k1", "x.vcf", "VCF", "x.sqlite", "2030", {"s": "b"}, {"records": 3})
HMB = Use.of(ConsentTerm("DUO:0000006"), ConsentTerm("DUO:0000007", frozenset({"MONDO:1"})))
SIZES = {EntryType.INDIVIDUAL: 1_234, EntryType.GENOMIC_VARIANT: 5}


def release(number: int = 1) -> ReleaseRecord:
    path = f"{number}-x.sqlite"
    return ReleaseRecord(number, path, "2030", "f", (1,), SIZES, True, None, ({"id": "c"},))


@pytest.fixture
def catalogue(tmp_path):
    made = Catalogue.create(tmp_path / "data" / "catalogue.sqlite")
    made.add_dataset(UK1)
    yield made
    made.close()


def test_a_dataset_comes_back_as_declared(catalogue):
    assert catalogue.dataset("uk1") == UK1
    assert catalogue.datasets() == (UK1,)
    catalogue.set_use("uk1", HMB)
    assert catalogue.dataset("uk1") == replace(UK1, use=HMB)


def test_a_release_publishes_its_terms_and_which_consents_it_was_made_from(catalogue):
    told = {"use": HMB, "consented_at": "2030-01-01T00:00:00.000001Z", "consent_version": 7}
    catalogue.make_current("uk1", replace(release(), **told, consents="c", left_out=2))
    current = catalogue.current_release("uk1")
    assert current == replace(release(), **told, consents="c", left_out=2)
    (published,) = catalogue.released_datasets()
    assert (published.use, published.consent_version) == (HMB, 7)
    assert published.consented_at == datetime(2030, 1, 1, 0, 0, 0, 1, UTC)


def test_terms_that_are_set_wait_for_the_next_release(catalogue):
    catalogue.make_current("uk1", release())
    catalogue.set_use("uk1", HMB)
    assert catalogue.released_datasets()[0].use is None


def test_two_releases_from_one_file_are_told_apart(catalogue):
    catalogue.make_current("uk1", release(1))
    first = catalogue.released_datasets()[0].fingerprint
    catalogue.make_current("uk1", replace(release(2), path=release(1).path))
    assert catalogue.released_datasets()[0].fingerprint != first


def test_a_catalogue_of_the_first_layout_is_brought_up_to_date(tmp_path):
    """Its releases looked at no consents, and say so."""
    path = tmp_path / "catalogue.sqlite"
    with closing(sqlite3.connect(path)) as db:
        CATALOGUE.apply(Database(db), stop_before=STEPS[1])
        db.execute(
            "INSERT INTO dataset VALUES "
            "('d', 'D', 'GRCh38', 1, 'CC0', '', '[]', 'null', 0, 0, 'null', '2030')"
        )
        db.execute(
            "INSERT INTO release VALUES ('d', 1, 'x', '2030', 'f', '[]', '{}', 1, 'null', '[]', 1)"
        )
        db.commit()
    catalogue = Catalogue(path)
    assert catalogue.dataset("d").use is None
    (published,) = catalogue.released_datasets()
    assert (published.use, published.consented_at, published.consent_version) == (None, None, 0)


def test_a_catalogue_of_the_second_layout_is_closed_to_the_public(tmp_path):
    """Its releases have no table of public answers, and nobody declared a filter."""
    path = tmp_path / "catalogue.sqlite"
    with closing(sqlite3.connect(path)) as db:
        CATALOGUE.apply(Database(db), stop_before=STEPS[2])
        _insert(db, "dataset", _PROTECTED)
        _insert(db, "release", _RELEASED)
        db.commit()
    catalogue = Catalogue(path)
    record, (published,) = catalogue.dataset("d"), catalogue.released_datasets()
    assert (record.use, record.public, record.declared_filters) == (HMB, None, ())
    assert (published.use, published.consent_version, published.public) == (HMB, 7, None)
    assert published.filters == ()


def test_a_catalogue_of_the_third_layout_answers_the_public_as_before_and_filters_nothing(tmp_path):
    path = tmp_path / "catalogue.sqlite"
    tier = PublicTier("t", "basis", "state", power=0.1, false_positives=0.05)
    with closing(sqlite3.connect(path)) as db:
        CATALOGUE.apply(Database(db), stop_before=STEPS[3])
        panels = public_text(PublicPanels(("nfe",), "1000g", 1))
        _insert(db, "dataset", {**_PROTECTED, "public": panels})
        _insert(db, "release", {**_RELEASED, "public": public_text(tier)})
        db.commit()
    catalogue = Catalogue(path)
    record, (published,) = catalogue.dataset("d"), catalogue.released_datasets()
    assert record.public == PublicPanels(("nfe",), "1000g", 1) and record.declared_filters == ()
    assert published.public == tier and published.filters == ()
    catalogue.set_declared_filters("d", ("HP:1", "age"))
    assert catalogue.dataset("d").declared_filters == ("HP:1", "age")


_PROTECTED = {
    **{"id": "d", "name": "D", "assembly": "GRCh38", "is_open_data": 0, "licence": ""},
    **{"description": "", "filters": "[]", "assay": "null", "keeps_ids": 0, "is_synthetic": 0},
    **{"document": "null", "created_at": "2030", "terms": terms_text(HMB)},
}
_RELEASED = {
    **{"dataset": "d", "number": 1, "path": "x", "released_at": "2030", "fingerprint": "f"},
    **{"parts": "[]", "sizes": "{}", "has_individuals": 1, "document": "null", "cohorts": "[]"},
    **{"is_current": 1, "terms": terms_text(HMB), "consented_at": "2030-01-01T00:00:00.000001Z"},
    **{"consent_version": 7, "consents": "c", "left_out": 0},
}


def _insert(db: sqlite3.Connection, table: str, row: dict) -> None:
    marks = ", ".join("?" * len(row))
    sql = f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})"
    db.execute(sql, list(row.values()))


def test_filters_wait_for_the_next_release_and_open_data_have_none(catalogue):
    catalogue.add_dataset(DatasetRecord("d", "D", Assembly.GRCH38))
    for one in ("d", "uk1"):
        catalogue.make_current(one, release(1))
        catalogue.set_declared_filters(one, ("HP:1",))
    assert [one.filters for one in catalogue.released_datasets()] == [(), ()]
    for one in ("d", "uk1"):
        catalogue.make_current(one, replace(release(2), declared_filters=("HP:1",)))
    assert [one.filters for one in catalogue.released_datasets()] == [("HP:1",), ()]


def test_no_two_datasets_share_an_id_whatever_its_case(catalogue):
    with pytest.raises(Conflict, match="already a dataset 'UK1'"):
        catalogue.add_dataset(DatasetRecord("UK1", "x", Assembly.GRCH38))


def test_a_part_comes_back_with_a_number(catalogue):
    part = catalogue.add_part("uk1", PART)
    assert part.number > 0
    assert catalogue.parts("uk1") == (part,)
    assert part.sample_table == {"s": "b"}


def test_the_same_content_loaded_otherwise_takes_the_place_of_the_former(catalogue):
    former = catalogue.add_part("uk1", PART)
    part = catalogue.add_part("uk1", PartRecord(0, "c1", "k2", *["x"] * 3, "2031"))
    assert catalogue.parts("uk1") == (part,)
    assert part.number != former.number


def test_a_part_of_no_dataset_is_refused(catalogue):
    with pytest.raises(StoreUnavailable):
        catalogue.add_part("unknown", PART)


def test_only_the_newest_release_answers(catalogue):
    assert catalogue.released_datasets() == ()
    with pytest.raises(NotFound, match="no release yet"):
        catalogue.index_path("uk1")
    catalogue.make_current("uk1", release(1))
    catalogue.make_current("uk1", release(2))
    (published,) = catalogue.released_datasets()
    assert (published.release, published.sizes) == (2, SIZES)
    assert published.cohorts == ({"id": "c"},)
    assert catalogue.index_path("uk1") == catalogue.folder("uk1") / "releases" / "2-x.sqlite"
    catalogue.forget_release("uk1", 2)
    assert catalogue.current_release("uk1") == release(2), "the current one is never forgotten"


def test_sizes_of_data_that_are_not_open_are_published_rounded_down(catalogue):
    catalogue.add_dataset(DatasetRecord("closed", "Closed", Assembly.GRCH38, created_at="2030"))
    catalogue.make_current("closed", release())
    published = catalogue.released_datasets()[0]
    assert published.sizes == {EntryType.INDIVIDUAL: 1_200, EntryType.GENOMIC_VARIANT: 0}


def test_removing_a_dataset_removes_all_that_belongs_to_it(catalogue):
    catalogue.add_part("uk1", PART)
    catalogue.make_current("uk1", release())
    catalogue.remove_people("uk1", ["p"])
    catalogue.remove_dataset("uk1")
    assert (catalogue.parts("uk1"), catalogue.removed_people("uk1")) == ((), ())
    assert catalogue.releases("uk1") == ()
    with pytest.raises(NotFound):
        catalogue.dataset("uk1")


def test_a_dataset_that_is_removed_while_the_released_are_read_is_none_of_them(
    catalogue, monkeypatch
):
    catalogue.make_current("uk1", release())
    catalogue.add_dataset(DatasetRecord("uk2", "x", Assembly.GRCH38))
    catalogue.make_current("uk2", release())
    other, rows = Catalogue(catalogue.path), Catalogue._rows

    def removing(self, sql, *values):
        found = rows(self, sql, *values)
        other.remove_dataset("uk2")
        return found

    monkeypatch.setattr(Catalogue, "_rows", removing)
    assert [dataset.id for dataset in catalogue.released_datasets()] == ["uk1"]


def test_people_are_taken_out_and_in_again(catalogue):
    catalogue.remove_people("uk1", ["b", "a", "a"])
    assert catalogue.removed_people("uk1") == ("a", "b")
    catalogue.restore_people("uk1", ["a", "never removed"])
    assert catalogue.removed_people("uk1") == ("b",)


def test_every_change_shows_in_data_version(catalogue):
    before = catalogue.data_version()
    assert catalogue.data_version() == before
    catalogue.make_current("uk1", release())
    assert catalogue.data_version() != before


def _release_elsewhere(path: Path) -> None:
    Catalogue(path).make_current("uk1", release())


def test_a_change_by_another_process_shows_too(catalogue):
    before = catalogue.data_version()
    process = multiprocessing.get_context("spawn").Process(
        target=_release_elsewhere, args=(catalogue.path,)
    )
    process.start()
    process.join()
    assert catalogue.data_version() != before
    assert len(catalogue.released_datasets()) == 1


def test_a_change_that_fails_is_undone_whole(catalogue, monkeypatch):
    catalogue.make_current("uk1", release(1))
    with pytest.raises(StoreUnavailable):
        catalogue.make_current("uk1", release(1))  # the same number twice
    assert catalogue.current_release("uk1") == release(1)


def test_one_command_at_a_time_works_on_a_dataset(catalogue):
    with catalogue.only_me("uk1"):
        other = Catalogue(catalogue.path)
        with pytest.raises(Conflict, match="another command"), other.only_me("uk1"):
            pass
        with other.only_me("another"):
            pass
    with catalogue.only_me("uk1"):
        pass


def test_a_catalogue_that_is_not_there_says_so_and_is_not_made(tmp_path):
    with pytest.raises(StoreUnavailable, match="home folder"):
        Catalogue(tmp_path / "catalogue.sqlite")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database_is_told_plainly(tmp_path):
    (tmp_path / "catalogue.sqlite").write_bytes(b"something else" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        Catalogue(tmp_path / "catalogue.sqlite")


def test_a_newer_version_s_catalogue_is_not_touched(catalogue):
    with sqlite3.connect(catalogue.path) as db:
        db.execute("UPDATE _sqlite_migrations SET name = '9999' WHERE name LIKE '0002%'")
    db.close()
    with pytest.raises(ConfigurationError, match="newer version"):
        Catalogue(catalogue.path)


def test_only_its_owner_reads_the_catalogue(catalogue):
    assert stat.S_IMODE(catalogue.path.stat().st_mode) == 0o600


def test_a_catalogue_that_cannot_be_read_says_so_in_a_sentence(catalogue):
    catalogue.close()
    for read in (catalogue.data_version, lambda: catalogue.parts("uk1")):
        with pytest.raises(StoreUnavailable, match=r"catalogue\.sqlite"):
            read()
