"""Panels and genomes on the command line: what is said, listed and refused."""

import pytest

from beacon_node.cli import main as cli
from tests.ingest.knowledge.test_sites import vcf
from tests.shared_data import shared

ROW = "chr7 100 . A C . . AC=9;AN=9000;AC_nfe=400;AN_nfe=4000"
PEOPLE = "data/vcf/grch37/1kg_p3_subset1126_chrX_p.vcf.gz"


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command on one node and returns what it prints."""
    monkeypatch.setenv("BEACON_NODE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BEACON_NODE_LOADING_PROCESSES", "1")

    def command(*words: object, exit_code: int = 0) -> str:
        assert cli.run(list(map(str, words))) == exit_code
        return "".join(capsys.readouterr())

    command("init")
    return command


def test_panels_and_genomes_are_loaded_listed_and_forgotten(run, tmp_path):
    panel = vcf(tmp_path, ROW)
    declared = ("--name", "gnomad-nfe", "--ancestry", "NFE", "--population", "nfe", "--disjoint")
    assert "panel gnomad-nfe 2025-02-03 GRCh38: 1 entries of 1" in run(
        "annotate", "panel", panel, *declared
    )
    assert "loaded already" in run("annotate", "panel", panel, *declared)
    people = run("annotate", "genomes", shared(PEOPLE), "--name", "1000g", "--assembly", "hg19")
    assert "genomes 1000g GRCh37: " in people
    for listed in (run("annotate", "list"), run("status")):
        assert "NFE, disjoint" in listed and "1,126 people" in listed
    assert "Forgot panel gnomad-nfe" in run("annotate", "remove", "panel", "--name", "gnomad-nfe")
    assert "NFE" not in run("annotate", "list")


def test_a_panel_that_is_not_declared_disjoint_says_that_it_protects_nobody(run, tmp_path):
    path = vcf(tmp_path, ROW)
    said = run("annotate", "panel", path, "--name", "own", "--ancestry", "NFE")
    assert "it protects nobody yet" in said
    assert "NFE, not declared disjoint" in run("annotate", "list")


def test_a_filter_can_be_let_through(run, tmp_path):
    path = vcf(tmp_path, ROW.replace("C . .", "C . RF"))
    named = ("annotate", "panel", path, "--name", "own", "--ancestry", "NFE")
    assert "none of 1 records can be used: FILTER RF" in run(*named, exit_code=2)
    assert "1 entries of 1 records" in run(*named, "--filter", "RF")
