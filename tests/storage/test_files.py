"""What a node writes is for its own account, whatever the umask of whoever runs it."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from beacon_node.actions.annotate import annotate
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.release_dataset import release
from beacon_node.model.knowledge import Kind
from beacon_node.storage.files import make_private, seal
from tests.actions.homes import new_node, open_data, people, vcf


@pytest.fixture
def _lax():
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("is_from_the_start", [False, True], ids=["in the end", "from the start"])
def test_everything_that_holds_peoples_data_is_the_nodes_own(
    tmp_path, monkeypatch, _lax, is_from_the_start
):
    if is_from_the_start:  # not only made so when it is finished
        monkeypatch.setattr(Path, "chmod", lambda self, mode: None)
    node = new_node(tmp_path / "home", open_data("d"))
    for file in (
        people(tmp_path / "individuals.json", "a", "b"),
        vcf(tmp_path / "a.vcf", ["22 100 . A C . PASS . GT 0/1 1/1"]),
    ):
        load(node, "d", file, LoadOptions(processes=1))
    release(node, "d")
    ontology = tmp_path / "o.obo"
    ontology.write_text("format-version: 1.2\nontology: hp\n\n[Term]\nid: HP:0000001\nname: All\n")
    annotate(node, Kind.ONTOLOGY, str(ontology))
    data = tmp_path / "home" / "data"
    files = [path for path in data.rglob("*") if path.is_file()]
    kinds = {path.parent.name for path in files}
    assert {"data", "parts", "releases", "knowledge", "locks"} <= kinds
    assert {str(path): mode(path) for path in files if mode(path) != 0o600} == {}
    assert mode(data) == 0o700


def test_what_is_sealed_is_the_nodes_own(tmp_path, _lax):
    (tmp_path / "a").write_text("x")
    seal(tmp_path / "a", tmp_path / "b")
    assert mode(tmp_path / "b") == 0o600 and (tmp_path / "b").read_text() == "x"


def test_making_a_file_private_leaves_what_is_in_it(tmp_path):
    (tmp_path / "a").write_text("x")
    make_private(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "x"


def test_making_a_file_private_that_is_open_keeps_the_locks_on_it(tmp_path):
    """POSIX ends all locks of a process on a file when any descriptor of it is closed."""
    path = tmp_path / "kept.sqlite"
    make_private(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("BEGIN EXCLUSIVE")
        make_private(path)
        other = (
            "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('DROP TABLE t')"
        )
        done = subprocess.run([sys.executable, "-c", other, str(path)], capture_output=True)
        assert b"locked" in done.stderr
