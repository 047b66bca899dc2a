"""`beacon-node query --at`: one question and many, at a broker on this machine."""

import csv
import json
import subprocess
import sys

import pytest

from beacon_node.cli import at
from beacon_node.cli import main as cli
from beacon_node.client import token
from beacon_node.model.federation import Came, MemberRow, Told
from tests.client.stub import NORTH, SOUTH, WORDS, Broker, event, served

VARIANT = "17-43045711-C-T"
REGISTERED = {"tier": "registered", "account": "a", "purpose": {"categories": ["biomedical"]}}


@pytest.fixture(autouse=True)
def no_settings_of_the_tester(monkeypatch):
    for name in ("BEACON_TOKEN", "BEACON_TOKEN_FILE", "BEACON_AT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def broker():
    stub = Broker()
    with served(stub.app()) as url:
        stub.url = url
        yield stub


@pytest.fixture
def query(broker, capsys):
    """Return a function that asks the broker: (exit code, what was printed, what was noted)."""

    def run(*arguments):
        code = cli.run(["query", "--at", broker.url, *arguments])
        return code, *capsys.readouterr()

    return run


# ---- one -----------------------------------------------------------------------------------------


def test_an_answer_says_what_was_understood_a_row_per_site_and_what_the_total_covers(query):
    code, out, _ = query(VARIANT)
    lines = out.splitlines()
    assert code == 0
    assert lines[:6] == [
        WORDS,
        "",
        "site\tanswer\tseconds",
        "North Hospital\tabout 23\t0.1",
        "South Hospital\tno\t0.2",
        "West Hospital\tnot permitted\t",
    ]
    assert (
        "2 of 3 sites answered, 1 with yes. About 23 individuals in all, at North Hospital alone."
        in lines
    )
    assert any("Its committee can grant access" in line for line in lines)
    assert "  West Hospital: no consent for this purpose" in lines
    assert any("--sites org.west" in line for line in lines)


def test_the_address_and_its_token_stand_under_the_same_name():
    assert at.AT_VARIABLE == token.AT_VARIABLE


def test_a_question_to_the_local_node_loads_no_client():
    code = "import sys, beacon_node.cli.query\nprint('requests' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_the_address_may_stand_in_the_environment(broker, monkeypatch, capsys):
    monkeypatch.setenv("BEACON_AT", broker.url)
    assert cli.run(["query", VARIANT]) == 0
    assert WORDS in capsys.readouterr().out


def test_conditions_are_passed_on(query, broker):
    told = ("--assembly", "GRCh37", "--filter", "HP:1", "--filter", "age>60", "--entry", "runs")
    query(VARIANT, *told, "--granularity", "boolean")
    assert broker.asked == [
        {
            "q": [VARIANT],
            "assembly": ["GRCh37"],
            "filter": ["HP:1", "age>60"],
            "entry": ["runs"],
            "granularity": ["boolean"],
        }
    ]


def test_json_is_one_document(query, broker):
    code, out, err = query(VARIANT, "--json")
    found = json.loads(out)
    assert (code, err) == (0, "")
    assert (found["at"], found["sites"], found["answered"]) == (broker.url, 3, 2)
    assert [row["exists"] for row in found["members"]] == [True, False, None]


def test_csv_is_a_row_per_site_and_never_says_no_for_silence(query, broker):
    few = MemberRow("few", "=cmd()", Came.ANSWERED, exists=False, adjusted_to=("<5",))
    broker.rows = (NORTH, SOUTH, few, MemberRow("off", "Off", Came.OFFLINE))
    _, out, _ = query(VARIANT, "--csv", "-")
    found = list(csv.DictReader(out.splitlines()))
    assert [row["exists"] for row in found] == ["yes", "no", "", ""]
    assert [row["answer"] for row in found] == ["about 23", "no", "fewer than 5", "offline"]
    assert found[2]["site_name"] == "'=cmd()"


def test_where_no_site_is_there_the_exit_code_says_so(query, broker):
    broker.rows = (MemberRow("off", "Off", Came.OFFLINE),)
    assert query(VARIANT)[0] == 5


def test_where_access_is_asked_for_and_that_records_came_is_said(query, broker):
    access = {"handoverType": {"label": "Ask for access"}, "url": "https://w.example/dac"}
    strange = [{"url": "javascript:alert(1)"}, {"url": 7, "handoverType": []}, access]
    sets = ({"id": "c", "results": [{}, {}]}, {"id": "d", "results": None})
    datasets = (Told("c", "org.n", exists=True), Told("d", "org.n", Came.NOT_PERMITTED))
    told = {"exists": True, "datasets": datasets, "result_sets": sets}
    broker.rows = (
        MemberRow("org.n", "N", Came.ANSWERED, **told),
        MemberRow("org.w", "W", Came.NOT_PERMITTED, handovers=(access, *strange)),
    )
    lines = query(VARIANT)[1].splitlines()
    assert lines.count("W: Ask for access: https://w.example/dac") == 1
    assert "2 records came with it: --json shows them." in lines
    assert any("--sites org.n,org.w" in line for line in lines)
    assert not any("javascript" in line for line in lines)


def test_sites_of_the_same_name_are_told_apart(query, broker):
    one = MemberRow("org.a", "Hospital", Came.ANSWERED, exists=True, count=2, precision="exact")
    broker.rows = (one, MemberRow("org.b", "Hospital", Came.OFFLINE), SOUTH)
    out = query(VARIANT)[1]
    assert "Hospital (org.a)\t2" in out and "Hospital (org.b)\toffline" in out
    assert "at Hospital (org.a) alone" in out and "\nSouth Hospital\t" in out


def test_a_site_that_may_not_tell_is_no_failure(query, broker):
    broker.rows = (MemberRow("w", "W", Came.NOT_PERMITTED),)
    assert query(VARIANT)[0] == 0


def test_a_dataset_that_said_nothing_is_told_of_beside_those_that_did(query, broker):
    datasets = (
        Told("a", "org.n", exists=True, count=3, precision="exact", completeness=0.934),
        Told("b", "org.n", Came.NOT_SEQUENCED),
    )
    broker.rows = (MemberRow("org.n", "N", Came.ANSWERED, exists=True, datasets=datasets),)
    out = query(VARIANT)[1]
    assert "  b\tnot sequenced here" in out and "N, b: not sequenced here" in out
    assert "about 93% of its people were really counted" in out


def test_an_answer_that_breaks_off_fails_in_one_sentence(query, broker):
    broker.raw = (event("understood", {"words": WORDS}),)
    code, _, err = query(VARIANT)
    assert code == 5 and "broke off" in err and len(err.splitlines()) == 1


def test_a_question_that_is_not_understood_fails_as_at_the_local_node(query, broker):
    broker.problem = {"message": "'x' is not understood"}
    assert query("x")[::2] == (2, "beacon-node: 'x' is not understood\n")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--dataset", "d", "x"), "--dataset asks this node"),
        (("--limit", "5", "x"), "--limit asks this node"),
        ((), "give a TEXT"),
        (("x", "--file", "y"), "either TEXT or --file"),
        (("x", "--resume"), "--resume goes on with a file"),
        (("x", "--csv", "a", "--jsonl", "b"), "either --csv or --jsonl"),
    ],
)
def test_options_that_do_not_go_together_are_refused_before_anything_is_asked(
    query, broker, arguments, said
):
    code, _, err = query(*arguments)
    assert code == 2 and said in err and not broker.asked


