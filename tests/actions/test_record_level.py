"""Who lets record-level use is told as a number: nobody else can count under a grant."""

from beacon_node.actions.manage_datasets import list_datasets
from beacon_node.actions.node_status import status
from beacon_node.actions.record_level import record_level_people
from beacon_node.actions.release_dataset import release
from beacon_node.cli.main import run
from beacon_node.model.consent import DataType, UseKind
from tests.actions.homes import open_data
from tests.consent.clinic import closed, gives, make_clinic, withdraws

NEVER = "1 of 2 individuals of d let record-level use"


def test_only_those_who_permit_record_level_use_are_counted(tmp_path):
    node = make_clinic(tmp_path / "home", closed("d"), open_data("o"))
    assert record_level_people(node, "d") is None  # no release yet
    gives(node, "ann", types={DataType.PHENOTYPES})
    gives(node, "bob", uses={UseKind.RESEARCH_DISCOVERY})
    withdraws(node, "cid")
    assert release(node, "d").record_level == 1
    assert release(node, "o").record_level is None
    assert {one.id: one.record_level for one in list_datasets(node)} == {"d": 1, "o": None}
    assert any(warning.startswith(NEVER) for warning in status(node).warnings)
    gives(node, "bob")
    assert release(node, "d").record_level == 2
    assert not any("record-level" in warning for warning in status(node).warnings)


def test_a_release_says_it_to_people(tmp_path, monkeypatch, capsys):
    node = make_clinic(tmp_path / "home", closed("d"))
    gives(node, "bob")
    monkeypatch.setenv("BEACON_NODE_HOME", str(node.home))
    assert run(["release", "d"]) == 0
    out = capsys.readouterr().out
    assert "1 individual, 1 biosample, 1 run, 1 analysis" in out.replace("\n", " ")
    assert "1 of them let record-level use" in out
    assert run(["dataset", "show", "d"]) == 0
    assert "record-level use" in capsys.readouterr().out
    file = str(tmp_path / "home-files" / "individuals.json")
    assert run(["load", "d", file]) == 0
    assert "under a grant, after: beacon-node release d" in capsys.readouterr().out
