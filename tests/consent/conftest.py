"""Nodes are made once and copied for each test."""

import shutil

import pytest

from beacon_node.node import Node, open_node
from tests.consent.clinic import crowd, open_clinic, with_clock

SIZE = 26


@pytest.fixture(scope="session")
def open_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("open") / "home"
    open_clinic(home, people=crowd(SIZE)).ledger.close()
    return home


@pytest.fixture
def node(open_home, tmp_path) -> Node:
    """A node with 26 people in the released open dataset `o`, all of whom carry the first site."""
    shutil.copytree(open_home, tmp_path / "home")
    return with_clock(open_node(tmp_path / "home", {}))
