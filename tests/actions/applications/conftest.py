"""A clinic with a committee, made once and copied for each test."""

import shutil

import pytest

from beacon_node.node import Node, open_node
from tests.actions.applications.office import open_office
from tests.consent.clinic import with_clock


@pytest.fixture(scope="session")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def node(office_home, tmp_path) -> Node:
    shutil.copytree(office_home, tmp_path / "home")
    return with_clock(open_node(tmp_path / "home", {}))
