"""`beacon-node keys …`: what others need to check this node's visas, and new keys."""

import json
import tomllib

import pytest

from beacon_node.cli.main import run
from beacon_node.identity.trust_toml import read_trust

BROKER = "https://login.aai.example/oidc/"


@pytest.fixture
def home(tmp_path, monkeypatch, capsys):
    home = tmp_path / "home"
    assert run(["init", str(home)]) == 0
    monkeypatch.setenv("BEACON_NODE_HOME", str(home))
    monkeypatch.setenv("BEACON_NODE_VISAS_SUBJECTS_OF", BROKER)
    monkeypatch.setenv("BEACON_NODE_NODE_PUBLIC_URL", "https://beacon.example")
    capsys.readouterr()
    return home


def test_what_is_printed_is_what_another_node_reads(home, capsys):
    assert run(["keys", "visa"]) == 0
    trust = read_trust(capsys.readouterr().out.encode(), "trusted.toml")
    issuer = trust.issuers["https://beacon.example"]
    assert issuer.jku == "https://beacon.example/visas/jwks"
    assert issuer.subjects_of == BROKER


def test_with_datasets_there_is_an_entry_to_fill_in_for_each(home, capsys):
    for command in (
        ["dataset", "add", "cohort", "--assembly", "GRCh38", "--term", "GRU"],
        ["dac", "committee", "set", "--member", "a", "--member", "b", "--dataset", "cohort"],
    ):
        assert run(command) == 0
    capsys.readouterr()
    assert run(["keys", "visa"]) == 0
    (dataset,) = tomllib.loads(capsys.readouterr().out)["dataset"]
    assert dataset["value"] == "https://beacon.example/api/datasets/cohort"


def test_a_rotation_says_how_long_the_old_key_stays(home, capsys):
    run(["keys", "visa", "--json"])
    (before,) = json.loads(capsys.readouterr().out)["keys"]
    assert run(["keys", "rotate", "visa"]) == 0
    assert "the one before is published until" in capsys.readouterr().out
    run(["keys", "visa", "--json"])
    after, old = json.loads(capsys.readouterr().out)["keys"]
    assert old == before and after["kid"] != before["kid"]


def test_a_node_that_gives_no_visas_says_what_to_set(home, monkeypatch, capsys):
    monkeypatch.delenv("BEACON_NODE_VISAS_SUBJECTS_OF")
    for command in (["visa"], ["rotate", "visa"]):
        assert run(["keys", *command]) == 4
        assert "visas.subjects_of" in capsys.readouterr().err
    assert not (home / "keys" / "visa-signing.key").exists()