def test_options_for_an_address_are_refused_without_one(capsys):
    assert cli.run(["query", "x", "--csv", "-"]) == 2
    assert "--csv goes with --at" in capsys.readouterr().err


def test_a_remote_question_loads_nothing_of_a_node(broker):
    code = (
        "import sys\nfrom beacon_node.cli.main import run\n"
        f"run(['query', 'x', '--at', {broker.url!r}])\n"
        "print(*{m.split('.')[1] for m in sys.modules if m.startswith('beacon_node.')})\n"
        "print(*{'sqlite3', 'cyvcf2', 'flask', 'numpy', 'opendp'} & sys.modules.keys())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *_, parts, libraries = done.stdout.split("\n")[:-1]
    assert set(parts.split()) <= {"beacon_v2", "cli", "client", "errors", "model", "ports"}
    assert libraries == ""


def test_a_file_that_is_there_is_refused_before_anything_is_asked(query, broker, tmp_path):
    file = tmp_path / "old.csv"
    file.write_text("mine")
    code, _, err = query(VARIANT, "--csv", str(file))
    assert code == 4 and "is there already" in err
    assert not broker.asked and file.read_text() == "mine"


def test_what_fails_leaves_no_file(query, broker, tmp_path):
    broker.problem = {"message": "what?"}
    file = tmp_path / "new.csv"
    assert query("x", "--csv", str(file))[0] == 2 and not file.exists()


# ---- many ----------------------------------------------------------------------------------------


@pytest.fixture
def questions(tmp_path):
    file = tmp_path / "list.txt"
    file.write_text("# those of the paper\n17-43045711-C-T\n\nBRCA1\n")
    return file


def test_many_answers_are_a_row_per_question_and_site(query, broker, questions, tmp_path):
    results = tmp_path / "out.csv"
    told = ("--file", str(questions), "--csv", str(results), "--yes", "--rate", "20")
    code, out, err = query(*told)
    assert (code, out) == (0, "")
    assert "2 questions to 3 sites" in err and "6 answers" in err and "as anybody" in err
    rows = list(csv.DictReader(results.open()))
    assert [(row["line"], row["question"], row["site"]) for row in rows] == [
        (line, text, site)
        for line, text in (("2", "17-43045711-C-T"), ("4", "BRCA1"))
        for site in ("org.north", "org.south", "org.west")
    ]


def test_the_cost_is_told_and_nothing_is_asked_before_it_is_agreed_to(query, broker, questions):
    broker.whoami = REGISTERED
    code, _, err = query("--file", str(questions))
    assert code == 2 and "--yes asks the 2 questions" in err and not broker.asked


def test_a_registered_researcher_is_told_that_budgets_do_not_come_back(
    query, broker, questions, monkeypatch
):
    monkeypatch.setenv("BEACON_TOKEN", "t")
    broker.whoami = REGISTERED
    err = query("--file", str(questions), "--yes", "--rate", "20")[2]
    assert "charged, at every site" in err and "does not come back" in err


def test_a_run_that_was_cut_off_goes_on_where_it_was(query, broker, questions, tmp_path):
    results = tmp_path / "out.csv"
    told = ("--file", str(questions), "--csv", str(results), "--yes", "--rate", "20")
    query(*told)
    whole = results.read_bytes()
    assert query(*told)[0] == 4 and results.read_bytes() == whole  # never overwritten
    for cut in range(len(whole) + 1):
        if cut % 37 and cut != len(whole):
            continue
        results.write_bytes(whole[:cut])
        broker.asked.clear()
        assert query(*told, "--resume")[0] == 0
        assert results.read_bytes() == whole
    assert not broker.asked  # all was there the last time


def test_nothing_of_a_torn_answer_stays(query, broker, questions, tmp_path):
    results = tmp_path / "out.csv"
    told = ("--file", str(questions), "--csv", str(results), "--yes", "--rate", "20")
    query(*told)
    results.write_bytes(results.read_bytes()[:-2])  # its last row is torn
    broker.rows = (NORTH,)
    query(*told, "--resume")
    rows = list(csv.DictReader(results.open()))
    assert [(row["line"], row["site"]) for row in rows] == [
        *(("2", site) for site in ("org.north", "org.south", "org.west")),
        ("4", "org.north"),
    ]


def test_json_lines_can_be_gone_on_with_too(query, broker, questions, tmp_path):
    results = tmp_path / "out.jsonl"
    told = ("--file", str(questions), "--jsonl", str(results), "--yes", "--rate", "20")
    query(*told)
    whole = results.read_bytes()
    assert [json.loads(line)["line"] for line in whole.splitlines()] == [2, 4]
    results.write_bytes(whole[:-9])
    broker.asked.clear()
    query(*told, "--resume")
    assert [asked["q"] for asked in broker.asked] == [["BRCA1"]] and results.read_bytes() == whole


def test_answers_to_another_list_are_not_gone_on_with(query, questions, tmp_path):
    results = tmp_path / "out.csv"
    told = ("--file", str(questions), "--csv", str(results), "--yes", "--rate", "20")
    query(*told)
    before = results.read_bytes()
    questions.write_text("# those of the paper\nrs1\nBRCA1\n")
    code, _, err = query(*told, "--resume")
    assert code == 2 and "another list" in err and results.read_bytes() == before
    results.write_text("a,b\n1,2\n")
    code, _, err = query(*told, "--resume")
    assert code == 2 and "no file of answers" in err and results.read_text() == "a,b\n1,2\n"


def test_spent_budgets_stop_the_run_with_what_was_answered(query, broker, tmp_path):
    broker.rows = (MemberRow("a", "A", Came.BUDGET_SPENT),)
    file, results = tmp_path / "list", tmp_path / "out.jsonl"
    file.write_text("\n".join(f"rs{n}" for n in range(9)))
    told = ("--file", str(file), "--jsonl", str(results), "--yes", "--rate", "20")
    code, _, err = query(*told)
    assert code == 5 and "3 of 9 were answered" in err and "--resume goes on" in err
    assert "does not come back" in err and len(results.read_text().splitlines()) == 3


def test_several_texts_are_a_line_each(query):
    code, out, _ = query("rs1", "rs2", "--rate", "20")
    said = "yes at 1 of 2 that answered, of 3; about 23 at 1 site that told a number"
    assert code == 0 and out.splitlines() == [f"rs1\t{said}", f"rs2\t{said}"]


def test_one_that_is_not_understood_is_told_and_changes_the_exit_code(query, broker):
    broker.problem = {"message": "what?"}
    code, out, _ = query("a", "b", "--rate", "20", "--json")
    assert code == 2
    assert [one["problem"] for one in json.loads(out)["questions"]] == ["what?", "what?"]


def test_a_full_disk_is_told(query, questions):
    told = ("--file", str(questions), "--csv", "/dev/full", "--yes", "--rate", "20")
    code, _, err = query(*told)
    assert code == 6 and "cannot be written" in err
