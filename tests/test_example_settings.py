"""The examples in network_config/ show every setting there is, with its default."""

import tomllib
from dataclasses import asdict
from pathlib import Path

import pytest

from beacon_node import settings as node
from beacon_node.broker import settings as broker
from beacon_node.broker.network_file import read_network
from beacon_node.model.federation import MemberKind

FOLDER = Path(__file__).resolve().parents[1] / "network_config"
programs = pytest.mark.parametrize(
    ("file", "module"),
    [("node.example.toml", node), ("broker.example.toml", broker)],
    ids=["node", "broker"],
)


@programs
def test_the_example_is_read_as_it_stands(file, module):
    assert module.read_settings((FOLDER / file).read_text("utf-8"), {}) == module.Settings()


@programs
def test_the_example_names_every_setting(file, module):
    shown = tomllib.loads((FOLDER / file).read_text("utf-8"))
    every = asdict(module.Settings())
    assert {table: set(keys) for table, keys in shown.items()} == {
        table: set(keys) for table, keys in every.items()
    }


def test_the_example_of_a_network_is_read_as_it_stands():
    path = FOLDER / "network.example.toml"
    members = read_network(path.read_bytes(), path.name, "org.example.broker")
    assert {member.kind for member in members} == set(MemberKind)
