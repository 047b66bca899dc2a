"""From the hospital's files to an answer: what a demonstration shows, from end to end.

A table as REDCap exports it and a FHIR bundle are tried, imported and released by the command
line; a node that is running meanwhile answers the same question before and after withdrawals.
"""

import json

import pytest

from beacon_node.cli.main import run
from beacon_node.model.data_use import read_purpose
from beacon_node.node import Node, open_node
from tests.consent.askers import URL
from tests.consent.clinic import client, closed, granted, make_clinic
from tests.ingest.consents.resources import FHIR_MAPPING, bundle, consent, rule

PURPOSE = read_purpose(
    {"categories": ["biomedical"], "organisation": "not_for_profit", "commercial": False}
)
COMPANY = read_purpose(
    {"categories": ["biomedical"], "organisation": "for_profit", "commercial": True}
)
MAPPING = """
format = "csv"
time_zone = "Europe/Helsinki"
[file]
date_format = "DD/MM/YYYY"
[columns]
individual = "record_id"
signed_on = "consent_date"
withdrawn_on = "stopped"
[scope]
dataset = "d"
uses = { checkboxes = { uses___1 = "research_discovery", uses___2 = "record_level" } }
[[terms]]
duo = "HMB"
when = { consent___1 = "1" }
[[terms]]
duo = "NPUNCU"
when = { companies = "no" }
[other_values]
companies = ["yes"]
"""
RECORDS_BY_FHIR = FHIR_MAPPING.replace('dataset = "d"', 'dataset = "d"\nuses = ["record_level"]')
HEAD = "\ufeffrecord_id;consent_date;stopped;uses___1;uses___2;consent___1;companies"
ANN = "ann;07/01/2024;;1;1;1;yes"
BOB = "bob;08/01/2024;;1;1;1;no"
CID = "cid;09/01/2024;;1;1;0;yes"  # ticked nothing: permits nothing
EVE = "eve;09/01/2024;;1;0;1;yes"  # may be counted, her record not be shown


@pytest.fixture
def node(tmp_path, monkeypatch) -> Node:
    """A node that runs all the time; ann, bob and dea carry what is asked about."""
    make_clinic(tmp_path / "home", closed("d")).ledger.close()
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "redcap.toml").write_text(MAPPING)
    (tmp_path / "fhir.toml").write_text(RECORDS_BY_FHIR)
    table(tmp_path, ANN, BOB, CID, EVE)
    given = consent(rule("permit", "8", "27"), "dea", dateTime="2024-01-05")
    (tmp_path / "bundle.json").write_text(bundle(given))
    return open_node(tmp_path / "home", {})


@pytest.fixture
def command(node, capsys):
    """Return a function that runs a command and returns its JSON."""

    def command(*arguments: str) -> dict:
        code = run([*arguments, "--json"])
        out, err = capsys.readouterr()
        assert code == 0, err
        return json.loads(out)

    return command


TABLE = ("consent", "import", "table.csv", "--mapping", "redcap.toml")
BUNDLE = ("consent", "import", "bundle.json", "--mapping", "fhir.toml")


def table(folder, *rows: str) -> None:
    (folder / "table.csv").write_bytes("\r\n".join((HEAD, *rows, "")).encode())


def ask(node: Node, purpose=PURPOSE) -> dict:
    said = client(node, granted("d", purpose=purpose)).get(URL)
    assert said.status_code == 200, said.data
    return said.json


def counted(node: Node, purpose=PURPOSE) -> int:
    return ask(node, purpose)["responseSummary"]["numTotalResults"]


def test_from_two_files_to_an_answer_and_out_of_it_again(node, command, tmp_path):
    assert "everybody is left out" in json.dumps(command("release", "d"))
    assert ask(node)["responseSummary"]["exists"] is False

    tried = command(*TABLE, "--dry-run")
    assert (tried["counts"]["new"], tried["recorded"]) == (4, 0)
    assert command("consent", "verify")["entries"] == 2  # the release and the question
    assert command(*TABLE)["recorded"] == 4
    assert command(*BUNDLE, "--dry-run")["counts"]["new"] == 1
    assert command(*BUNDLE)["recorded"] == 1
    assert ask(node)["responseSummary"]["exists"] is False  # what is given waits for a release

    command("release", "d")
    assert counted(node) == 3
    assert counted(node, COMPANY) == 2  # bob wants no companies

    command("consent", "withdraw", "ann")
    assert counted(node) == 2

    table(tmp_path, ANN, BOB.replace(";;", ";03/02/2024;"), CID, EVE)
    tried = command(*TABLE, "--dry-run")
    assert (tried["counts"]["withdrawn"], tried["counts"]["unchanged"]) == (1, 4)
    assert counted(node) == 2
    command(*TABLE)
    assert counted(node) == 1
    assert command(*TABLE)["recorded"] == 0

    command("release", "d")
    assert counted(node) == 1
    assert command("consent", "verify")["is_whole"] is True


def test_a_receipt_names_the_first_question_decided_after_each_statement(node, command):
    command(*TABLE)
    assert command("consent", "receipt", "ann")["versions"][0]["first_question"] is None
    command("release", "d")
    asked = []
    for _ in range(2):
        counted(node)
        asked.append(node.ledger.head().sequence)
    command("consent", "withdraw", "ann")
    withdrawn = command("consent", "receipt", "ann")["versions"]
    assert withdrawn[1]["first_question"] is None
    counted(node)
    given, no = command("consent", "receipt", "ann")["versions"]
    assert given["first_question"]["sequence"] == asked[0]
    assert no["first_question"]["sequence"] == no["consent"]["number"] + 1
    assert no["first_question"]["datasets"] == ["d"]
    entries = {entry.sequence: entry.hash.hex() for entry in node.ledger.entries()}
    for one in (given, no):
        assert entries[one["consent"]["number"]] == one["hash"]


def test_a_person_can_read_what_she_chose(node, command):
    command(*TABLE)
    given = command("consent", "summary", "ann")["summary"]
    command("consent", "withdraw", "ann")
    then = command("consent", "summary", "ann")["summary"]
    assert "research into health and medicine" in given and "withdrew" not in given
    assert "you withdrew" in then


def test_the_operator_sees_what_an_import_would_change(node, capsys):
    assert run([*TABLE, "--dry-run"]) == 0
    out, err = capsys.readouterr()
    assert "new\t4\tfirst statement about the dataset" in out.replace("  ", "\t")
    assert "Nothing was recorded: dry run." in out + err
