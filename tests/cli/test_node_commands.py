"""A node worked on through its commands, from init to the answer to a question."""

import io
import json
import shutil
import socket
import subprocess
import sys
import time

import pytest

from beacon_node.cli import main as cli
from beacon_node.demo.synthetic import make_cohort
from tests.shared_data import shared


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command on one node and returns its JSON document."""
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BEACON_NODE_LOADING_PROCESSES", "1")

    def command(*words: object, exit_code: int = 0) -> dict:
        assert cli.run([*map(str, words), "--json"]) == exit_code, capsys.readouterr().err
        out, err = capsys.readouterr()
        return json.loads(out or err)

    return command


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return make_cohort(tmp_path_factory.mktemp("files"), people=60, variants=60)


@pytest.fixture
def node(run, files):
    """Return `run` for a node with one open dataset, not released yet."""
    run("init")
    opened = ("--open-data", "--licence", "CC0-1.0", "--assayed", "whole-genome")
    run("dataset", "add", "open", "--assembly", "GRCh38", *opened)
    return run


def answers(document: dict, question: int = 0) -> dict:
    """Return dataset → (status, exists, numbers) of one question."""
    kinds = document["questions"][question]["answers"]
    return {
        part["id"]: (part["status"], part["exists"], *(k["datasets"][i]["count"] for k in kinds))
        for i, part in enumerate(kinds[0]["datasets"])
    }


def test_a_question_goes_from_a_real_file_to_its_answer(run):
    vcf = shared("data/vcf/grch37/1kg_p3_chr22_16.05-16.50Mb_cineca1900.vcf.gz")
    run("init", "--organization", "General Hospital")
    run("dataset", "add", "uk1", "--assembly", "hg19", "--open-data", "--licence", "CC-BY-4.0")
    (loaded,) = run("load", "uk1", vcf, "--assayed", "22:16050001-16500000")["loaded"]
    assert (loaded["records"], loaded["samples"], loaded["assembly"]) == (6109, 1900, "GRCh37")
    assert run("release", "uk1")["release"]["sizes"]["individual"] == 1900
    asked = run("query", "22-16050115-G-A")
    assert asked["questions"][0]["understood"].startswith("G>A at 22:16,050,115 of GRCh37")
    assert answers(asked) == {"uk1": ("answered", True, 1, carriers(vcf))}
    assert answers(run("query", "22-16050115-G-C"))["uk1"] == ("answered", False, 0, 0)
    assert answers(run("query", "22-17000000-G-C"))["uk1"][0] == "not sequenced here"
    assert answers(run("query", "GRCh38 22-16050115-G-A"))["uk1"][0] == "wrong assembly"


def carriers(vcf) -> int:
    """Return how many people bcftools sees with the first allele of 22:16050115."""
    if not shutil.which("bcftools"):
        pytest.skip("bcftools is not installed")
    command = ["bcftools", "view", "-H", "-r", "22:16050115", "-i", 'GT="alt"', str(vcf)]
    line = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return sum("1" in call.split(":")[0] for call in line.split("\t")[9:])


def test_a_draft_answers_only_after_its_release(node, files):
    node("load", "open", files.vcf)
    assert node("query", "7-140753336-A-T", "--assembly", "38")["questions"][0]["answers"] == [
        {"entry_type": kind, "granularity": "boolean", "exists": False, "count": None}
        | {"precision": None, "datasets": []}
        for kind in ("genomicVariant", "individual")
    ]
    node("release", "open")
    assert answers(node("query", "1-11796321-G-A"))["open"][:3] == ("answered", True, 1)
    assert node("release", "open")["release"]["is_new"] is False


def test_whoever_answers_for_the_ledger_gets_a_release_in_any_case(node, files):
    node("load", "open", files.vcf)
    node("release", "open")
    again = node("release", "open", "--restored-ledger")["release"]
    assert (again["number"], again["is_new"]) == (2, True)


def test_a_closed_dataset_says_that_it_is_closed_and_why(node, files):
    node("dataset", "add", "clinic", "--assembly", "GRCh38")
    node("load", "clinic", files.vcf)
    node("release", "clinic")
    (question,) = node("query", "1-11796321-G-A")["questions"]
    (row,) = question["answers"][1]["datasets"]
    assert row["status"] == "not permitted" and row["exists"] is None and row["count"] is None
    assert "grant" in row["reason"]


def test_many_questions_come_from_standard_input(node, files, monkeypatch):
    node("load", "open", files.vcf)
    node("release", "open")
    lines = "1-11796321-G-A\n\nno such thing!\n1:11796321-11796321\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(lines))
    document = node("query", "-", exit_code=2)
    assert [q["question"] for q in document["questions"]] == [
        "1-11796321-G-A",
        "no such thing!",
        "1:11796321-11796321",
    ]
    assert "problem" in document["questions"][1]
    assert answers(document, 0) == answers(document, 2)


def test_records_are_beacon_entries_and_carry_no_ids_of_the_hospital(node, files):
    node("load", "open", files.vcf, *files.records[:4])
    node("release", "open")
    (question,) = node("query", "1-11796321-G-A", "--granularity", "record")["questions"]
    variations, people = (kind["datasets"][0]["records"] for kind in question["answers"])
    assert variations[0]["variantInternalId"] == "GRCh38.1.11796320.11796321.G.A"
    assert len(people) == 10 and all("sex" in person for person in people)
    assert "SYN0" not in json.dumps(question)


def test_people_are_left_out_and_taken_back(node, files, monkeypatch):
    node("load", "open", files.vcf, *files.records[:2])
    node("release", "open")
    monkeypatch.setattr(sys, "stdin", io.StringIO("SYN00001\nSYN00002\n"))
    assert node("dataset", "remove-people", "open", "-") == {"dataset": "open", "left_out": 2}
    assert node("release", "open")["release"]["people_removed"] == 2
    node("dataset", "restore-people", "open", "SYN00001")
    assert node("release", "open")["release"]["sizes"]["individual"] == 59


def test_knowledge_is_loaded_listed_and_forgotten(node, files):
    node("annotate", "genes", files.genes, "--assembly", "GRCh38")
    node("annotate", "ontology", files.ontology)
    kinds = [source["kind"] for source in node("annotate", "list")["knowledge"]]
    assert kinds == ["genes", "ontology"]
    assert "genes" in {s["kind"] for s in node("status")["status"]["knowledge"]}
    node("annotate", "remove", "genes")
    assert [s["kind"] for s in node("annotate", "list")["knowledge"]] == ["ontology"]


@pytest.mark.parametrize(
    ("words", "exit_code", "says"),
    [
        (("load", "open", "nowhere.vcf"), 2, "nowhere.vcf"),
        (("load", "other", "nowhere.vcf"), 4, "no dataset 'other'"),
        (("load", "open", "nowhere.vcf", "--assayed", "chr99"), 2, "--assayed chr99"),
        (("release", "open"), 4, "nothing is loaded"),
        (("dataset", "add", "open", "--assembly", "GRCh38"), 4, "already a dataset"),
        (("dataset", "add", "x", "--assembly", "hg18"), 2, "hg18"),
        (("dataset", "add", "x", "--assembly", "GRCh38", "--open-data"), 2, "licence"),
        (("query", "7-140753336-A-T"), 2, "which assembly"),
        (("query",), 2, "TEXT"),
        (("annotate", "genes", "nowhere.tsv"), 2, "nowhere.tsv"),
        (("init",), 4, "already"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_is_wrong_is_named(words, exit_code, says, node):
    error = node(*words, exit_code=exit_code)["error"]
    assert says in error["message"] and error["exit_code"] == exit_code


def test_without_a_node_every_command_says_how_to_make_one(run):
    error = run("status", exit_code=78)["error"]
    assert "beacon-node init" in error["message"]


def test_two_servers_do_not_share_a_port(node):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        error = node("serve", "--port", other.getsockname()[1], exit_code=78)["error"]
    assert "cannot listen" in error["message"]


def test_no_worker_outlives_a_server_that_was_killed(node):
    command = [sys.executable, "-m", cli.__name__, "serve", "--port", "0", "--json"]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    address = json.loads(server.stdout.readline())["url"].split("/")[2]
    wait_until(lambda: answers_at(address))
    server.kill()
    server.communicate()
    wait_until(lambda: not answers_at(address))


def answers_at(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


def wait_until(holds, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_an_empty_release_finds_nobody(node, files):
    part = node("load", "open", files.vcf)["loaded"][0]["part"]
    node("release", "open")
    node("dataset", "remove-file", "open", part)
    node("release", "open")
    assert answers(node("query", "1-11796321-G-A"))["open"][1:] == (False, 0, 0)
    node("status")


def test_a_release_says_whom_it_answers_and_when_it_holds_nobody(node, files, capsys):
    def released(dataset: str) -> str:
        assert cli.run(["release", dataset]) == 0
        return capsys.readouterr().out

    node("dataset", "add", "clinic", "--assembly", "GRCh38")
    for dataset in ("open", "clinic"):
        node("load", dataset, files.vcf, *files.records[:2])
    assert "Release 1 of open answers now: 60 individuals" in released("open")
    out = released("clinic")
    assert "Release 1 of clinic is ready; it answers only under a grant: it holds nobody" in out
    assert "60 left out: no consent on record or withdrawn" in out
    assert "answers now" not in out and "no data use terms hold" in out
    node("dataset", "remove-people", "open", *[f"SYN{n:05}" for n in range(1, 61)])
    assert "Release 2 of open answers now: it holds nobody and nothing." in released("open")


def test_terms_of_a_dataset_are_told_like_those_of_a_consent(node, files):
    node("dataset", "add", "clinic", "--assembly", "GRCh38", "--term", "HMB", "--term", "NPU")
    shown = node("dataset", "show", "clinic")["dataset"]["summary"]
    assert shown["next_terms"] == ["HMB", "NPU"] and shown["missing"] == ["no release"]
    disease = ("--term", "DS", "--disease", "MONDO:1", "--disease", "MONDO:2")
    assert node("dataset", "terms", "clinic", *disease)["terms"] == ["DS (MONDO:1 MONDO:2)"]
    for told, words in (
        ((), "at least one"),
        (("--term", "DS"), "without its diseases"),
        (("--term", "GRU", "--country", "FI"), "none of the terms takes it"),
        (("--term", "XYZ"), "no current DUO"),
    ):
        assert words in node("dataset", "terms", "clinic", *told, exit_code=2)["error"]["message"]


def test_removing_a_dataset_asks_nobody_who_cannot_answer(node):
    problem = node("dataset", "remove", "open", exit_code=2)["error"]
    assert "say --yes" in problem["message"]
    assert cli.run(["dataset", "remove", "open"]) == 2, "no terminal"
    assert len(node("dataset", "list")["datasets"]) == 1
    assert node("dataset", "remove", "open", "--yes") == {"removed": "open"}


def test_a_shown_file_names_its_reference_sequences(node, files):
    node("load", "open", files.vcf)
    (part,) = node("dataset", "show", "open")["dataset"]["parts"]
    assert {"1", "X"} <= set(part["report"]["references"])


def test_the_status_says_what_is_still_the_example_s(run):
    def organization() -> list[str]:
        return [w for w in run("status")["status"]["warnings"] if "organization" in w]

    run("init", "--organization", "General Hospital")
    sentence = "organization.id and organization.url are still the example's"
    assert [w.partition(":")[0] for w in organization()] == [sentence]


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ((), "Beacon node"),
        (("--organization", "General Hospital"), "General Hospital"),
        (("--organization", "General Hospital", "--name", "Cancer ward"), "Cancer ward"),
    ],
    ids=["nothing told", "organization", "both"],
)
def test_a_site_is_called_as_who_runs_it_unless_it_has_a_name_of_its_own(run, options, name):
    run("init", *options)
    assert run("status")["status"]["name"] == name


def test_nothing_is_said_of_an_organization_that_is_one_s_own(run):
    own = ("--organization-id", "org.hospital", "--organization-url", "https://hospital.example")
    run("init", *own)
    assert not any("organization" in w for w in run("status")["status"]["warnings"])


def test_phenopackets_of_the_dataset_s_assembly_tell_their_variants(node, capsys):
    folder = shared("data/phenopackets")
    assert cli.run(["load", "open", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "alleles on GRCh38" in said and "left out 4: interpretation without" in said


def test_consents_of_a_new_node_are_none_and_said_so(run):
    run("init")
    problem = run("consent", "show", "P1", exit_code=4)["error"]
    assert "consent" in problem["message"]
