"""Killed or out of disk in the middle: the old release answers, and nothing stays behind."""

import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from beacon_node.actions.load_dataset import load
from beacon_node.actions.release_dataset import release
from beacon_node.node import open_node
from tests.actions.homes import carriers, files_of, new_node, open_data, vcf

SMALL = ("22 100 . A C . PASS . GT 0/1 1/1",)
SAMPLES = [f"s{number}" for number in range(60)]
COMMAND = """
import sys
from pathlib import Path
from beacon_node.actions import genotype_files
from beacon_node.actions.load_dataset import LoadOptions, load
from beacon_node.actions.release_dataset import release
from beacon_node.errors import BeaconNodeError
from beacon_node.node import open_node

if __name__ == "__main__":
    home, verb, file, processes = sys.argv[1:]
    genotype_files._PIECE_BYTES = 1 << 20
    node = open_node(Path(home), {})
    try:
        if verb == "load":
            load(node, "d", file, LoadOptions(processes=int(processes)))
        else:
            release(node, "d")
    except BeaconNodeError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
"""


@pytest.fixture
def home(tmp_path):
    """A node whose release 1 answers."""
    node = new_node(tmp_path / "home", open_data())
    load(node, "d", vcf(tmp_path / "small.vcf", SMALL))
    release(node, "d")
    node.catalogue.close()
    return tmp_path / "home"


@pytest.fixture
def large(tmp_path):
    genotypes = ["0/0"] * 57 + ["0/1", "1/1", "./."]
    calls = [" ".join(genotypes[n:] + genotypes[:n]) for n in range(60)]
    records = [f"22 {n} . A C . PASS . GT {calls[n % 60]}" for n in range(1, 40_000)]
    return vcf(tmp_path / "large.vcf", records, SAMPLES)


def start(home: Path, verb: str, file: str, *, processes: int = 2, **told) -> subprocess.Popen:
    script = home.parent / "command.py"
    script.write_text(COMMAND)
    arguments = [sys.executable, str(script), str(home), verb, file, str(processes)]
    # Not a pipe: a process that outlived its parent would hold it open.
    errors = (home.parent / "errors").open("w")
    return subprocess.Popen(arguments, stderr=errors, **told)


def ended(home: Path, command: subprocess.Popen) -> str:
    """Wait for a command; returns what it said on standard error."""
    command.wait()
    return (home.parent / "errors").read_text()


def answers_as_before(home: Path) -> bool:
    node = open_node(home, {})
    (dataset,) = node.catalogue.released_datasets()
    found = carriers(node, "d")
    return dataset.release == 1 and found == {("22", 99, "A", "C"): {"het": {"a"}, "hom": {"b"}}}


def wait_for(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def unfinished(home: Path, pattern: str):
    """Return what says whether an unfinished file of a name is there."""
    folder = home / "data" / "datasets" / "d"
    return lambda: any(folder.glob(f"{pattern}.tmp-*"))


@pytest.mark.parametrize(("processes", "file"), [(1, "*.sqlite"), (2, "*.sqlite-1")])
def test_a_load_that_is_killed_changes_nothing(home, large, processes, file):
    command = start(home, "load", large, processes=processes, start_new_session=True)
    wait_for(unfinished(home, f"parts/{file}"))
    command.kill()
    command.wait()
    assert answers_as_before(home)
    node = open_node(home, {})
    assert len(node.catalogue.parts("d")) == 1
    wait_for(lambda: not _processes_of(command.pid))
    assert load(node, "d", large).alleles == 39_999
    assert len(files_of(node, "d")) == 4, (
        "two parts, a release and its consents: what was left is gone"
    )


def _processes_of(group: int) -> bool:
    """Say whether a process of the command's group lives still."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_release_that_is_killed_changes_nothing(home, large):
    node = open_node(home, {})
    load(node, "d", large)
    command = start(home, "release", "")
    wait_for(unfinished(home, "releases/*.sqlite"))
    command.kill()
    command.wait()
    assert answers_as_before(home)
    assert release(node, "d").number == 2
    assert len(files_of(node, "d")) == 6


def test_killed_between_the_file_and_the_catalogue_leaves_only_a_file_that_goes(
    home, large, monkeypatch
):
    node = open_node(home, {})

    def killed(*_):
        raise KeyboardInterrupt

    load(node, "d", large)
    with monkeypatch.context() as patch:
        patch.setattr(type(node.catalogue), "make_current", killed)
        with pytest.raises(KeyboardInterrupt):
            release(node, "d")
    assert len(files_of(node, "d")) == 6
    assert answers_as_before(home)
    assert release(node, "d").number == 2
    assert len(files_of(node, "d")) == 6


def room(size: int):
    """Return what lets a process write no file longer than `size` bytes."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.parametrize("size", [50_000, 400_000], ids=["at once", "in the middle"])
def test_a_full_disk_stops_a_load_in_one_sentence(home, large, processes, size):
    command = start(home, "load", large, processes=processes, preexec_fn=room(size))
    told = ended(home, command)
    assert command.returncode == 6
    assert told.count("\n") == 1 and "disk" in told and "full" in told
    assert answers_as_before(home)
    assert len(files_of(open_node(home, {}), "d")) == 3


def test_a_full_disk_stops_a_release_in_one_sentence(home, large):
    load(open_node(home, {}), "d", large)
    command = start(home, "release", "", preexec_fn=room(400_000))
    told = ended(home, command)
    assert command.returncode == 6
    assert told.count("\n") == 1 and "disk" in told and "full" in told
    assert answers_as_before(home)
    assert len(files_of(open_node(home, {}), "d")) == 4
