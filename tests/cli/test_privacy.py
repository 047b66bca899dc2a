"""`beacon-node privacy report`: what is printed and drawn, for whom, and the exit codes."""

import json
import os
import stat
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pytest

import beacon_node.actions.privacy_report as privacy_report
from beacon_node.actions.manage_datasets import add_dataset
from beacon_node.actions.privacy_report import Outcome
from beacon_node.actions.privacy_report.contents import PRIVATE
from beacon_node.actions.release_dataset import release
from beacon_node.cli.main import run
from tests.actions.homes import open_data
from tests.actions.public_world import DATASET, make_world


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    world = make_world(tmp_path_factory.mktemp("privacy") / "w", people=60)
    release(world.node, DATASET)
    add_dataset(world.node, open_data("free"))
    return world.node.home


def report(home, *arguments) -> int:
    return run(["privacy", "report", *map(str, arguments), "--home", str(home)])


def test_it_says_first_that_it_is_private_and_last_whether_the_bound_holds(home, capsys):
    assert report(home, DATASET) == 0
    out = capsys.readouterr().out
    assert out.startswith(PRIVATE)
    assert "people found" in out.lower() and "No attack was shown to find more than β = 10%" in out
    rows = [
        line.split("\t") for line in out.splitlines() if line.startswith(("unguarded", "batch"))
    ]
    assert len([row for row in rows if row[0] == "unguarded"]) == 9
    assert len([row for row in rows if row[0] == "batch 1"]) == 8
    assert {len(row) for row in rows if row[0] != "batch"} == {8}


def test_as_json_it_is_one_document(home, capsys):
    assert report(home, "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["report"]["datasets"]
    assert one["dataset"] == DATASET and one["attacks"]["verdict"]["outcome"] == "not refuted"
    assert one["batches"][0]["people"] == 60


def test_the_picture_can_be_read_by_its_owner_alone(home, tmp_path, capsys):
    file = tmp_path / "report.svg"
    file.write_text("what was there before")
    file.chmod(0o644)
    before = os.umask(0)
    try:
        assert report(home, DATASET, "--svg", file) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert ElementTree.parse(file).getroot().tag.endswith("svg")
    assert [one.name for one in tmp_path.iterdir()] == ["report.svg"]
    assert str(file) in capsys.readouterr().out


def test_a_place_that_cannot_be_written_is_named(home, tmp_path, capsys):
    assert report(home, DATASET, "--svg", tmp_path / "none" / "report.svg") == 2
    assert "none/report.svg: cannot be written" in capsys.readouterr().err


def test_an_unknown_dataset_is_not_found(home, capsys):
    assert report(home, "nowhere") == 4
    assert "there is no dataset 'nowhere' here" in capsys.readouterr().err


def test_a_dataset_without_a_table_is_told_in_a_sentence(home, capsys):
    assert report(home, "free") == 0
    assert "free: open data" in capsys.readouterr().out


def test_where_the_bound_does_not_hold_the_exit_code_says_so(home, capsys, monkeypatch):
    real = privacy_report.privacy_report

    def failing(*told, **more):
        found = real(*told, **more)
        (one,) = found.datasets
        verdict = replace(one.attacks.verdict, outcome=Outcome.FAILS, sentence="Does not hold.")
        attacks = replace(one.attacks, verdict=verdict)
        return replace(found, datasets=(replace(one, attacks=attacks),))

    monkeypatch.setattr(privacy_report, "privacy_report", failing)
    assert report(home, DATASET) == 4
    assert "Does not hold." in capsys.readouterr().out
