"""`beacon-node audit …`, from the command line to the ledger and back."""

import json
import sqlite3
from contextlib import closing

import pytest

from beacon_node.cli.main import run
from tests.consent.clinic import closed, gives, make_clinic, set_clock, withdraws


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    node = make_clinic(tmp_path / "home", closed("d"))
    gives(node, "ann", "bob")
    set_clock(node, 1)
    withdraws(node, "ann")
    node.ledger.close()
    return tmp_path


@pytest.fixture
def tell(home, capsys):
    """Return a function that runs `audit …` and returns exit code, stdout and stderr."""

    def tell(*arguments: str) -> tuple[int, str, str]:
        code = run(["audit", *arguments])
        return code, *capsys.readouterr()

    return tell


def cut(home) -> None:
    with closing(sqlite3.connect(home / "home" / "data" / "ledger.sqlite")) as ledger:
        for (name,) in ledger.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            ledger.execute(f"DROP TRIGGER {name}")
        for table, key in (
            ("consent", "number"),
            ("consent_date", "number"),
            ("entry", "sequence"),
        ):
            ledger.execute(f"DELETE FROM {table} WHERE {key} > 2")
        ledger.execute("UPDATE sqlite_sequence SET seq = 2 WHERE name = 'entry'")
        ledger.commit()
    (home / "home" / "data" / "ledger.sqlite-mark").unlink(missing_ok=True)


def test_a_withdrawal_that_was_cut_off_is_found_by_a_checkpoint_alone(home, tell):
    assert tell("checkpoint", "kept.json")[:2] == (
        0,
        "Signed 3 entries; keep kept.json elsewhere.\n",
    )
    code, out, err = tell("verify", "--checkpoint", "kept.json")
    assert (code, err) == (0, "") and "All 3 entries are as they were written" in out
    cut(home)
    assert tell("verify")[0] == 0
    code, out, _ = tell("verify", "--checkpoint", "kept.json")
    assert code == 6
    assert "kept.json: the ledger was cut off" in out and "put back the newest backup" in out


def test_the_first_broken_link_is_named_and_ends_with_code_6(home, tell):
    with closing(sqlite3.connect(home / "home" / "data" / "ledger.sqlite")) as ledger:
        ledger.execute("DROP TRIGGER entry_is_never_changed")
        ledger.execute("UPDATE entry SET body = '{}' WHERE sequence = 2")
        ledger.commit()
    code, out, err = tell("verify")
    assert (code, out) == (6, "") and err.startswith("! the ledger is broken at entry 2: ")
    code, out, _ = tell("verify", "--json")
    assert code == 6 and json.loads(out)["broken_at"] == 2


def test_a_checkpoint_goes_to_the_screen_for_others_to_keep(home, tell):
    code, out, _ = tell("checkpoint")
    assert code == 0 and json.loads(out)["sequence"] == 3
    (home / "mailed.json").write_text(out)
    (home / "key.pem").write_text(tell("key")[1])
    (home / "key.jwk").write_text(tell("key", "--jwk")[1])
    for key in ("key.pem", "key.jwk"):
        told = tell("verify", "--checkpoint", "mailed.json", "--public-key", key, "--json")
        assert told[0] == 0 and json.loads(told[1])["checkpoints"][0]["standing"] == "held"


def test_a_checkpoint_is_not_replaced_and_one_that_is_missing_is_told(home, tell):
    tell("checkpoint", "kept.json")
    assert tell("checkpoint", "kept.json")[0] == 4
    code, _, err = tell("verify", "--checkpoint", "nowhere.json")
    assert code == 2 and "nowhere.json: it cannot be read" in err


def test_what_is_on_record_is_listed_for_people_and_for_programs(tell):
    code, out, _ = tell("show", "--dataset", "d")
    rows = [line.split("\t") for line in out.splitlines()]
    assert code == 0 and [row[0] for row in rows] == ["1", "2", "3"]
    assert rows[2][2] == "consent" and rows[2][5].startswith("withdrawn: ") and "ann" not in out
    code, out, _ = tell("show", "--kind", "consent", "--json")
    assert [json.loads(line)["sequence"] for line in out.splitlines()] == [1, 2, 3]
    assert tell("show", "--since", "2100-01-01")[1] == ""
    assert "since" in tell("show", "--since", "soon")[2]


def test_a_control_character_in_an_entry_does_not_reach_the_terminal(home, tell):
    from beacon_node.node import open_node

    node = open_node(home / "home", {})
    body = {"asked": {}, "by": {"tier": "public", "account": "\x1b[2J\n4"}, "consent_version": 1}
    node.ledger.audit(body | {"datasets": [], "told": "refused"}, now=node.clock.now())
    out = tell("show", "--kind", "audit")[1]
    assert "\x1b" not in out and len(out.splitlines()) == 1


def test_a_report_goes_to_the_screen_a_csv_file_or_markdown(home, tell):
    assert "consents" in tell("report")[1]
    assert tell("report", "--csv", "r.csv")[0] == 0
    head, *rows = (home / "r.csv").read_text().splitlines()
    assert head == "dataset,month,what,tier,basis,which,number" and len(rows) == 2
    document = json.loads(tell("report", "--json")[1])
    assert document["until_entry"] == 3
    assert sum(line["number"] for line in document["lines"]) == 3
    assert tell("report", "--gdpr")[1].startswith("# Record of processing activities")
    code, _, err = tell("report", "nowhere")
    assert code == 4 and "nowhere" in err


def test_checkpoints_are_delivered_and_looked_at_again(home, tell, monkeypatch):
    share = home / "share"
    share.mkdir()
    assert tell("deliver")[0] == 78, "nobody is named"
    monkeypatch.setenv("BEACON_NODE_AUDIT_CHECKPOINTS_TO", str(share))
    code, out, _ = tell("deliver")
    assert (code, out) == (0, f"folder {share}: it has the checkpoint of entry 3\n")
    code, out, _ = tell("verify")
    assert code == 0 and "the ledger holds everything up to entry 3" in out
    for number in range(4):
        (kept,) = list(share.glob("*.3.json"))[:1]
        (share / kept.name.replace("T", f"T{number}", 1)).write_text(kept.read_text())
    code, out, _ = tell("verify")
    assert code == 0 and "everything that 5 kept checkpoints signed" in out
    cut(home)
    code, out, _ = tell("verify")
    assert code == 6 and out.count("the ledger was cut off") == 5
    monkeypatch.setenv("BEACON_NODE_AUDIT_CHECKPOINTS_TO", str(share / "away"))
    code, out, _ = tell("deliver", "--json")
    assert code == 6 and "is the share mounted?" in json.loads(out)["left"][0]["problem"]
