"""Knowledge changes in one step for all its readers, or not at all."""

import os
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from beacon_node.errors import Conflict, InvalidInput, NotFound, StoreUnavailable
from beacon_node.model.knowledge import Kind, RsidRecord
from beacon_node.model.query import OntologyFilter
from beacon_node.store.knowledge import Changes, SqliteKnowledge, base
from tests.store.knowledge.sources import GRCH37, GRCH38, V600E, V600K, clinical, snv, source

RSIDS = source(Kind.RSIDS)
OLD, NEW = [RsidRecord(V600E, (1,))], [RsidRecord(V600K, (1,))]


@pytest.fixture
def knowledge(tmp_path) -> SqliteKnowledge:
    knowledge = SqliteKnowledge(tmp_path / "knowledge #1?")  # characters that URIs escape
    knowledge.add(RSIDS, OLD)
    return knowledge


def files(knowledge) -> list[str]:
    return sorted(path.name for path in knowledge._folder.glob("*.source*"))


def test_an_empty_folder_knows_nothing(tmp_path):
    knowledge = SqliteKnowledge(tmp_path / "nothing")
    assert knowledge.version == 0
    assert not knowledge.sources() and not knowledge.resources()
    assert not knowledge.alleles_of("rs1") and not knowledge.gene_regions("BRCA1")
    assert knowledge.bases(GRCH38, "1", 0, 10) == ""
    assert not (tmp_path / "nothing").exists()


def test_a_reader_sees_another_ones_change_at_once(knowledge):
    reader = SqliteKnowledge(knowledge._folder)
    assert reader.alleles_of("rs1") == {GRCH38: (V600E,)}
    before = reader.version
    knowledge.add(RSIDS, NEW)
    assert reader.alleles_of("rs1") == {GRCH38: (V600K,)}
    assert reader.version == before + 1
    assert len(files(knowledge)) == 1  # the old file is gone


def test_a_reader_that_began_before_anything_was_loaded_sees_it(tmp_path):
    reader = SqliteKnowledge(tmp_path)
    assert reader.version == 0
    SqliteKnowledge(tmp_path).add(RSIDS, OLD)
    assert reader.alleles_of("rs1")


def test_a_list_of_sources_that_is_only_just_being_made_is_an_empty_one(tmp_path):
    (tmp_path / "sources.sqlite").touch()
    reader = SqliteKnowledge(tmp_path)
    assert reader.version == 0 and not reader.sources()
    SqliteKnowledge(tmp_path).add(RSIDS, OLD)
    assert reader.alleles_of("rs1")


