"""`beacon-node feasibility`: a file, every site, a row each; sets are never mixed."""

import csv
import json

import pytest

from beacon_node.cli import main as cli
from tests.client.stub import Broker, served


@pytest.fixture
def broker(monkeypatch):
    for name in ("BEACON_TOKEN", "BEACON_TOKEN_FILE", "BEACON_AT"):
        monkeypatch.delenv(name, raising=False)
    stub = Broker()
    with served(stub.app()) as url:
        stub.url = url
        yield stub


@pytest.fixture
def study(tmp_path, capsys):
    file = tmp_path / "trial.toml"
    told = ("--title", "PARP", "--variation", "17-43045711-C-T", "--filter", "HP:0003002")
    assert cli.run(["feasibility", "new", str(file), *told]) == 0
    assert "feasibility run" in capsys.readouterr().out
    return file


def test_each_site_has_a_row_and_the_cost_is_told(broker, study, capsys):
    assert cli.run(["feasibility", "run", str(study), "--at", broker.url]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "PARP" and "North Hospital\tabout 23\t0.1" in out
    assert "carriers: 17-43045711-C-T and HP:0003002" in out
    assert "1 question to 3 sites" in err
    assert broker.asked == [
        {
            "q": ["17-43045711-C-T"],
            "assembly": ["GRCh38"],
            "granularity": ["count"],
            "entry": ["individuals"],
            "filter": ["HP:0003002"],
        }
    ]


def test_sets_are_asked_apart_and_never_added(broker, study, capsys):
    study.write_text(study.read_text() + '\n[[set]]\nname = "b"\nvariation = "BRCA2"\n')
    asked = ["feasibility", "run", str(study), "--at", broker.url]
    assert cli.run(asked) == 2 and not broker.asked  # nobody could be asked whether to
    capsys.readouterr()
    assert cli.run([*asked, "--yes", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(one["name"], one["total"]) for one in found["sets"]] == [("carriers", 23), ("b", 23)]
    assert "total" not in found
    assert cli.run([*asked, "--yes"]) == 0
    assert "cannot be added" in capsys.readouterr().out


def test_csv_has_a_row_per_set_and_site(broker, study, capsys):
    asked = ["feasibility", "run", str(study), "--at", broker.url, "--csv", "-"]
    assert cli.run(asked) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert [(row["question"], row["site"], row["answer"]) for row in rows] == [
        ("carriers", "org.north", "about 23"),
        ("carriers", "org.south", "no"),
        ("carriers", "org.west", "not permitted"),
    ]


def test_a_file_that_is_there_is_not_written_over(study, capsys):
    before = study.read_bytes()
    assert cli.run(["feasibility", "new", str(study)]) == 4
    assert study.read_bytes() == before and "is there already" in capsys.readouterr().err


def test_nothing_is_asked_where_the_file_has_a_mistake_or_no_address_is_given(
    broker, study, capsys
):
    assert cli.run(["feasibility", "run", str(study)]) == 2
    assert "--at" in capsys.readouterr().err
    study.write_text(study.read_text().replace("GRCh38", "hg99"))
    assert cli.run(["feasibility", "run", str(study), "--at", broker.url]) == 2
    assert f"{study}, line 14, set 1, assembly" in capsys.readouterr().err and not broker.seen
