"""network_config/node.example.toml shows every setting there is, with its default."""

import tomllib
from dataclasses import asdict
from pathlib import Path

from beacon_node.settings import Settings, read_settings

EXAMPLE = Path(__file__).resolve().parents[1] / "network_config" / "node.example.toml"


def test_the_example_is_read_as_it_stands():
    assert read_settings(EXAMPLE.read_text("utf-8"), {}) == Settings()


def test_the_example_names_every_setting():
    shown = tomllib.loads(EXAMPLE.read_text("utf-8"))
    every = asdict(Settings())
    assert {table: set(keys) for table, keys in shown.items()} == {
        table: set(keys) for table, keys in every.items()
    }