def test_threads_and_forks_read_through_connections_of_their_own(knowledge):
    assert knowledge.alleles_of("rs1")
    with ThreadPoolExecutor(2) as pool:
        assert set(pool.map(lambda _: len(knowledge.alleles_of("rs1")), range(8))) == {1}
    child = os.fork()
    if not child:
        is_found = knowledge.alleles_of("rs1") == {GRCH38: (V600E,)}
        os._exit(0 if is_found and knowledge._mine.view.process == os.getpid() else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_a_source_of_another_name_assembly_or_part_replaces_nothing(knowledge):
    knowledge.add(source(Kind.RSIDS, GRCH37), NEW)
    knowledge.add(source(Kind.RSIDS, name="other"), NEW)
    knowledge.add(source(Kind.RSIDS, part="7"), NEW)
    assert len(knowledge.sources()) == 4


def test_a_removed_source_is_known_no_more(knowledge):
    knowledge.remove(RSIDS)
    assert knowledge.alleles_of("rs1") == {} and files(knowledge) == []
    with pytest.raises(NotFound):
        knowledge.remove(RSIDS)


def failing():
    yield from NEW
    raise InvalidInput("bad", line=7)


def test_a_file_that_turns_out_bad_changes_nothing(knowledge):
    before = knowledge.version, files(knowledge)
    with pytest.raises(InvalidInput, match="line 7"):
        knowledge.add(RSIDS, failing())
    assert (knowledge.version, files(knowledge)) == before
    assert knowledge.alleles_of("rs1") == {GRCH38: (V600E,)}


def test_two_commands_do_not_change_knowledge_at_once(knowledge):
    def records():
        with pytest.raises(Conflict, match="another command"):
            SqliteKnowledge(knowledge._folder).add(RSIDS, OLD)
        yield from NEW

    knowledge.add(RSIDS, records())
    assert knowledge.alleles_of("rs1") == {GRCH38: (V600K,)}


CHILD = """
import itertools, os, resource, signal, sys
from pathlib import Path
from beacon_node.errors import StoreUnavailable
from beacon_node.model.knowledge import RsidRecord
from beacon_node.store.knowledge import SqliteKnowledge
from tests.store.knowledge.sources import V600K, snv
from tests.store.knowledge.test_base import RSIDS

def records():
    for n in itertools.count(1):
        if n == 20_000 and sys.argv[2] == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        yield RsidRecord(snv(n, "A", "C"), (n,))

if sys.argv[2] == "full":
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))
try:
    SqliteKnowledge(Path(sys.argv[1])).add(RSIDS, records())
except StoreUnavailable as error:
    sys.exit(str(error))
"""


def run_child(knowledge, what: str) -> subprocess.CompletedProcess:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", CHILD, str(knowledge._folder), what]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


def test_kill_9_in_the_middle_leaves_the_old_knowledge(knowledge):
    before = knowledge.version
    assert run_child(knowledge, "kill").returncode == -signal.SIGKILL
    assert len(files(knowledge)) > 1  # what it left
    assert knowledge.version == before
    assert knowledge.alleles_of("rs1") == {GRCH38: (V600E,)}
    knowledge.add(RSIDS, NEW)
    assert len(files(knowledge)) == 1  # swept away
    assert knowledge.alleles_of("rs1") == {GRCH38: (V600K,)}


def test_a_full_disk_leaves_the_old_knowledge_and_says_so(knowledge):
    before = knowledge.version, files(knowledge)
    ended = run_child(knowledge, "full")
    assert ended.returncode == 1 and "it is full" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
    assert (knowledge.version, files(knowledge)) == before
    assert knowledge.alleles_of("rs1") == {GRCH38: (V600E,)}


def test_a_lost_file_is_said_plainly(knowledge):
    (knowledge._folder / files(knowledge)[0]).unlink()
    with pytest.raises(StoreUnavailable, match="cannot be opened"):
        SqliteKnowledge(knowledge._folder).alleles_of("rs1")


def test_a_newer_clinvar_tells_what_changed(tmp_path):
    knowledge = SqliteKnowledge(tmp_path)
    clinvar = source(Kind.CLINVAR, name="ClinVar")
    alleles = {n: snv(100 + n, "A", "G") for n in range(1, 6)}
    words = {1: "Benign", 2: "Uncertain significance", 3: "Benign", 4: "Pathogenic"}
    _, first = knowledge.add(clinvar, [clinical(n, alleles[n], w) for n, w in words.items()])
    assert first.changes is None
    words = {1: "Benign", 2: "Pathogenic", 3: "Likely benign", 5: "Benign"}
    newer = [clinical(n, alleles[n], w) for n, w in words.items()]
    _, added = knowledge.add(clinvar, newer, examples=5)
    assert isinstance(added.changes, Changes)
    assert (added.changes.added, added.changes.removed, added.changes.changed) == (1, 1, 2)
    assert [str(example) for example in added.changes.examples] == [
        "VCV000000002 NC_000007.14:g.102A>G: Uncertain significance → Pathogenic",
        "VCV000000003 NC_000007.14:g.103A>G: Benign → Likely benign",
    ]
    assert knowledge.alleles_of("clinvar:4") == {} and knowledge.alleles_of("clinvar:5")


def test_of_two_records_for_one_allele_the_first_is_kept(tmp_path):
    knowledge = SqliteKnowledge(tmp_path)
    listed, added = knowledge.add(RSIDS, [*OLD, *OLD, *NEW])
    assert (listed.rows, added.duplicates) == (2, 1)


def test_memory_does_not_grow_with_the_file(tmp_path):
    knowledge = SqliteKnowledge(tmp_path)

    def peak(count: int) -> int:
        records = (RsidRecord(snv(n, "A", "C"), (n,)) for n in range(1, count))
        tracemalloc.start()
        knowledge.add(RSIDS, records)
        size_bytes = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size_bytes

    assert peak(40_000) < 1.2 * peak(10_000)


def test_a_passing_error_does_not_last(knowledge, monkeypatch):
    def failing(db):
        raise sqlite3.OperationalError("disk I/O error")

    reader = SqliteKnowledge(knowledge._folder)
    with monkeypatch.context() as patched:
        patched.setattr(base, "read_sources", failing)
        with pytest.raises(StoreUnavailable, match="disk"):
            reader.alleles_of("rs1")
    assert reader.alleles_of("rs1") == {GRCH38: (V600E,)}


def test_names_that_mean_nothing_are_not_remembered(knowledge):
    for number in range(100):
        wanted = OntologyFilter(f"HP:{number}")
        assert knowledge.terms_for(wanted) == {wanted.id}
        assert not knowledge.label(wanted.id) and not knowledge.ancestors(wanted.id, "HP")
        assert not knowledge.gene_regions(f"GENE{number}")
    now = knowledge._now()
    assert not any(
        len(asked.kept) for asked in (now.terms_for, now.label, now.ancestors, now.gene_regions)
    )
