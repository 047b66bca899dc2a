import shutil

import pytest

from tests.actions.applications.office import open_office
from tests.login.world import make_world


@pytest.fixture
def world(tmp_path):
    return make_world(tmp_path)


@pytest.fixture(scope="session")
def office_home(tmp_path_factory):
    home = tmp_path_factory.mktemp("office") / "home"
    open_office(home).ledger.close()
    return home


@pytest.fixture
def home(office_home, tmp_path):
    """Return the home of a node with a committee, to be changed."""
    shutil.copytree(office_home, tmp_path / "home")
    return tmp_path / "home"
