"""What several tests of actions start from."""

from pathlib import Path

import pytest

from tests.actions.public_world import World, released_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A node that answers anybody about 70 people."""
    return released_world(tmp_path / "w")
