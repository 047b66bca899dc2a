"""A program that tests run as a process of its own."""

import os
import sys
from datetime import datetime
from pathlib import Path

from beacon_node.node import open_node
from tests.actions.applications.office import counted
from tests.consent.clinic import with_clock


def ask(home: str, at: str) -> None:
    """For each line of standard input ask as the applicant, and say what was counted."""
    node = with_clock(open_node(Path(home), {}), datetime.fromisoformat(at))
    for _ in sys.stdin:
        os.write(1, f"{counted(node)}\n".encode())
