"""A broken chain: found by whoever follows it; nothing is answered anywhere until it is whole."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from beacon_node.actions.audit import make_checkpoint, verify_audit
from beacon_node.actions.housekeeping import do_what_is_due
from beacon_node.actions.node_status import status
from beacon_node.actions.verify_ledger import verify_ledger
from beacon_node.errors import LedgerBroken
from beacon_node.model.ledger import Head
from beacon_node.node import open_node
from beacon_node.node_web.app import create_app
from tests.actions.applications.office import asked, granted, open_office
from tests.consent.clinic import gives, reopened, with_clock

WAY_OUT = ("entry 3", "restore the last backup that verifies", "beacon-node audit verify")


@pytest.fixture
def node(office_home, tmp_path):
    shutil.copytree(office_home, tmp_path / "home")
    return with_clock(open_node(tmp_path / "home", {}))


@pytest.fixture(scope="session")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


def tamper(node, sql: str, *values) -> None:
    """Change the ledger as somebody who can write to its file."""
    with closing(sqlite3.connect(node.ledger.path)) as connection:
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        for (name,) in triggers.fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute(sql, values)
        connection.commit()


def status_of(node) -> int:
    """Return the status of the answer to a question about people."""
    return asked(node).get("error", {}).get("errorCode", 200)


CHANGES = {
    "changed": "UPDATE entry SET body = replace(body, 'given', 'taken') WHERE sequence = 3",
    "dropped": "DELETE FROM entry WHERE sequence = 3",
    "moved": "UPDATE entry SET sequence = -sequence WHERE sequence IN (3, 4)",
    "redated": "UPDATE entry SET recorded_at = '2031' || substr(recorded_at, 5) WHERE sequence = 3",
    "rehashed": "UPDATE entry SET hash = zeroblob(32) WHERE sequence = 3",
    "another kind": "UPDATE entry SET kind = 'note' WHERE sequence = 3",
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_done_to_any_row_is_found_and_stops_every_process(node, change, caplog):
    granted(node)
    other = reopened(node)
    assert status_of(node) == status_of(other) == 200
    node.ledger.close()
    tamper(node, CHANGES[change])
    found = verify_audit(node)
    assert not found.is_good and found.verification.broken_at is not None
    for one in (node, other, reopened(node)):
        caplog.clear()
        assert status_of(one) == 503
        assert found.problem in caplog.text, "the operator is told; whoever asks is not"


def test_the_sentence_names_the_entry_and_the_way_out(node):
    node.ledger.close()
    tamper(node, CHANGES["changed"])
    problem = verify_audit(node).problem
    assert all(words in problem for words in WAY_OUT)
    assert status_of(node) == 503
    assert problem in status(node).warnings


def test_each_way_of_following_the_ledger_stops_answers(node):
    for way in (make_checkpoint, verify_ledger):
        fresh = reopened(node)
        fresh.ledger.close()
        tamper(fresh, CHANGES["changed"])
        with pytest.raises(LedgerBroken):
            way(fresh)
        assert status_of(fresh) == 503
        tamper(fresh, CHANGES["changed"].replace("'given', 'taken'", "'taken', 'given'"))
        assert verify_audit(fresh).is_good


def test_withdrawals_are_recorded_meanwhile(node):
    node.ledger.close()
    tamper(node, CHANGES["changed"])
    verify_audit(node)
    before = node.ledger.head().sequence
    gives(node, "ann")
    assert node.ledger.head().sequence > before


def test_a_restored_backup_answers_once_it_was_followed(node):
    granted(node)
    node.ledger.close()
    backup = node.data / "backup"
    shutil.copyfile(node.ledger.path, backup)
    tamper(node, CHANGES["changed"])
    verify_audit(node)
    node.ledger.close()
    for log in node.data.glob("ledger.sqlite-[ws]*"):
        log.unlink()
    shutil.copyfile(backup, node.ledger.path)
    assert status_of(node) == 503, "nobody has looked yet"
    assert verify_audit(node).is_good
    assert status_of(node) == status_of(reopened(node)) == 200


def test_a_head_of_another_ledger_stops_nothing(node):
    head = node.ledger.head()
    with pytest.raises(LedgerBroken):
        verify_ledger(node, Head(head.sequence, b"\1" * 32))
    assert status_of(node) == 200


def test_another_program_that_follows_the_ledger_stops_the_server_too(node):
    node.ledger.close()
    tamper(node, CHANGES["changed"])
    app = create_app(node).test_client()
    command = [sys.executable, "-m", "beacon_node.cli.main", "audit", "verify"]
    done = subprocess.run(
        [*command, "--home", str(node.home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 6 and "entry 3" in done.stderr
    answer = app.get("/api/individuals")
    assert answer.status_code == 503 and "operator" in answer.json["error"]["errorMessage"]
    assert app.get("/readyz").status_code == 503 and app.get("/livez").status_code == 200


def test_a_served_node_looks_by_itself(node):
    node.ledger.close()
    tamper(node, CHANGES["changed"])
    assert "verifying the ledger" in do_what_is_due(node)
    assert status_of(node) == 503
    assert any("entry 3" in one for one in status(node).warnings)
