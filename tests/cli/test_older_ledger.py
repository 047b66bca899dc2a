"""Where an older ledger was put back, an operator can still look at everything."""

import json
import shutil

import pytest

from beacon_node.cli.main import run
from tests.actions.public_world import DATASET
from tests.actions.registered.world import make_hospital
from tests.store.ledger.test_mark import copied, replaced


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A node with registered counts and public answers, and an older ledger in its place."""
    folder = tmp_path_factory.mktemp("older")
    node = make_hospital(folder, people=70).node
    copy = copied(node.ledger)
    head = node.ledger.record_release(DATASET, now=node.clock.now()) and node.ledger.head()
    shutil.copy(node.ledger.path, folder / "newest.backup")
    shutil.copy(f"{node.ledger.path}-wal", folder / "newest.backup-wal")
    replaced(node.ledger, copy).close()
    return folder, f"{head.sequence}:{head.hash.hex()}"


@pytest.fixture
def ask(made, monkeypatch, capsys):
    """Return a function that runs a command; it returns its document, exit code and stderr."""
    monkeypatch.setenv("BEACON_NODE_HOME", str(made[0] / "home"))

    def command(*words: str) -> tuple[dict, int, str]:
        code = run([*words, "--json"])
        out, err = capsys.readouterr()
        return json.loads(out) if out else {}, code, err

    return command


OLDER = "the ledger is older than the one that was in its place before"


def test_verify_follows_the_chain_and_says_that_it_is_older(ask):
    found, code, said = ask("consent", "verify")
    assert found["is_whole"] and code == 6 and OLDER in said and OLDER in found["older"][0]


def test_verify_says_so_of_a_head_that_was_kept_too(made, ask):
    found, code, said = ask("consent", "verify", "--head", made[1])
    assert found["is_whole"] and code == 6 and "older than the head that was kept" in said
    number = found["entries"]
    _, code, said = ask("consent", "verify", "--head", f"{number}:{'0' * 64}")
    assert code == 6 and "broken at entry" in said


def test_what_is_there_is_shown_with_that_sentence(ask):
    listed, code, said = ask("dataset", "list")
    assert code == 0 and OLDER in said
    (dataset,) = listed["datasets"]
    assert dataset["answers"] == "nobody: an older ledger was put back"
    found, code, _ = ask("status")
    assert code == 0 and found["status"]["warnings"][0].startswith(OLDER)


def test_a_copy_is_checked_without_touching_it_or_the_node(made, ask):
    folder, head = made
    before = sorted(folder.iterdir()), (folder / "newest.backup").read_bytes()
    found, code, _ = ask("consent", "verify", "--file", str(folder / "newest.backup"))
    assert (found["head"], code, found["older"]) == (head, 0, [])
    assert (sorted(folder.iterdir()), (folder / "newest.backup").read_bytes()) == before
    copy = folder / "home" / "data" / "copy"
    assert ask("consent", "verify", "--file", str(copy), "--head", head)[1] == 6


def test_what_is_no_ledger_is_refused(made, ask):
    for name, content in (("empty", b""), ("text", b"no such thing\n" * 99)):
        (made[0] / name).write_bytes(content)
        _, code, said = ask("consent", "verify", "--file", str(made[0] / name))
        assert code == 2 and "is no ledger" in said
    catalogue = made[0] / "home" / "data" / "catalogue.sqlite"
    assert ask("consent", "verify", "--file", str(catalogue))[1] == 2


def test_release_restored_ledger_ends_it_with_nothing_else_new(made, ask):
    assert ask("release", DATASET)[1] == 6
    done, code, _ = ask("release", DATASET, "--restored-ledger")
    assert code == 0 and done["release"]["is_new"]
    assert ask("consent", "verify")[1] == 0
    assert ask("release", DATASET, "--restored-ledger")[1] == 0
    assert OLDER not in ask("status")[2]
